-- Creates the roles of Heddle on PostgreSQL 15 or later. Run it once in each database, with psql, as a superuser or as
-- a role that may create roles and schemas (the administrator of a managed server). A second run only sets the
-- passwords that are given.
--
--   psql -d agents -f postgres_roles.sql
--   psql -d agents -v schema=heddle -v app_password=... -v admin_password=... -f postgres_roles.sql
--
--   owner    owns the schema's tables; cannot log in                              heddle_owner
--   app      the role of the server: reads and writes rows under row security     heddle_app     -> dsn
--   admin    migrates, administers and purges; a member of the owner              heddle_admin   -> admin_dsn
--   schema   the schema of the tables; created if it does not exist               public
--   app_password, admin_password   default: not set; set them yourself, or log in by peer, certificate or GSSAPI
--
-- The app must not be a member of the owner, and neither of them may be a superuser or have BYPASSRLS: Heddle refuses
-- to open a database with a role that row security does not apply to.
\set ON_ERROR_STOP on
\if :{?owner}
\else
  \set owner heddle_owner
\endif
\if :{?app}
\else
  \set app heddle_app
\endif
\if :{?admin}
\else
  \set admin heddle_admin
\endif
\if :{?schema}
\else
  \set schema public
\endif

BEGIN;

-- The roles. Default attributes are not named: only a superuser may name SUPERUSER or BYPASSRLS, even to deny them.
SELECT format('CREATE ROLE %I NOLOGIN', :'owner') WHERE to_regrole(quote_ident(:'owner')) IS NULL \gexec
SELECT format('CREATE ROLE %I LOGIN', :'app') WHERE to_regrole(quote_ident(:'app')) IS NULL \gexec
SELECT format('CREATE ROLE %I LOGIN', :'admin') WHERE to_regrole(quote_ident(:'admin')) IS NULL \gexec
\if :{?app_password}
ALTER ROLE :"app" PASSWORD :'app_password';
\endif
\if :{?admin_password}
ALTER ROLE :"admin" PASSWORD :'admin_password';
\endif

-- The admin has the owner's privileges and migrates as the owner, so that the owner owns everything that migrations
-- create.
GRANT :"owner" TO :"admin";
ALTER ROLE :"admin" SET role TO :"owner";
-- The role that runs this script acts for the owner below, which needs membership unless it is a superuser. Having
-- created the owner is not enough: since PostgreSQL 16 the creator may grant a role but does not have its privileges.
SELECT format('GRANT %I TO CURRENT_USER', :'owner') WHERE NOT pg_has_role(current_user, :'owner', 'USAGE') \gexec
-- Only these may connect: every role that may can send notifications, and fill the server's queue of them. Nor may
-- others, or these, make temporary tables, which Heddle does not need. Grant CONNECT to further roles, of backups for
-- example.
GRANT CONNECT ON DATABASE :"DBNAME" TO :"app", :"admin";
REVOKE CONNECT, TEMPORARY ON DATABASE :"DBNAME" FROM PUBLIC;

-- The schema. Since PostgreSQL 15 not every role may create objects in public; the owner must be able to.
SELECT format('CREATE SCHEMA %I AUTHORIZATION %I', :'schema', :'owner')
WHERE to_regnamespace(quote_ident(:'schema')) IS NULL \gexec
GRANT USAGE, CREATE ON SCHEMA :"schema" TO :"owner";
GRANT USAGE ON SCHEMA :"schema" TO :"app";
-- Names without a schema are resolved by the search path, so no other role may create objects in this schema. In
-- databases that were upgraded from PostgreSQL 14 or earlier every role may.
SELECT format('REVOKE CREATE ON SCHEMA %I FROM PUBLIC', :'schema')
WHERE has_schema_privilege('public', :'schema', 'CREATE') \gexec

-- The privileges of the app on everything that the owner creates from now on, in migrations that name no role. Not
-- TRUNCATE, which row security does not restrict, nor REFERENCES, which bypasses it, nor TRIGGER.
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA :"schema"
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"app";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA :"schema" GRANT USAGE ON SEQUENCES TO :"app";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA :"schema" GRANT EXECUTE ON FUNCTIONS TO :"app";

-- A mistake that no later step would detect.
SELECT pg_has_role(:'app', :'owner', 'MEMBER') AS app_is_member \gset
\if :app_is_member
  DO $$ BEGIN
    RAISE 'the app role is a member of the owner or a superuser, so row security would not apply to it: use another role';
  END $$;
\endif
COMMIT;

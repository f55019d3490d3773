-- The roles of Heddle on PostgreSQL 15 or later: run it once in each database, with psql, as a superuser or as a role
-- that may create roles and schemas (the administrator of a managed server). Running it again changes nothing but
-- what is named: passwords that are given are set.
--
--   psql -d agents -f postgres_roles.sql
--   psql -d agents -v schema=heddle -v app_password=... -v admin_password=... -f postgres_roles.sql
--
--   owner    owns the schema's tables; nobody can log in as it                    heddle_owner
--   app      the server works as it: reads and writes rows under row security     heddle_app     -> dsn
--   admin    migrates, administers, purges: a member of the owner                 heddle_admin   -> admin_dsn
--   schema   where the tables are; made if it is not there                        public
--   app_password, admin_password   none: set them otherwise, or log in by peer, certificate or GSSAPI
--
-- The app must never be a member of the owner, and neither may be a superuser or have BYPASSRLS: Heddle refuses to open
-- a database as a role for which row security does not hold.
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

-- The roles. Attributes are not named where they are the default: to name SUPERUSER or BYPASSRLS, even to deny them,
-- takes a superuser.
SELECT format('CREATE ROLE %I NOLOGIN', :'owner') WHERE to_regrole(quote_ident(:'owner')) IS NULL \gexec
SELECT format('CREATE ROLE %I LOGIN', :'app') WHERE to_regrole(quote_ident(:'app')) IS NULL \gexec
SELECT format('CREATE ROLE %I LOGIN', :'admin') WHERE to_regrole(quote_ident(:'admin')) IS NULL \gexec
\if :{?app_password}
ALTER ROLE :"app" PASSWORD :'app_password';
\endif
\if :{?admin_password}
ALTER ROLE :"admin" PASSWORD :'admin_password';
\endif

-- The admin works with the owner's rights, and migrates as the owner, so that all that is made belongs to that.
GRANT :"owner" TO :"admin";
ALTER ROLE :"admin" SET role TO :"owner";
-- Whoever runs this acts for the owner below, which takes membership too where it is no superuser. To have made the
-- owner is not enough: since PostgreSQL 16 that gives the right to grant it, not its rights.
SELECT format('GRANT %I TO CURRENT_USER', :'owner') WHERE NOT pg_has_role(current_user, :'owner', 'USAGE') \gexec
GRANT CONNECT ON DATABASE :"DBNAME" TO :"app", :"admin";

-- The schema. Since PostgreSQL 15 not everybody may create in public any more; the owner has to.
SELECT format('CREATE SCHEMA %I AUTHORIZATION %I', :'schema', :'owner')
WHERE to_regnamespace(quote_ident(:'schema')) IS NULL \gexec
GRANT USAGE, CREATE ON SCHEMA :"schema" TO :"owner";
GRANT USAGE ON SCHEMA :"schema" TO :"app";
-- Names without a schema are looked up where the search path says; nobody else may put something there. In databases
-- that come from PostgreSQL 14 or earlier everybody may.
SELECT format('REVOKE CREATE ON SCHEMA %I FROM PUBLIC', :'schema')
WHERE has_schema_privilege('public', :'schema', 'CREATE') \gexec

-- What the app may do with what the owner makes from now on, in migrations that name no role. Neither TRUNCATE, which
-- row security does not hold back, nor REFERENCES, which sees through it, nor TRIGGER.
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA :"schema"
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"app";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA :"schema" GRANT USAGE ON SEQUENCES TO :"app";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA :"schema" GRANT EXECUTE ON FUNCTIONS TO :"app";

-- A mistake that no later step would show.
SELECT pg_has_role(:'app', :'owner', 'MEMBER') AS app_is_member \gset
\if :app_is_member
  DO $$ BEGIN RAISE 'the app role is a member of the owner, or a superuser: row security would not hold for it'; END $$;
\endif
COMMIT;

// Private: may change in every version; public headers include it where it is needed.
#pragma once

// For dialects, which only name their groups of statements.
namespace heddle::sql {

template <class Sql>
struct ErrorStatements;
template <class Sql>
struct ArtifactStatements;
template <class Sql>
struct ResultStatements;
template <class Sql>
struct HumanRequestStatements;

}  // namespace heddle::sql

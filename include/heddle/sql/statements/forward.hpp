// Private: may change in every version; public headers include it where it is needed.
#pragma once

/// @file
/// Declares the groups of statements, for dialects, which only name them.
namespace heddle::sql {

template <class Sql>
struct ErrorStatements;
template <class Sql>
struct ArtifactStatements;
template <class Sql>
struct ContentStatements;
template <class Sql>
struct ResultStatements;
template <class Sql>
struct HumanRequestStatements;
template <class Sql>
struct StreamStatements;
template <class Sql>
struct SoftDeletionStatements;

}  // namespace heddle::sql

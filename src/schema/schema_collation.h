#pragma once
// A program keeps the default collation that its schema had when it was made. To make it again
// when the schema has another one since, the schema gets the old one for that moment.

#include <string>

#include "db/connection.h"

namespace flyover::schema {

/// Gives a schema a default collation and takes it back at the end. What it takes back stands in
/// the control schema meanwhile, so that return_collations() can do it after a kill. The session is
/// interrupted where it can not be taken back.
class SchemaCollation {
 public:
  enum class Journal { control_schema, none };

  /// Nothing happens when `collation` is empty or what the schema has. Journal::none is for schemas
  /// that do not outlive the work.
  SchemaCollation(db::Connection& connection, const std::string& schema,
                  const std::string& collation, Journal journal);
  ~SchemaCollation();
  SchemaCollation(const SchemaCollation&) = delete;
  SchemaCollation& operator=(const SchemaCollation&) = delete;

 private:
  void put_back() noexcept;

  db::Connection& connection_;
  const std::string schema_;
  const Journal journal_;
  std::string own_{};  ///< to be taken back; "": nothing
};

/// Takes back what processes that were killed left. Nobody else may be creating programs there.
void return_collations(db::Connection& connection);

}  // namespace flyover::schema

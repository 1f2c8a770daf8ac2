#pragma once
// The spelling in which things of two server versions are compared. Not for other modules.

#include <string>
#include <string_view>
#include <vector>

#include "schema/model.h"

namespace flyover::schema::detail {

/// Type without what versions print differently: display widths of integers without ZEROFILL, the
/// width of YEAR, the name of geometry collections.
std::string normal_type(const Column& column);
/// "none", "literal x", "exactly x" or "expression X"; what only one of both servers tells is left
/// out.
std::string normal_default(const Column& column, const Column& other);
/// RESTRICT and NO ACTION are one thing in InnoDB.
std::string normal_rule(const std::string& rule);
/// Options that InnoDB keeps, sorted; the row format only when it is COMPRESSED.
std::string normal_options(const Table& table);
/// Partitions without engine, directories, quotes, spaces and case, every operation in parentheses
/// and no others.
std::string normal_partitions(const std::string& clause);
/// The quoted names in a view's SELECT, sorted, without the schemas and tables before a dot.
std::vector<std::string> names_in_select(const std::string& definition);
/// A view's SELECT without spaces, character set introducers, schemas of columns and
/// the view's own schema before functions.
std::string normal_select(const std::string& definition, const std::string& schema);
/// A program's statement behind its name, without spaces, comments and integer widths.
std::string normal_program(const Program& program);
/// Modes sorted, without those that 8.0 removed.
std::string normal_modes(const std::string& sql_mode);
/// With or without the directions of its parts.
std::string normal_index(const Index& index, bool with_directions);
std::string normal_foreign_key(const ForeignKey& key);
/// Members as a list that shows their borders.
std::string normal_members(const Column& column);

}  // namespace flyover::schema::detail

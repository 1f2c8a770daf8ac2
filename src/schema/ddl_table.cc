#include <fmt/format.h>

#include "base/utf8.h"
#include "schema/ddl.h"
#include "schema/sql_text.h"

namespace flyover::schema {
namespace {

using mysql::quote_name;

// Literals of the DDL session: utf8mb4 text with backslash escapes. Bytes that are no text can only
// be written in hexadecimal.
std::string literal(std::string_view text) {
  return base::is_utf8(text) ? mysql::quote_bytes(text) : mysql::hex_literal(text);
}

std::string member_list(const Column& column) {
  std::string list;
  const bool as_bytes = !column.member_bytes.empty();
  for (const std::string& member : as_bytes ? column.member_bytes : column.members) {
    list += (list.empty() ? "" : ",") + (as_bytes ? mysql::hex_literal(member) : literal(member));
  }
  return column.data_type + "(" + list + ")";
}

std::string type_sql(const Column& column) {
  std::string sql = column.column_type;
  // YEAR has one width left; values travel as four digits.
  if (column.data_type == "year") sql = "year";
  if (!column.members.empty()) sql = member_list(column);
  if (!column.charset.empty()) {
    sql += fmt::format(" CHARACTER SET {} COLLATE {}", modern_charset(column.charset),
                       modern_collation(column.collation));
  }
  return sql;
}

bool takes_literal_default(const Column& column) {
  return column.kind != ValueKind::json && column.kind != ValueKind::geometry &&
         column.data_type.find("blob") == std::string::npos &&
         column.data_type.find("text") == std::string::npos;
}

std::string default_sql(const Column& column) {
  if (!column.default_value) {
    return column.nullable && takes_literal_default(column) ? " DEFAULT NULL" : "";
  }
  const std::string& value = *column.default_value;
  if (column.default_is_expression) {
    const bool now = to_upper(value).starts_with("CURRENT_TIMESTAMP");
    return " DEFAULT " + (now ? value : "(" + value + ")");
  }
  if (column.exact_default && column.kind == ValueKind::float_kind) {
    return " DEFAULT " + *column.exact_default;
  }
  if (column.exact_default) {
    return fmt::format(" DEFAULT _{} {}", modern_charset(column.charset),
                       mysql::hex_literal(*column.exact_default));
  }
  if (column.kind == ValueKind::bit) return " DEFAULT " + value;
  if (column.kind == ValueKind::binary) return " DEFAULT " + mysql::hex_literal(value);
  return " DEFAULT " + literal(value);
}

std::string column_sql(const Column& column) {
  std::string sql = quote_name(column.name) + " " + type_sql(column);
  if (column.generated) {
    sql += fmt::format(" GENERATED ALWAYS AS ({}) {}", column.generation_expression,
                       column.generated_stored ? "STORED" : "VIRTUAL");
  }
  sql += column.nullable ? " NULL" : " NOT NULL";
  if (column.srid) sql += fmt::format(" SRID {}", *column.srid);
  if (column.auto_increment) {
    sql += " AUTO_INCREMENT";
  } else if (!column.generated) {
    sql += default_sql(column);
    if (!column.on_update.empty()) sql += " ON UPDATE " + column.on_update;
  }
  if (column.invisible) sql += " INVISIBLE";
  if (!column.comment.empty()) sql += " COMMENT " + literal(column.comment);
  return sql;
}

std::string column_list(const std::vector<std::string>& columns) {
  std::string list;
  for (const std::string& column : columns) {
    list += (list.empty() ? "" : ", ") + quote_name(column);
  }
  return list;
}

std::string_view index_words(IndexKind kind) {
  switch (kind) {
    case IndexKind::primary:
      return "PRIMARY KEY";
    case IndexKind::unique:
      return "UNIQUE KEY";
    case IndexKind::plain:
      return "KEY";
    case IndexKind::fulltext:
      return "FULLTEXT KEY";
    case IndexKind::spatial:
      return "SPATIAL KEY";
  }
  return "KEY";
}

std::string index_sql(const Index& index) {
  std::string sql(index_words(index.kind));
  if (index.kind != IndexKind::primary) sql += " " + quote_name(index.name);
  sql += " (";
  for (std::size_t i = 0; i < index.parts.size(); ++i) {
    const IndexPart& part = index.parts[i];
    if (i > 0) sql += ", ";
    sql += part.expression.empty() ? quote_name(part.column) : "(" + part.expression + ")";
    if (part.prefix) sql += fmt::format("({})", *part.prefix);
    if (part.descending) sql += " DESC";
  }
  sql += ")";
  if (!index.parser.empty()) sql += " WITH PARSER " + quote_name(index.parser);
  if (!index.comment.empty()) sql += " COMMENT " + literal(index.comment);
  if (!index.visible) sql += " INVISIBLE";
  return sql;
}

std::string foreign_key_sql(const ForeignKey& key, const SchemaNames& names) {
  const mysql::TableName parent{names.of(key.parent.schema), key.parent.table};
  return fmt::format("CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {} ({}) ON DELETE {} ON UPDATE {}",
                     quote_name(key.name), column_list(key.columns), parent.quoted(),
                     column_list(key.parent_columns), key.on_delete, key.on_update);
}

// Options that mean something to InnoDB on the target; the others belong to other engines.
std::string option_sql(std::string_view create_options, bool transactional) {
  static const std::set<std::string> kKept = {
      "stats_persistent", "stats_auto_recalc", "stats_sample_pages", "avg_row_length",
      "max_rows",         "min_rows",          "key_block_size"};
  std::string sql;
  for (std::size_t at = 0; at < create_options.size();) {
    const std::size_t end = std::min(create_options.find(' ', at), create_options.size());
    const std::string_view option = create_options.substr(at, end - at);
    const std::size_t equals = option.find('=');
    at = end + 1;
    if (equals == std::string_view::npos) continue;
    const std::string name = to_lower(option.substr(0, equals));
    if (!kKept.contains(name) || (name == "key_block_size" && !transactional)) continue;
    sql += " " + to_upper(option);
  }
  return sql;
}

std::string table_options_sql(const Table& table, const DdlOptions& options) {
  std::string sql = fmt::format(" ENGINE=InnoDB DEFAULT CHARACTER SET {} COLLATE {}",
                                modern_charset(table.charset), modern_collation(table.collation));
  const bool compressed = table.row_format == "COMPRESSED" && table.transactional();
  const std::string others = option_sql(table.create_options, table.transactional());
  if (compressed) {
    sql += " ROW_FORMAT=COMPRESSED";
  } else if (others.find("KEY_BLOCK_SIZE") == std::string::npos) {
    sql += " ROW_FORMAT=DYNAMIC";
  }
  sql += others;
  if (options.with_auto_increment && table.auto_increment && *table.auto_increment > 1) {
    sql += fmt::format(" AUTO_INCREMENT={}", *table.auto_increment);
  }
  if (!table.comment.empty()) sql += " COMMENT=" + literal(table.comment);
  return sql;
}

// Which words of a partition clause are names of columns or partitions. Older servers print them
// without quotes, and some are reserved words of newer ones.
std::vector<bool> partition_names(const Table& table, const std::vector<Token>& tokens) {
  std::vector<bool> names(tokens.size(), false);
  bool columns_follow = false;
  bool name_follows = false;
  int depth = 0;
  const auto calls = [&](std::size_t i) {
    return i + 1 < tokens.size() && tokens[i + 1].text == "(";
  };
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const Token& token = tokens[i];
    if (token.kind == TokenKind::space || token.kind == TokenKind::comment) continue;
    if (token.text == "(") ++depth;
    if (token.text == ")" && --depth == 0) columns_follow = false;
    const bool word = token.kind == TokenKind::word;
    const bool column =
        columns_follow && depth > 0 && !calls(i) && table.find_column(token_name(token)) != nullptr;
    names[i] = word && ((name_follows && !is_word(token, "BY")) || column);
    name_follows = !names[i] && (is_word(token, "PARTITION") || is_word(token, "SUBPARTITION"));
    for (const char* method : {"HASH", "KEY", "RANGE", "LIST", "COLUMNS"}) {
      if (depth == 0 && is_word(token, method)) columns_follow = true;
    }
  }
  return names;
}

// The clause with InnoDB as every partition's engine and without the source's directories.
std::string partition_sql(const Table& table) {
  std::string sql;
  bool in_directory = false;
  bool in_engine = false;
  const std::vector<Token> tokens = tokenize(table.partition_clause);
  const std::vector<bool> names = partition_names(table, tokens);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const Token& token = tokens[i];
    const bool directory = i + 2 < tokens.size() && is_word(tokens[i + 2], "DIRECTORY") &&
                           (is_word(token, "DATA") || is_word(token, "INDEX"));
    in_directory = in_directory || directory;
    if (in_directory) {
      in_directory = token.kind != TokenKind::string;
      continue;
    }
    if (is_word(token, "ENGINE")) {
      in_engine = true;
    } else if (in_engine && token.kind == TokenKind::word) {
      sql += "InnoDB";
      in_engine = false;
      continue;
    }
    sql += names[i] ? quote_name(token.text) : std::string(token.text);
  }
  return sql;
}

}  // namespace

const std::string& SchemaNames::of(const std::string& schema) const {
  const auto found = renamed.find(schema);
  return found == renamed.end() ? schema : found->second;
}

bool needed_from_the_start(const Table& table, const Index& index) {
  // By name: `index` may be a copy.
  const Index* const row_key = table.row_key();
  if ((row_key != nullptr && row_key->name == index.name) || index.kind == IndexKind::primary)
    return true;
  for (const Column& column : table.columns) {
    if (!column.auto_increment) continue;
    // The first index that starts with the column is the one that the server needs.
    const auto leads = [&](const Index& candidate) {
      return !candidate.parts.empty() && candidate.parts[0].column == column.name &&
             candidate.kind != IndexKind::fulltext && candidate.kind != IndexKind::spatial;
    };
    if (row_key != nullptr && leads(*row_key)) return false;
    for (const Index& candidate : table.indexes) {
      if (candidate.kind == IndexKind::primary && leads(candidate)) return false;
    }
    for (const Index& candidate : table.indexes) {
      if (leads(candidate)) return candidate.name == index.name;
    }
  }
  return false;
}

std::string create_schema_sql(const Schema& schema, const SchemaNames& names) {
  return fmt::format("CREATE DATABASE IF NOT EXISTS {} CHARACTER SET {} COLLATE {}",
                     quote_name(names.of(schema.name)), modern_charset(schema.charset),
                     modern_collation(schema.collation));
}

std::string create_table_sql(const Table& table, const DdlOptions& options) {
  const mysql::TableName name{options.names.of(table.name.schema), table.name.table};
  std::string sql = options.temporary ? "CREATE TEMPORARY TABLE " : "CREATE TABLE ";
  sql += name.quoted() + " (";
  std::string separator = "\n  ";
  const auto add = [&](const std::string& line) {
    sql += separator + line;
    separator = ",\n  ";
  };
  for (const Column& column : table.columns) add(column_sql(column));
  for (const Index& index : table.indexes) {
    if (options.without_secondary_indexes && !needed_from_the_start(table, index)) continue;
    add(index_sql(index));
  }
  if (!options.without_foreign_keys) {
    for (const ForeignKey& key : table.foreign_keys) add(foreign_key_sql(key, options.names));
  }
  for (const CheckConstraint& check : table.checks) {
    add(fmt::format("CONSTRAINT {} CHECK ({}){}", quote_name(check.name), check.expression,
                    check.enforced ? "" : " NOT ENFORCED"));
  }
  sql += "\n)" + table_options_sql(table, options);
  if (!table.partition_clause.empty()) sql += "\n" + partition_sql(table);
  return sql;
}

std::vector<std::string> add_indexes_sql(const Table& table, const SchemaNames& names) {
  const mysql::TableName name{names.of(table.name.schema), table.name.table};
  const std::string alter = "ALTER TABLE " + name.quoted();
  std::string others;
  std::vector<std::string> fulltext;
  for (const Index& index : table.indexes) {
    if (needed_from_the_start(table, index)) continue;
    if (index.kind == IndexKind::fulltext) {
      fulltext.push_back(alter + " ADD " + index_sql(index));
    } else {
      others += (others.empty() ? " ADD " : ", ADD ") + index_sql(index);
    }
  }
  std::vector<std::string> statements;
  if (!others.empty()) statements.push_back(alter + others);
  statements.insert(statements.end(), fulltext.begin(), fulltext.end());
  return statements;
}

std::string add_foreign_keys_sql(const Table& table, const SchemaNames& names) {
  if (table.foreign_keys.empty()) return "";
  const mysql::TableName name{names.of(table.name.schema), table.name.table};
  std::string sql = "ALTER TABLE " + name.quoted();
  std::string separator = " ADD ";
  for (const ForeignKey& key : table.foreign_keys) {
    sql += separator + foreign_key_sql(key, names);
    separator = ", ADD ";
  }
  return sql;
}

std::string modify_columns_sql(const Table& table, const std::vector<std::string>& columns) {
  std::string sql = "ALTER TABLE " + table.name.quoted();
  std::string separator = " MODIFY COLUMN ";
  for (const std::string& name : columns) {
    const Column* const column = table.find_column(name);
    if (column == nullptr) continue;
    sql += separator + column_sql(*column);
    separator = ", MODIFY COLUMN ";
  }
  return sql;
}

std::string drop_schema_sql(const std::string& schema) {
  return "DROP DATABASE IF EXISTS " + quote_name(schema);
}

std::string drop_table_sql(const mysql::TableName& name) {
  return "DROP TABLE IF EXISTS " + name.quoted();
}

std::string drop_view_sql(const mysql::TableName& name) {
  return "DROP VIEW IF EXISTS " + name.quoted();
}

}  // namespace flyover::schema

// The longest row must fit into the target's packets, written as a statement.

#include <fmt/format.h>

#include <algorithm>

#include "assess/registry.h"
#include "base/units.h"

namespace flyover::assess {
namespace {

// Tables above this size are read in part: a row's length is in the row, not in an index.
constexpr std::uint64_t kWholeTableBytesMax = 64ULL << 20;

bool is_large(const schema::Column& column, std::uint64_t packet) {
  return column.max_length_bytes * 2 > packet || column.kind == schema::ValueKind::json ||
         column.kind == schema::ValueKind::geometry;
}

struct Longest {
  std::uint64_t bytes = 0;
  bool sampled = false;
};

Longest longest_row(CheckContext& context, const schema::Table& table, const std::string& sum,
                    const std::string& columns) {
  Longest longest;
  longest.sampled = table.data_bytes > kWholeTableBytesMax;
  const std::string from =
      longest.sampled
          ? fmt::format("(SELECT {} FROM {} LIMIT {}) sample", columns, table.name.quoted(),
                        context.request.options.longest_row_sample_rows)
          : table.name.quoted();
  const auto value =
      context.source.connection.query_value(fmt::format("SELECT MAX({}) FROM {}", sum, from));
  longest.bytes = std::strtoull(value.value_or("0").c_str(), nullptr, 10);
  return longest;
}

// InnoDB before 8.0 refuses a BLOB or TEXT that is longer than a tenth of its redo log.
void check_redo_log(CheckContext& context) {
  if (context.source.connection.version().at_least(8, 0)) return;
  const std::uint64_t most = context.source.number("innodb_log_file_size") *
                             context.source.number("innodb_log_files_in_group") / 10;
  const std::uint64_t packet = context.target.number("max_allowed_packet");
  const auto can_hold_more = [&](const schema::Table& table) {
    return std::any_of(
        table.columns.begin(), table.columns.end(),
        [&](const schema::Column& column) { return column.max_length_bytes > most; });
  };
  const auto& tables = context.catalog.tables;
  if (most >= packet || !std::any_of(tables.begin(), tables.end(), can_hold_more)) return;
  context.notice(
      "source",
      fmt::format("on the way back this server refuses every value above {}, a tenth of its redo "
                  "log; the target takes {}",
                  base::format_bytes(most), base::format_bytes(packet)),
      fmt::format(
          "where the application may write such values after the cutover: "
          "innodb_log_file_size = {} in the server's configuration, and a restart",
          packet * 10 /
              std::max<std::uint64_t>(1, context.source.number("innodb_log_files_in_group"))));
}

}  // namespace

void check_row_size(CheckContext& context) {
  check_redo_log(context);
  const std::uint64_t packet = context.target.number("max_allowed_packet");
  if (packet < context.source.number("max_allowed_packet")) {
    context.warning("target",
                    fmt::format("max_allowed_packet is {}, on the source {}: statements that the "
                                "application may send today would fail after the switch",
                                base::format_bytes(packet),
                                base::format_bytes(context.source.number("max_allowed_packet"))),
                    fmt::format("SET GLOBAL max_allowed_packet = {};",
                                context.source.number("max_allowed_packet")));
  }
  for (const schema::Table& table : context.catalog.tables) {
    context.stop_if_requested();
    std::string sum;
    std::string columns;
    for (const schema::Column& column : table.columns) {
      if (!is_large(column, packet)) continue;
      const std::string name = mysql::quote_name(column.name);
      sum += (sum.empty() ? "" : " + ") + fmt::format("IFNULL(LENGTH({}), 0)", name);
      columns += (columns.empty() ? "" : ", ") + name;
    }
    if (sum.empty()) continue;
    const Longest longest = longest_row(context, table, sum, columns);
    const std::string object = "table " + table.name.to_string();
    const std::string length =
        fmt::format("{} row has {}, max_allowed_packet of the target is {}",
                    longest.sampled ? "the longest looked at" : "the longest",
                    base::format_bytes(longest.bytes), base::format_bytes(packet));
    const std::string fix =
        fmt::format("SET GLOBAL max_allowed_packet = {};",
                    std::min<std::uint64_t>(1ULL << 30, std::max(longest.bytes * 3, packet)));
    if (longest.bytes >= packet) {
      context.blocker(object, length, fix);
    } else if (longest.bytes * 2 >= packet) {
      context.blocker(object, length + "; written as a statement it may need twice its bytes", fix);
    } else if (longest.sampled) {
      context.notice(object, length + "; only a part of the table was looked at");
    }
  }
}

}  // namespace flyover::assess

#include "apply/checkpoint.h"

#include <fmt/format.h>

#include <chrono>

#include "mysql/identifier.h"

namespace flyover::apply {
namespace {

std::uint64_t now_us() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(
                                        std::chrono::system_clock::now().time_since_epoch())
                                        .count());
}

}  // namespace

Checkpoint::Checkpoint(std::string migration, std::string link)
    : migration_(mysql::quote_bytes(migration)), link_(mysql::quote_bytes(link)) {}

std::string Checkpoint::where() const {
  return fmt::format(" WHERE `migration` = {} AND `link` = {}", migration_, link_);
}

std::optional<CheckpointState> Checkpoint::read(db::Connection& target) const {
  // Locking reads: a transaction whose COMMIT was sent by a process that is gone now holds its rows
  // until the server is done with it.
  target.begin();
  const db::Table checkpoint = target.query(
      "SELECT `file`, `offset`, `read_file`, `read_offset` FROM `flyover`.`checkpoint`" + where() +
      " LOCK IN SHARE MODE");
  const db::Table applied =
      target.query("SELECT `file_number`, `end_offset` FROM `flyover`.`applied`" + where() +
                   " LOCK IN SHARE MODE");
  target.commit();
  if (checkpoint.empty()) return std::nullopt;
  CheckpointState state;
  state.position = {.file = checkpoint.text(0, "file"), .offset = checkpoint.number(0, "offset")};
  state.read_from = {.file = checkpoint.text(0, "read_file"),
                     .offset = checkpoint.number(0, "read_offset")};
  for (std::size_t i = 0; i < applied.rows.size(); ++i) {
    state.applied_beyond.emplace(applied.number(i, "file_number"), applied.number(i, "end_offset"));
  }
  return state;
}

void Checkpoint::initialise(db::Connection& target, const mysql::BinlogPosition& position) const {
  target.begin();
  target.execute("DELETE FROM `flyover`.`applied`" + where());
  target.execute(
      fmt::format("REPLACE INTO `flyover`.`checkpoint` (`migration`, `link`, `file`, "
                  "`offset`, `read_file`, `read_offset`, `updated_us`) VALUES ({0}, {1}, {2}, {3}, "
                  "{2}, {3}, {4})",
                  migration_, link_, mysql::quote_bytes(position.file), position.offset, now_us()));
  target.commit();
}

void Checkpoint::move_to(db::Connection& target, const CheckpointState& state) const {
  const std::vector<std::string> statements = move_sql(state.position, state.read_from);
  target.begin();
  if (target.execute(statements.front()).affected_rows == 0) {
    base::throw_error({.code = "apply.no_checkpoint",
                       .side = target.side(),
                       .action = base::Action::fail,
                       .message = "the link's row in flyover.checkpoint is gone",
                       .hint = "Schema flyover was dropped or restored while the migration ran."});
  }
  for (std::size_t i = 1; i < statements.size(); ++i) target.execute(statements[i]);
  target.commit();
}

std::string Checkpoint::insert_applied_sql(const std::vector<mysql::BinlogPosition>& ends) const {
  std::string sql =
      "INSERT INTO `flyover`.`applied` (`migration`, `link`, `file_number`, `end_offset`) VALUES ";
  for (const mysql::BinlogPosition& end : ends) {
    sql += fmt::format("({}, {}, {}, {}),", migration_, link_, end.file_number(), end.offset);
  }
  sql.pop_back();
  return sql;
}

std::vector<std::string> Checkpoint::move_sql(const mysql::BinlogPosition& position,
                                              const mysql::BinlogPosition& needs_from) const {
  const std::uint64_t file = position.file_number();
  const mysql::BinlogPosition& read_from = needs_from.empty() ? position : needs_from;
  return {fmt::format("UPDATE `flyover`.`checkpoint` SET `file` = {}, `offset` = {}, "
                      "`read_file` = {}, `read_offset` = {}, `updated_us` = {}{}",
                      mysql::quote_bytes(position.file), position.offset,
                      mysql::quote_bytes(read_from.file), read_from.offset, now_us(), where()),
          // As two ranges, each of which is one walk along the primary key.
          fmt::format("DELETE FROM `flyover`.`applied`{} AND `file_number` < {}", where(), file),
          fmt::format("DELETE FROM `flyover`.`applied`{} AND `file_number` = {} AND "
                      "`end_offset` <= {}",
                      where(), file, position.offset)};
}

}  // namespace flyover::apply

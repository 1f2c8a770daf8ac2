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
  // A locking read: a transaction whose COMMIT was sent by a process that is gone now holds the row
  // until the server is done with it.
  target.begin();
  auto state = read_locked(target);
  target.commit();
  return state;
}

std::optional<CheckpointState> Checkpoint::read_locked(db::Connection& target) const {
  const db::Table checkpoint = target.query(
      "SELECT `file`, `offset`, `read_file`, `read_offset` FROM `flyover`.`checkpoint`" + where() +
      " FOR UPDATE");
  if (checkpoint.empty()) return std::nullopt;
  CheckpointState state;
  state.position = {.file = checkpoint.text(0, "file"), .offset = checkpoint.number(0, "offset")};
  state.read_from = {.file = checkpoint.text(0, "read_file"),
                     .offset = checkpoint.number(0, "read_offset")};
  return state;
}

void Checkpoint::initialise(db::Connection& target, const mysql::BinlogPosition& position) const {
  target.execute(
      fmt::format("REPLACE INTO `flyover`.`checkpoint` (`migration`, `link`, `file`, "
                  "`offset`, `read_file`, `read_offset`, `updated_us`) VALUES ({0}, {1}, {2}, {3}, "
                  "{2}, {3}, {4})",
                  migration_, link_, mysql::quote_bytes(position.file), position.offset, now_us()));
}

void Checkpoint::move_to(db::Connection& target, const mysql::BinlogPosition& position,
                         const mysql::BinlogPosition& needs_from) const {
  const mysql::BinlogPosition& read_from = needs_from.empty() ? position : needs_from;
  const auto moved = target.execute(
      fmt::format("UPDATE `flyover`.`checkpoint` SET `file` = {}, `offset` = {}, `read_file` = {}, "
                  "`read_offset` = {}, `updated_us` = {}{}",
                  mysql::quote_bytes(position.file), position.offset,
                  mysql::quote_bytes(read_from.file), read_from.offset, now_us(), where()));
  if (moved.affected_rows == 1) return;
  base::throw_error({.code = "apply.no_checkpoint",
                     .side = target.side(),
                     .action = base::Action::fail,
                     .message = "the link's row in flyover.checkpoint is gone",
                     .hint = "Schema flyover was dropped or restored while the migration ran."});
}

}  // namespace flyover::apply

#include "stream/transaction_assembler.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <numeric>
#include <string>
#include <vector>

#include "base/byte_writer.h"
#include "stream/statement_kind.h"

namespace flyover::stream {
namespace {

using binlog::EventType;
using binlog::RowsChange;
using binlog::StatementChange;
using binlog::Transaction;

std::string event(EventType type, const std::string& body, std::uint16_t flags = 0) {
  base::ByteWriter out;
  out.u32(1000).u8(static_cast<std::uint8_t>(type)).u32(1);
  out.u32(static_cast<std::uint32_t>(binlog::kEventHeaderBytes + body.size())).u32(0).u16(flags);
  return out.bytes(body).take();
}

std::string query(const std::string& sql) {
  base::ByteWriter body;
  body.u32(7).u32(0).u8(1).u16(0).u16(0).nul_terminated("s").bytes(sql);
  return event(EventType::query, body.str());
}

std::string xid() {
  return event(EventType::xid, std::string(8, '\x01'));
}

std::string gtid(std::uint64_t number) {
  base::ByteWriter body;
  body.u8(0).bytes(std::string(16, '\x11')).u64(number);
  return event(EventType::gtid, body.str());
}

// Table s.<name> with one INT column.
std::string table_map(std::uint64_t id, const std::string& name, std::uint8_t type = 3) {
  base::ByteWriter body;
  body.uint_le(id, 6).u16(1).u8(1).nul_terminated("s");
  body.u8(static_cast<std::uint8_t>(name.size())).nul_terminated(name);
  body.u8(1).u8(type).u8(0).u8(1);
  return event(EventType::table_map, body.str());
}

std::string insert(std::uint64_t id, std::uint32_t value) {
  base::ByteWriter body;
  body.uint_le(id, 6).u16(1).u16(2).u8(1).u8(1).u8(0).u32(value);
  return event(EventType::write_rows, body.str());
}

std::string payload(const std::vector<std::string>& inner) {
  std::string all;
  for (const std::string& bytes : inner) all += bytes;
  base::ByteWriter size;
  size.length_encoded(all.size());
  base::ByteWriter body;
  body.u8(2).u8(3).length_encoded(255);  // Not compressed.
  body.u8(1).length_encoded_bytes(size.str()).u8(0).bytes(all);
  return event(EventType::transaction_payload, body.str());
}

std::string xa_prepare(bool one_phase, const std::string& id = "x1") {
  base::ByteWriter body;
  body.u8(one_phase ? 1 : 0).u32(1).u32(2).u32(0).bytes(id);
  return event(EventType::xa_prepare, body.str());
}

/// Feeds events as a file would and keeps what comes out.
class Feed {
 public:
  explicit Feed(std::size_t part_bytes = std::size_t{16} << 20, std::string engine = "InnoDB",
                std::uint64_t applied_until = 0, std::uint64_t loaded_until = 0)
      : assembler_({.filter = [this](const mysql::TableName& name) -> const schema::Table* {
                      if (name.table == "m") return &not_transactional_;
                      return name.table == "t" ? &table_ : nullptr;
                    },
                    .part_bytes = part_bytes,
                    .applied_until = {file_, applied_until},
                    .may_miss_prepared =
                        [this, loaded_until](const mysql::BinlogPosition& end) {
                          return end <= mysql::BinlogPosition{file_, loaded_until};
                        }},
                   {file_, 4}, [this](Transaction t) { out.push_back(std::move(t)); }) {
    table_.name = {"s", "t"};
    table_.engine = std::move(engine);
    table_.columns = {{.name = "id", .data_type = "int", .column_type = "int(11)"}};
    not_transactional_ = table_;
    not_transactional_.name.table = "m";
    not_transactional_.engine = "MyISAM";
  }

  std::optional<base::Error> take(const std::string& bytes) {
    auto view = binlog::parse_event(bytes, binlog::ChecksumAlgorithm::off);
    EXPECT_TRUE(view.ok());
    const std::uint64_t start = offset;
    offset += bytes.size();
    return assembler_.take(*view, {file_, start, offset});
  }
  void all(const std::vector<std::string>& events) {
    for (const std::string& bytes : events) {
      const auto error = take(bytes);
      EXPECT_FALSE(error) << error->message;
    }
  }
  std::string error_of(const std::vector<std::string>& events) {
    for (const std::string& bytes : events) {
      if (const auto error = take(bytes)) return error->code;
    }
    return "";
  }
  TransactionAssembler& assembler() { return assembler_; }
  std::uint64_t resumable() const { return assembler_.resumable_position().offset; }

  std::vector<Transaction> out;
  std::uint64_t offset = 4;

 private:
  std::string file_ = "binlog.000001";
  schema::Table table_;
  schema::Table not_transactional_;
  TransactionAssembler assembler_;
};

std::vector<std::int64_t> ids(const std::vector<Transaction>& transactions) {
  std::vector<std::int64_t> out;
  for (const Transaction& transaction : transactions) {
    for (const binlog::Change& change : transaction.changes) {
      if (const auto* rows = std::get_if<RowsChange>(&change)) {
        out.push_back(rows->after(0)->signed_int);
      }
    }
  }
  return out;
}

TEST(Assembler, EndsATransactionWithXid) {
  Feed feed;
  feed.all({gtid(17), query("BEGIN"), table_map(1, "t"), insert(1, 5)});
  EXPECT_TRUE(feed.out.empty());
  EXPECT_EQ(feed.resumable(), 4U);
  feed.all({xid()});
  ASSERT_EQ(feed.out.size(), 1U);
  const Transaction& transaction = feed.out[0];
  EXPECT_TRUE(transaction.first && transaction.last);
  EXPECT_EQ(transaction.gtid, "11111111-1111-1111-1111-111111111111:17");
  EXPECT_EQ(transaction.start.offset, 4U);
  EXPECT_EQ(transaction.end.offset, feed.offset);
  EXPECT_EQ(transaction.timestamp_s, 1000U);
  EXPECT_EQ(feed.resumable(), feed.offset);
  EXPECT_EQ(ids(feed.out), (std::vector<std::int64_t>{5}));
}

TEST(Assembler, EndsATransactionWithCommitAsStatement) {
  Feed feed;
  feed.all({query("BEGIN"), table_map(1, "t"), insert(1, 5), query("COMMIT")});
  ASSERT_EQ(feed.out.size(), 1U);
  EXPECT_EQ(ids(feed.out).size(), 1U);
}

TEST(Assembler, HandsOverStatements) {
  Feed feed;
  feed.all({gtid(1), query("ALTER TABLE t ADD x INT"), query("DROP TABLE u")});
  ASSERT_EQ(feed.out.size(), 2U);
  EXPECT_EQ(std::get<StatementChange>(feed.out[0].changes[0]).sql, "ALTER TABLE t ADD x INT");
  EXPECT_EQ(feed.out[0].start.offset, 4U);
  EXPECT_EQ(feed.out[1].start, feed.out[0].end);
  feed.all({query("BEGIN"), query("INSERT INTO t VALUES (1)"), xid()});
  EXPECT_EQ(std::get<StatementChange>(feed.out[2].changes[0]).sql, "INSERT INTO t VALUES (1)");
}

TEST(Assembler, KeepsTheRowsOfCreateTableSelectTogether) {
  Feed feed;
  feed.all({gtid(1), query("CREATE TABLE `t` (`id` INT) START TRANSACTION"), table_map(1, "t"),
            insert(1, 5), xid()});
  ASSERT_EQ(feed.out.size(), 1U);
  ASSERT_EQ(feed.out[0].changes.size(), 2U);
  EXPECT_TRUE(std::get<StatementChange>(feed.out[0].changes[0]).rows_follow);
}

TEST(Assembler, SkipsOtherTablesButMovesOn) {
  Feed feed;
  // The other table's column has a type that does not match: nobody looks.
  feed.all({query("BEGIN"), table_map(2, "u", 8), insert(2, 5), xid()});
  ASSERT_EQ(feed.out.size(), 1U);
  EXPECT_TRUE(feed.out[0].changes.empty());
  EXPECT_EQ(feed.resumable(), feed.offset);
}

TEST(Assembler, UndoesWhatASavepointUndid) {
  Feed feed;
  feed.all({query("BEGIN"), table_map(1, "t"), insert(1, 1), query("SAVEPOINT `a``B`"),
            insert(1, 2), query("SAVEPOINT c"), insert(1, 3), query("ROLLBACK TO `A``b`"),
            insert(1, 4), query("rollback work to savepoint `a``b`"), insert(1, 5), xid()});
  EXPECT_EQ(ids(feed.out), (std::vector<std::int64_t>{1, 5}));
  EXPECT_EQ(feed.error_of({query("BEGIN"), query("ROLLBACK TO c")}), "source.binlog_order");
}

TEST(Assembler, DropsARolledBackTransaction) {
  Feed feed;
  feed.all({query("BEGIN"), table_map(1, "t"), insert(1, 1), query("ROLLBACK")});
  ASSERT_EQ(feed.out.size(), 1U);
  EXPECT_TRUE(feed.out[0].changes.empty());
  Feed myisam(std::size_t{16} << 20, "MyISAM");
  myisam.all({query("BEGIN"), table_map(1, "t"), insert(1, 1), query("ROLLBACK")});
  EXPECT_EQ(ids(myisam.out), (std::vector<std::int64_t>{1}));
}

TEST(Assembler, GivesInnerEventsTheirOuterPosition) {
  Feed feed;
  feed.all({gtid(3), payload({query("BEGIN"), table_map(1, "t"), insert(1, 8), xid()})});
  ASSERT_EQ(feed.out.size(), 1U);
  EXPECT_EQ(ids(feed.out), (std::vector<std::int64_t>{8}));
  EXPECT_EQ(feed.out[0].end.offset, feed.offset);
  EXPECT_EQ(feed.resumable(), feed.offset);
}

std::vector<std::string> prepared(const std::vector<std::uint32_t>& rows, bool one_phase = false,
                                  const std::string& id = "x1") {
  const std::string hex = id == "x1" ? "X'7831',X'',1" : "X'7832',X'',1";
  std::vector<std::string> events = {gtid(1), query("XA START " + hex), table_map(2, "u"),
                                     insert(2, 99), table_map(1, "t")};
  for (const std::uint32_t row : rows) events.push_back(insert(1, row));
  events.push_back(query("XA END " + hex));
  events.push_back(xa_prepare(one_phase, id));
  return events;
}

TEST(Assembler, HandsOverPreparedRowsWithTheirCommit) {
  Feed feed;
  feed.all(prepared({1, 2}));
  const std::uint64_t behind = feed.offset;
  ASSERT_EQ(feed.out.size(), 1U);
  EXPECT_TRUE(feed.out[0].changes.empty());
  EXPECT_EQ(feed.out[0].needs_from.offset, 4U);
  feed.all({gtid(2), query("BEGIN"), table_map(1, "t"), insert(1, 3), xid()});
  EXPECT_EQ(feed.out[1].needs_from.offset, 4U);
  feed.assembler().restart();  // What is prepared is not read again.
  const std::uint64_t commit = feed.offset;
  feed.all({gtid(3), query("XA COMMIT X'7831',X'',1")});
  EXPECT_EQ(ids(feed.out), (std::vector<std::int64_t>{3, 1, 2}));
  EXPECT_EQ(feed.out[2].start.offset, commit);
  EXPECT_EQ(feed.out[2].end.offset, feed.offset);
  EXPECT_TRUE(feed.out[2].needs_from.empty());
  EXPECT_EQ(feed.error_of({gtid(4), query("XA COMMIT X'7831',X'',1")}), "source.xa_unknown");
  EXPECT_GT(behind, 4U);
}

TEST(Assembler, ForgetsPreparedRowsThatAreRolledBack) {
  Feed feed;
  feed.all(prepared({1}));
  feed.all(prepared({2}, false, "x2"));
  feed.all({query("XA ROLLBACK X'7831',X'',1"), query("XA ROLLBACK X'99',X'',1")});
  EXPECT_GT(feed.out.back().needs_from.offset, 4U);  // The second one's.
  feed.all(prepared({3}));
  feed.all({query("XA COMMIT X'7831',X'',1"), query("XA ROLLBACK X'7832',X'',1")});
  EXPECT_EQ(ids(feed.out), (std::vector<std::int64_t>{3}));
  EXPECT_TRUE(feed.out.back().needs_from.empty());
}

TEST(Assembler, TakesXaOfOnePhaseAndInAPayload) {
  Feed one_phase;
  one_phase.all(prepared({1}, true));
  EXPECT_EQ(ids(one_phase.out), (std::vector<std::int64_t>{1}));
  Feed packed;
  const std::vector<std::string> events = prepared({4});
  packed.all({gtid(1), payload({events.begin() + 1, events.end()})});
  packed.all({query("XA COMMIT X'7831',X'',1")});
  EXPECT_EQ(ids(packed.out), (std::vector<std::int64_t>{4}));
}

TEST(Assembler, UndoesWhatASavepointUndidInXa) {
  Feed feed;
  feed.all({query("XA START X'7831',X'',1"), table_map(1, "t"), insert(1, 1), query("SAVEPOINT s"),
            insert(1, 2), query("ROLLBACK TO s"), insert(1, 3), query("XA END X'7831',X'',1"),
            xa_prepare(false), query("XA COMMIT X'7831',X'',1")});
  EXPECT_EQ(ids(feed.out), (std::vector<std::int64_t>{1, 3}));
}

TEST(Assembler, HandsOverLargePreparedTransactionsInParts) {
  std::vector<std::uint32_t> rows(50'000);
  std::iota(rows.begin(), rows.end(), 0);
  Feed feed(10'000);
  feed.all(prepared(rows));  // More than is held in memory.
  ASSERT_EQ(feed.out.size(), 1U);
  const std::uint64_t commit = feed.offset;
  feed.all({query("XA COMMIT X'7831',X'',1")});
  EXPECT_GT(feed.out.size(), 10U);
  EXPECT_TRUE(feed.out[1].first);
  EXPECT_EQ(feed.out[1].start.offset, commit);
  EXPECT_EQ(ids(feed.out), std::vector<std::int64_t>(rows.begin(), rows.end()));
}

TEST(Assembler, ReadsWhatIsAppliedForPreparedRowsOnly) {
  // A first process stopped behind the second transaction.
  Feed before(std::size_t{16} << 20, "InnoDB", 0, 100'000);
  before.all(prepared({1}));
  before.all({query("BEGIN"), table_map(1, "t"), insert(1, 2), xid()});
  before.all({query("ALTER TABLE t ADD x INT"), query("XA COMMIT X'99',X'',1")});
  const std::uint64_t applied_until = before.offset;

  Feed feed(std::size_t{16} << 20, "InnoDB", applied_until);
  feed.all(prepared({1}));
  feed.all({query("BEGIN"), table_map(1, "t", 8), insert(1, 2), xid()});  // Not looked at.
  feed.all({query("ALTER TABLE t ADD x INT"), query("XA COMMIT X'99',X'',1")});
  EXPECT_EQ(feed.offset, applied_until);
  for (const Transaction& transaction : feed.out) EXPECT_TRUE(transaction.changes.empty());
  feed.all({query("BEGIN"), table_map(1, "t"), insert(1, 3), xid()});
  feed.all({query("XA COMMIT X'7831',X'',1")});
  EXPECT_EQ(ids(feed.out), (std::vector<std::int64_t>{3, 1}));
}

TEST(Assembler, RefusesTheCommitOfWhatItDidNotRead) {
  EXPECT_EQ(Feed().error_of({query("XA COMMIT X'7831',X'',1")}), "source.xa_unknown");
  Feed loaded(std::size_t{16} << 20, "InnoDB", 0, 1000);
  loaded.all({query("XA COMMIT X'7831',X'',1")});
  EXPECT_EQ(loaded.out.size(), 1U);
  Feed others;
  others.all({query("XA START X'7831',X'',1"), table_map(2, "u"), insert(2, 1), xa_prepare(false),
              query("XA COMMIT X'7831',X'',1")});
  EXPECT_EQ(others.out.size(), 2U);
  EXPECT_TRUE(ids(others.out).empty());
}

TEST(Assembler, KeepsWhatIsNotTransactionalInARollback) {
  Feed feed(std::size_t{16} << 20, "InnoDB");
  const std::vector<std::string> mixed = {
      query("BEGIN"),         table_map(1, "t"), table_map(3, "m"), insert(1, 1),
      query("SAVEPOINT s"),   insert(1, 2),      insert(3, 3),      insert(1, 4),
      query("ROLLBACK TO s"), insert(1, 5)};
  feed.all(mixed);
  feed.all({xid()});
  EXPECT_EQ(ids(feed.out), (std::vector<std::int64_t>{1, 3, 5}));
  feed.out.clear();
  feed.all(mixed);
  feed.all({query("ROLLBACK")});
  EXPECT_EQ(ids(feed.out), (std::vector<std::int64_t>{3}));
}

// As a 5.6 that has restarted logs the first write to a MEMORY table.
TEST(Assembler, TakesRowsWithoutATransactionOfTablesThatKnowNone) {
  Feed feed;
  feed.all({query("DELETE FROM `s`.`m`")});
  const std::uint64_t emptied = feed.offset;
  feed.all({table_map(5, "m")});
  EXPECT_TRUE(feed.assembler().in_transaction());
  EXPECT_EQ(feed.resumable(), emptied);
  feed.all({insert(5, 7)});
  ASSERT_EQ(feed.out.size(), 2U);
  EXPECT_EQ(feed.out[1].start.offset, emptied);
  EXPECT_EQ(feed.out[1].end.offset, feed.offset);
  EXPECT_EQ(ids(feed.out), std::vector<std::int64_t>{7});
  EXPECT_EQ(feed.resumable(), feed.offset);
  // Of a table that nobody asked for.
  feed.all({query("DELETE FROM `s`.`other`"), table_map(6, "other"), insert(6, 1)});
  EXPECT_FALSE(feed.assembler().in_transaction());
  feed.all({query("BEGIN"), table_map(1, "t"), insert(1, 8), xid()});
  EXPECT_EQ(ids(feed.out), (std::vector<std::int64_t>{7, 8}));
  EXPECT_EQ(feed.error_of({table_map(1, "t"), insert(1, 9)}), "source.binlog_order");
  EXPECT_EQ(Feed().error_of({table_map(5, "m"), xid()}), "source.binlog_order");
  EXPECT_EQ(Feed().error_of({table_map(5, "m"), query("BEGIN")}), "source.binlog_order");
}

TEST(Assembler, StopsWhereItMust) {
  EXPECT_EQ(Feed().error_of({event(EventType::incident, std::string("\x01\x00\x04lost", 7))}),
            "source.incident");
  EXPECT_EQ(Feed().error_of({event(static_cast<EventType>(99), "")}), "source.unknown_event");
  EXPECT_EQ(Feed().error_of({event(static_cast<EventType>(99), "", 0x80)}), "");
  EXPECT_EQ(Feed().error_of({query("BEGIN"), table_map(1, "t", 8)}), "source.schema_changed");
  EXPECT_EQ(Feed().error_of({query("BEGIN"), insert(1, 1)}), "source.binlog_order");
  EXPECT_EQ(Feed().error_of({xid()}), "source.binlog_order");
  EXPECT_EQ(Feed().error_of({gtid(1), gtid(2)}), "source.binlog_order");
  EXPECT_EQ(
      Feed().error_of({query("BEGIN"), table_map(1, "t"),
                       event(EventType::partial_update_rows, std::string("\1\0\0\0\0\0", 6))}),
      "binlog.corrupt");
}

std::vector<std::string> large_transaction(std::uint32_t rows) {
  std::vector<std::string> events = {query("BEGIN"), table_map(1, "t")};
  for (std::uint32_t i = 0; i < rows; ++i) events.push_back(insert(1, i));
  events.push_back(xid());
  return events;
}

TEST(Assembler, HandsOverPartsOnce) {
  const std::vector<std::string> events = large_transaction(50);
  Feed feed(1000);
  feed.all({events.begin(), events.begin() + 30});
  const std::size_t parts = feed.out.size();
  EXPECT_GT(parts, 1U);
  EXPECT_EQ(feed.resumable(), 4U);
  feed.assembler().restart();
  feed.offset = feed.resumable();
  feed.all({events.begin(), events.begin() + 10});  // Lost again before anything new.
  EXPECT_EQ(feed.out.size(), parts);
  feed.assembler().restart();
  feed.offset = feed.resumable();
  feed.all(events);
  std::vector<std::int64_t> expected;
  for (int i = 0; i < 50; ++i) expected.push_back(i);
  EXPECT_EQ(ids(feed.out), expected);
  for (std::size_t i = 0; i < feed.out.size(); ++i) {
    EXPECT_EQ(feed.out[i].first, i == 0);
    EXPECT_EQ(feed.out[i].last, i + 1 == feed.out.size());
    EXPECT_EQ(feed.out[i].start.offset, 4U);
  }
  EXPECT_EQ(feed.out.back().end.offset, feed.offset);
  feed.all({query("BEGIN"), insert(1, 77), xid()});
  EXPECT_TRUE(feed.out.back().first);
}

TEST(Assembler, RefusesToGoOnInAnotherTransaction) {
  const std::vector<std::string> events = large_transaction(50);
  Feed feed(1000);
  feed.all({events.begin(), events.begin() + 30});
  feed.assembler().restart();
  feed.offset = 500;
  EXPECT_EQ(feed.error_of({query("BEGIN")}), "source.binlog_changed");
}

// Whatever the part size and wherever the connection is lost, the same changes come out once.
TEST(Assembler, SurvivesLossAnywhere) {
  EXPECT_TRUE(rc::check([] {
    std::vector<std::string> events = {table_map(1, "t")};
    const auto actions = *rc::gen::container<std::vector<int>>(
        *rc::gen::inRange<std::size_t>(1, 60), rc::gen::inRange(0, 8));
    bool saved = false;
    std::uint32_t next = 0;
    events.insert(events.begin(), query("BEGIN"));
    for (const int action : actions) {
      if (action == 0) {
        events.push_back(query("SAVEPOINT s"));
        saved = true;
      } else if (action == 1 && saved) {
        events.push_back(query("ROLLBACK TO s"));
      } else {
        events.push_back(insert(1, next++));
      }
    }
    events.push_back(xid());

    Feed whole;
    whole.all(events);
    Feed parts(*rc::gen::inRange<std::size_t>(300, 3000));
    const auto losses = *rc::gen::container<std::vector<std::size_t>>(
        3, rc::gen::inRange<std::size_t>(0, events.size()));
    for (const std::size_t loss : losses) {
      // A rollback behind parts that are gone already ends the stream, as it must.
      if (!parts.error_of({events.begin(), events.begin() + static_cast<std::ptrdiff_t>(loss)})
               .empty()) {
        return;
      }
      parts.assembler().restart();
      parts.offset = parts.resumable();
    }
    if (!parts.error_of(events).empty()) return;
    RC_ASSERT(ids(parts.out) == ids(whole.out));
    RC_ASSERT(parts.out.front().first);
    RC_ASSERT(parts.out.back().last);
  }));
}

TEST(Assembler, ForgetsATransactionThatTheFileEndsIn) {
  base::ByteWriter format;
  format.u16(4).bytes("9.7.4").zeros(45).u32(0).u8(19).u8(0).u32(0);
  Feed feed;
  feed.all({query("BEGIN"), table_map(1, "t"), insert(1, 1)});
  feed.all({event(EventType::format_description, format.str())});
  feed.all({query("BEGIN"), table_map(1, "t"), insert(1, 2), xid()});
  EXPECT_EQ(ids(feed.out), (std::vector<std::int64_t>{2}));
}

TEST(Statement, IsClassified) {
  EXPECT_EQ(classify_statement("BEGIN").kind, StatementKind::begin);
  EXPECT_EQ(classify_statement("/* app */ SAVEPOINT x").name, "x");
  EXPECT_EQ(classify_statement("-- c\nsavepoint `X y`;").name, "x y");
  EXPECT_EQ(classify_statement("ROLLBACK").kind, StatementKind::rollback);
  EXPECT_EQ(classify_statement("ROLLBACK TO savepoint").name, "savepoint");
  EXPECT_EQ(classify_statement("ROLLBACK TO SAVEPOINT `s`").name, "s");
  EXPECT_EQ(classify_statement("RELEASE SAVEPOINT s").kind, StatementKind::release_savepoint);
  EXPECT_EQ(classify_statement("XA START X'31',X'',1").kind, StatementKind::xa_start);
  EXPECT_EQ(classify_statement("/*!40000 BEGIN */").kind, StatementKind::other);
  EXPECT_EQ(classify_statement("").kind, StatementKind::other);
  EXPECT_EQ(classify_statement("CREATE TABLE t (a INT)").kind, StatementKind::other);
  EXPECT_EQ(classify_statement("create table t (a int) start transaction").kind,
            StatementKind::create_with_rows);
  EXPECT_EQ(classify_statement("/* never ends").kind, StatementKind::other);
  EXPECT_EQ(classify_statement("SAVEPOINT `never ends").name, "never ends");
}

}  // namespace
}  // namespace flyover::stream

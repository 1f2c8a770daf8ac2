#include "apply/net_changes.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "apply/change_stages.h"
#include "apply/net_script.h"
#include "apply/test_rows.h"

namespace flyover::apply {
namespace {

using Keeps = ChangeStages::Keeps;
using test::absent;
using test::column;
using test::foreign_key;
using test::index;
using test::n;
using test::null;
using test::s;
using test::transaction;

const mysql::TableName kSeats{"shop", "seats"};
const mysql::Version k97{.major_number = 9, .minor_number = 7};
const mysql::Version k56{.major_number = 5, .minor_number = 6};

schema::Table seats() {
  schema::Column seat = column("seat", "int", schema::ValueKind::integer);
  seat.nullable = true;
  return {.name = kSeats,
          .columns = {column("id", "int", schema::ValueKind::integer), seat,
                      column("guest", "int", schema::ValueKind::integer)},
          .indexes = {index("PRIMARY", schema::IndexKind::primary, {"id"}),
                      index("seat", schema::IndexKind::unique, {"seat"})}};
}

schema::Table simple(const std::string& name = "plain") {
  return {.name = {"shop", name},
          .columns = {column("id", "int", schema::ValueKind::integer),
                      column("guest", "int", schema::ValueKind::integer)},
          .indexes = {index("PRIMARY", schema::IndexKind::primary, {"id"})}};
}

/// The seats, with the server's unique keys.
class Model {
 public:
  using Row = std::pair<std::optional<int>, int>;  // seat, guest

  bool has(int id) const { return rows_.contains(id); }
  bool taken(std::optional<int> seat, int but = -1) const {
    return seat && std::any_of(rows_.begin(), rows_.end(), [&](const auto& row) {
             return row.first != but && row.second.first == seat;
           });
  }
  const std::map<int, Row>& rows() const { return rows_; }
  std::map<int, Row>& rows() { return rows_; }

  void remove(int id) { RC_ASSERT(rows_.erase(id) == 1U); }
  void insert(int id, const Row& row) {
    RC_ASSERT(!has(id));
    RC_ASSERT(!taken(row.first));
    rows_[id] = row;
  }
  void replace(int id, const Row& row) {
    RC_ASSERT(has(id));
    RC_ASSERT(!taken(row.first, id));
    RC_ASSERT(rows_[id] != row);
    rows_[id] = row;
  }

 private:
  std::map<int, Row> rows_;
};

test::Row image(int id, const Model::Row& row) {
  return {n(id), row.first ? n(*row.first) : null(), n(row.second)};
}
int id_of(const binlog::Value* row) {
  return static_cast<int>(row[0].signed_int);
}
Model::Row row_of(const binlog::Value* row) {
  const bool no_seat = row[1].type == binlog::ValueType::null;
  return {no_seat ? std::nullopt : std::optional(static_cast<int>(row[1].signed_int)),
          static_cast<int>(row[2].signed_int)};
}

/// One change that the source's server would let through.
std::optional<binlog::RowsChange> random_change(Model& source) {
  const int id = *rc::gen::inRange(0, 8);
  const int seat = *rc::gen::inRange(0, 7);
  const Model::Row after{seat == 6 ? std::nullopt : std::optional(seat), *rc::gen::inRange(0, 3)};
  if (!source.has(id)) {
    if (source.taken(after.first)) return std::nullopt;
    source.insert(id, after);
    return test::insert(kSeats, {image(id, after)});
  }
  const Model::Row before = source.rows().at(id);
  if (*rc::gen::inRange(0, 3) == 0) {
    source.remove(id);
    return test::remove(kSeats, {image(id, before)});
  }
  const int new_id = *rc::gen::inRange(0, 3) == 0 ? *rc::gen::inRange(0, 8) : id;
  if (source.taken(after.first, id) || (new_id != id && source.has(new_id))) return std::nullopt;
  if (new_id == id && before == after) return std::nullopt;
  source.remove(id);
  source.insert(new_id, after);
  return test::update(kSeats, {image(id, before)}, {image(new_id, after)});
}

std::vector<Statement> script(ChangeStages& changes, const mysql::Version& version = k97) {
  return net_script(changes.stages(), version);
}

// As the server does it: in one statement after the other.
void write(NetChanges& stage, Model& target) {
  for (NetTable& table : stage.tables()) {
    NetPhases phases = net_phases(table);
    // The server may come to the rows of one statement in any order that it likes.
    if (*rc::gen::inRange(0, 2) == 0) std::reverse(phases.updates.begin(), phases.updates.end());
    for (const NetRow* row : phases.deletes) target.remove(id_of(row->before));
    for (const NetRow* row : phases.unchanged) {
      RC_ASSERT(target.rows().at(id_of(row->after)) == row_of(row->after));
    }
    for (const NetRow* row : phases.updates) {
      RC_ASSERT(target.rows().at(id_of(row->before)) == row_of(row->before));
      target.replace(id_of(row->after), row_of(row->after));
    }
    for (const NetRow* row : phases.inserts) target.insert(id_of(row->after), row_of(row->after));
  }
}

RC_GTEST_PROP(ChangeStages, AreWhatAllChangesInTheirOrderComeTo, ()) {
  Model source;
  for (int id = 0; id < 8; ++id) {
    if (*rc::gen::inRange(0, 2) == 0)
      source.insert(id, {id < 6 ? std::optional(id) : std::nullopt, 0});
  }
  Model target = source;
  std::vector<binlog::Transaction> transactions;
  const int count = *rc::gen::inRange(0, 60);
  for (int i = 1; i <= count; ++i) {
    auto change = random_change(source);
    if (change)
      transactions.push_back(transaction(static_cast<std::uint64_t>(i), std::move(*change)));
  }
  const PlanSet plans({seats()}, {}, false);
  const Keeps keeps = *rc::gen::element(Keeps::collapsed, Keeps::all);
  ChangeStages changes(plans, keeps);
  for (const binlog::Transaction& each : transactions) {
    RC_ASSERT(nets(each, plans));
    RC_ASSERT(changes.add(each));
  }
  RC_ASSERT(changes.changes() == transactions.size());
  std::size_t written = 0;
  for (NetChanges& stage : changes.stages()) {
    written += stage.changes();
    write(stage, target);
  }
  RC_ASSERT(written == transactions.size());
  RC_ASSERT(target.rows() == source.rows());
}

TEST(ChangeStages, PutTogetherWhatDoesNotMeet) {
  const mysql::TableName plain{"shop", "plain"};
  const PlanSet plans({simple(), seats()}, {}, false);
  ChangeStages changes(plans, Keeps::all);
  const auto list = test::list(
      transaction(1, test::remove(plain, {{n(1), n(1)}}), test::insert(plain, {{n(1), n(2)}}),
                  test::update(plain, {{n(2), n(1)}}, {{n(2), n(2)}})),
      transaction(2, test::remove(plain, {{n(3), n(1)}}), test::insert(plain, {{n(3), n(2)}}),
                  test::update(plain, {{n(2), n(2)}}, {{n(2), n(1)}})),
      // A seat that another has given up; then one that nobody had.
      transaction(3, test::remove(kSeats, {{n(1), n(1), n(0)}}),
                  test::insert(kSeats, {{n(2), n(1), n(0)}}),
                  test::insert(kSeats, {{n(3), n(2), n(0)}, {n(4), null(), n(0)}})));
  for (const auto& each : list) ASSERT_TRUE(changes.add(each));
  ASSERT_EQ(changes.stages().size(), 2U);
  EXPECT_EQ(changes.stages()[0].changes(), 6U);
  EXPECT_EQ(changes.stages()[1].changes(), 4U);
  const std::vector<Statement> statements = script(changes);
  ASSERT_EQ(statements.size(), 7U);
  EXPECT_TRUE(statements[0].sql.ends_with("WHERE `id` IN (1,3)")) << statements[0].sql;
  EXPECT_TRUE(statements[1].sql.ends_with("VALUES (2,2)")) << statements[1].sql;
  EXPECT_TRUE(statements[4].sql.ends_with("VALUES (2,1)")) << statements[4].sql;
  EXPECT_TRUE(statements[5].sql.ends_with("VALUES (1,2),(3,2)")) << statements[5].sql;
}

TEST(ChangeStages, KeepAllInOrderWhereValuesCanNotBeToldApart) {
  schema::Table names = simple("names");
  names.columns[0] = column("id", "varchar", schema::ValueKind::text);
  names.columns[0].charset = "utf8";
  names.columns[0].collation = "utf8_general_ci";
  const mysql::TableName name{"shop", "names"};
  const PlanSet plans({names}, {}, false);
  ChangeStages changes(plans, Keeps::all);
  const auto list = test::list(transaction(1, test::insert(name, {{s("a"), n(1)}})),
                               transaction(2, test::insert(name, {{s("b"), n(1)}})),
                               transaction(3, test::remove(name, {{s("\u00e9"), n(1)}})),
                               transaction(4, test::insert(name, {{s("e"), n(1)}})),
                               transaction(5, test::remove(name, {{s("A"), n(1)}})));
  for (const auto& each : list) ASSERT_TRUE(changes.add(each));
  std::vector<std::size_t> sizes;
  for (const NetChanges& stage : changes.stages()) sizes.push_back(stage.changes());
  EXPECT_EQ(sizes, (std::vector<std::size_t>{2, 1, 2}));
}

TEST(NetChanges, AreFewStatementsThatCountTheirRows) {
  const PlanSet plans({simple()}, {}, false);
  ChangeStages changes(plans, Keeps::collapsed);
  const mysql::TableName plain{"shop", "plain"};
  const auto list = test::list(
      transaction(1, test::insert(plain, {{n(9), n(1)}, {n(5), n(1)}})),
      transaction(2, test::update(plain, {{n(2), n(1)}}, {{n(2), n(2)}})),
      transaction(3, test::update(plain, {{n(2), n(2)}}, {{n(2), n(3)}}),
                  test::remove(plain, {{n(5), n(1)}, {n(7), n(1)}}),
                  test::update(plain, {{n(8), n(4)}}, {{n(8), n(5)}})),
      transaction(4, test::update(plain, {{n(8), n(5)}}, {{n(8), n(4)}}),
                  test::remove(plain, {{n(1), n(1)}}), test::insert(plain, {{n(1), n(2)}}),
                  test::remove(plain, {{n(6), n(0)}})));
  for (const auto& each : list) ASSERT_TRUE(changes.add(each));
  EXPECT_EQ(changes.changes(), 11U);
  const std::vector<Statement> statements = script(changes);
  ASSERT_EQ(statements.size(), 4U);
  EXPECT_EQ(statements[0].sql,
            "DELETE /*+ INDEX(`plain` `PRIMARY`) */ FROM `shop`.`plain` WHERE `id` IN (6,7)");
  EXPECT_EQ(statements[0].rows, 2U);
  EXPECT_EQ(
      statements[1].sql,
      "UPDATE /*+ INDEX(`plain` `PRIMARY`) */ `shop`.`plain` SET `id`=`id` WHERE `id` IN (8)");
  EXPECT_EQ(statements[1].rows, 1U);
  EXPECT_EQ(statements[2].sql, "REPLACE INTO `shop`.`plain`(`id`,`guest`) VALUES (1,2),(2,3)");
  EXPECT_EQ(statements[2].rows, 4U);
  EXPECT_EQ(statements[3].sql, "INSERT INTO `shop`.`plain`(`id`,`guest`) VALUES (9,1)");
  EXPECT_EQ(statements[3].rows, 1U);
  for (const Statement& each : statements) EXPECT_EQ(each.check, RowCheck::exact);
}

TEST(NetChanges, RowsBeforeAreCountedWhereASecondUniqueKeyCouldHideOne) {
  const PlanSet plans({seats()}, {}, false);
  ChangeStages changes(plans, Keeps::collapsed);
  const auto list =
      test::list(transaction(1, test::update(kSeats, {{n(1), n(1), n(1)}, {n(2), n(2), n(1)}},
                                             {{n(1), n(1), n(9)}, {n(2), n(2), n(9)}})));
  ASSERT_TRUE(changes.add(list[0]));
  const std::vector<Statement> statements = script(changes);
  ASSERT_EQ(statements.size(), 2U);
  EXPECT_TRUE(statements[0].sql.starts_with("UPDATE ")) << statements[0].sql;
  EXPECT_EQ(statements[0].rows, 2U);
  EXPECT_TRUE(statements[1].sql.starts_with("REPLACE ")) << statements[1].sql;
  EXPECT_EQ(statements[1].rows, 4U);
}

TEST(NetChanges, ValuesThatAreSwappedAreDeletedAndInserted) {
  const PlanSet plans({seats()}, {}, false);
  ChangeStages changes(plans, Keeps::collapsed);
  const auto list =
      test::list(transaction(1, test::update(kSeats, {{n(1), n(1), n(0)}}, {{n(1), null(), n(0)}}),
                             test::update(kSeats, {{n(2), n(2), n(0)}}, {{n(2), n(1), n(0)}}),
                             test::update(kSeats, {{n(1), null(), n(0)}}, {{n(1), n(2), n(0)}})));
  ASSERT_TRUE(changes.add(list[0]));
  const std::vector<Statement> statements = script(changes);
  ASSERT_EQ(statements.size(), 2U);
  EXPECT_TRUE(statements[0].sql.starts_with("DELETE ")) << statements[0].sql;
  EXPECT_TRUE(statements[1].sql.starts_with("INSERT ")) << statements[1].sql;
}

TEST(NetChanges, RowsThatOthersReferToAreChangedInPlace) {
  schema::Table child = simple("child");
  child.foreign_keys = {foreign_key({"guest"}, {"shop", "plain"}, {"id"})};
  const PlanSet plans({simple(), child}, {}, false);
  const auto list =
      test::list(transaction(1, test::update({"shop", "plain"}, {{n(1), n(1)}}, {{n(1), n(2)}})));
  for (const mysql::Version& version : {k97, k56}) {
    ChangeStages changes(plans, Keeps::collapsed);
    ASSERT_TRUE(changes.add(list[0]));
    const std::vector<Statement> statements = script(changes, version);
    ASSERT_EQ(statements.size(), 3U);
    EXPECT_EQ(statements[0].sql, "SET foreign_key_checks=0");
    EXPECT_EQ(statements[1].sql,
              std::string("INSERT INTO `shop`.`plain`(`id`,`guest`) VALUES (1,2)") +
                  (version == k97 ? " AS `flyover_new` ON DUPLICATE KEY UPDATE "
                                    "`id`=`flyover_new`.`id`,`guest`=`flyover_new`.`guest`"
                                  : " ON DUPLICATE KEY UPDATE `id`=VALUES(`id`),"
                                    "`guest`=VALUES(`guest`)"));
    EXPECT_EQ(statements[1].rows, 2U);
    EXPECT_EQ(statements[2].sql, "SET foreign_key_checks=1");
  }
}

TEST(NetChanges, WhatDoesNotFollowIsRefused) {
  const PlanSet plans({simple()}, {}, false);
  const mysql::TableName plain{"shop", "plain"};
  const auto twice = test::list(transaction(1, test::insert(plain, {{n(1), n(1)}})),
                                transaction(2, test::insert(plain, {{n(1), n(2)}})));
  ChangeStages inserted(plans, Keeps::collapsed);
  EXPECT_TRUE(inserted.add(twice[0]));
  EXPECT_FALSE(inserted.add(twice[1]));
  const auto gone = test::list(transaction(1, test::remove(plain, {{n(1), n(1)}})),
                               transaction(2, test::update(plain, {{n(1), n(1)}}, {{n(1), n(2)}})));
  ChangeStages removed(plans, Keeps::collapsed);
  EXPECT_TRUE(removed.add(gone[0]));
  EXPECT_FALSE(removed.add(gone[1]));
}

TEST(NetChanges, SomeTransactionsKeepTheirOrder) {
  const mysql::TableName plain{"shop", "plain"};
  const mysql::TableName keyless_name{"shop", "keyless"};
  schema::Table child = simple("child");
  child.foreign_keys = {foreign_key({"guest"}, plain, {"id"}, "CASCADE", "CASCADE")};
  schema::Table keyless = simple("keyless");
  keyless.indexes.clear();
  const std::vector<schema::Table> tables{simple(), child, keyless};
  const PlanSet plans(tables, {}, false);
  EXPECT_TRUE(nets(transaction(1, test::insert(plain, {{n(1), n(1)}})), plans));
  EXPECT_TRUE(nets(transaction(1, test::update(plain, {{n(1), n(1)}}, {{n(1), n(2)}})), plans));
  EXPECT_TRUE(nets(transaction(1, test::remove({"shop", "child"}, {{n(1), n(1)}})), plans));
  const auto removed = transaction(1, test::remove(plain, {{n(1), n(1)}}));
  const auto moved = transaction(1, test::update(plain, {{n(1), n(1)}}, {{n(2), n(1)}}));
  EXPECT_FALSE(nets(removed, plans)) << "its children go with it, unlogged";
  EXPECT_FALSE(nets(moved, plans)) << "its children follow, unlogged";
  const PlanSet logged(tables, {}, true);
  EXPECT_TRUE(nets(removed, logged));
  EXPECT_TRUE(nets(moved, logged));
  EXPECT_FALSE(nets(transaction(1, test::remove({"shop", "child"}, {{n(1), n(1)}}),
                                test::remove(plain, {{n(1), n(1)}})),
                    logged))
      << "the log may have the child's row twice";
  EXPECT_FALSE(nets(transaction(1, test::insert(keyless_name, {{n(1), n(1)}})), plans));
  EXPECT_FALSE(
      nets(transaction(1, test::update(plain, {{n(1), n(1)}}, {{absent(), n(2)}})), plans));
  EXPECT_FALSE(nets(transaction(1, binlog::StatementChange{.sql = "BEGIN"}), plans));

  const PlanSet window(
      {simple()}, {{plain, {.skip_until = {"b.1", 10}, .idempotent_until = {"b.1", 20}}}}, false);
  EXPECT_FALSE(nets(transaction(15, test::insert(plain, {{n(1), n(1)}})), window));
  EXPECT_TRUE(nets(transaction(25, test::insert(plain, {{n(1), n(1)}})), window));
}

TEST(NetChanges, KeysAreComparedByTheirBytes) {
  schema::Table names = simple("names");
  names.columns[0] = column("id", "varchar", schema::ValueKind::text);
  const mysql::TableName name{"shop", "names"};
  const PlanSet plans({names}, {}, false);
  ChangeStages changes(plans, Keeps::collapsed);
  const auto list =
      test::list(transaction(1, test::update(name, {{s("a"), n(1)}}, {{s("A"), n(1)}})),
                 transaction(2, test::update(name, {{s("A"), n(1)}}, {{s("A"), n(2)}})));
  for (const auto& each : list) ASSERT_TRUE(changes.add(each));
  const NetPhases phases = net_phases(changes.stages().front().tables().front());
  ASSERT_EQ(phases.deletes.size(), 1U);
  EXPECT_EQ(phases.deletes[0]->before[0].bytes, "a");
  ASSERT_EQ(phases.inserts.size(), 1U);
  EXPECT_EQ(phases.inserts[0]->after[0].bytes, "A");
  EXPECT_EQ(phases.inserts[0]->after[1].signed_int, 2);
}

}  // namespace
}  // namespace flyover::apply

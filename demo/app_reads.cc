// What the application reads, and the list of everything it does.
#include <fmt/format.h>

#include <array>

#include "app_worker.h"

namespace shop {

const std::vector<Worker::Action>& Worker::actions() {
  static const std::vector<Action> all = {
      {"place order", 14, &Worker::place_order},
      {"cancel order", 6, &Worker::cancel_order},
      {"change mind", 3, &Worker::change_mind},
      {"new customer", 4, &Worker::new_customer},
      {"drop customer", 3, &Worker::drop_customer},
      {"edit document", 2, &Worker::edit_document},
      {"browse", 8, &Worker::browse},
      {"advance order", 6, &Worker::advance_order},
      {"redeem coupon", 4, &Worker::redeem_coupon},
      {"take reading", 5, &Worker::take_reading},
      {"small changes", 8, &Worker::small_changes},
      {"move stock", 3, &Worker::move_stock},
      {"write text", 3, &Worker::write_text},
      {"reward", 2, &Worker::reward},
      {"count one", 6, &Worker::count_one},
      {"single token", 6, &Worker::note_single_token},
      {"import rows", 1, &Worker::import_rows},
      {"zero dates", 3, &Worker::zero_dates},
      {"read rows", 14, &Worker::read_rows},
      {"read prepared", 14, &Worker::read_prepared},
      {"read views", 4, &Worker::read_views},
      {"read many", 1, &Worker::read_many},
      {"read document", 1, &Worker::read_document},
      {"look at session", 3, &Worker::look_at_session},
      {"change schema", 1, &Worker::change_schema_and_back},
  };
  return all;
}

void Worker::read_rows() {
  const std::array queries = {
      fmt::format("SELECT * FROM countries WHERE code = 'A{}'",
                  static_cast<char>('A' + random_.below(26))),
      fmt::format("SELECT c.name, p.name FROM categories c LEFT JOIN categories p "
                  "ON p.id = c.parent_id WHERE c.id = {}",
                  any(size_.categories)),
      fmt::format("SELECT * FROM products WHERE id = {}", any(size_.products)),
      fmt::format("SELECT * FROM customers WHERE id = {}", own(size_.customers)),
      fmt::format("SELECT COUNT(*) FROM addresses WHERE customer_id = {}", any(size_.customers)),
      fmt::format("SELECT * FROM orders WHERE id = {}", own(size_.orders)),
      fmt::format("SELECT COUNT(*), MAX(paid_at) FROM payments WHERE order_id = {}",
                  any(size_.orders)),
      fmt::format("SELECT COUNT(*) FROM audit_log WHERE subject = 'payment' AND subject_id = {}",
                  any(size_.orders)),
      fmt::format("SELECT COUNT(*) FROM price_history WHERE product_id = {}", any(size_.products)),
      std::string("SELECT * FROM stock_moves LIMIT 5"),
      fmt::format("SELECT COUNT(*), AVG(seconds) FROM page_views WHERE product_id = {}",
                  any(size_.products)),
      fmt::format("SELECT COUNT(*) FROM coupons WHERE code = 'GUTSCHEIN-{:06}'",
                  own(size_.coupons)),
      fmt::format("SELECT SUM(amount) FROM bins WHERE aisle = {}", random_.between(-19, 0)),
      fmt::format("SELECT text FROM translations WHERE locale = 'de_DE' AND message = "
                  "'Message.{}'",
                  any(size_.translations / 2)),
      fmt::format("SELECT token FROM ledger_named WHERE token > 'a' LIMIT {}", any(3)),
      fmt::format("SELECT COUNT(*) FROM web_sessions WHERE expires > '2015-12-{:02}'", any(28)),
      fmt::format("SELECT gross_price(price, 0.19) FROM products WHERE id = {}",
                  any(size_.products)),
      fmt::format("SELECT commits FROM ledger_accounts WHERE connection = {}", index_),
  };
  const auto rows = text(queries[random_.below(queries.size())]);
  if (autocommit_off_) text("COMMIT");
}

void Worker::read_prepared() {
  switch (random_.below(3)) {
    case 0: {
      const auto id = static_cast<std::int64_t>(own(size_.customers));
      const auto rows = prepared("customer", {Parameter::of(id)});
      expect(rows.size() == 1 && rows[0][0] == std::to_string(id), "a customer by its id");
      break;
    }
    case 1:
      prepared("items", {Parameter::of(static_cast<std::int64_t>(any(size_.orders)))});
      break;
    default:
      expect(prepared("reading", {Parameter::of(static_cast<std::int64_t>(own(size_.readings)))})
                     .size() == 1,
             "a reading by its id");
  }
  if (autocommit_off_) text("COMMIT");
}

void Worker::read_views() {
  switch (random_.below(3)) {
    case 0:
      text(fmt::format("SELECT * FROM order_lines WHERE order_id = {}", any(size_.orders)));
      break;
    case 1:
      text(fmt::format("SELECT * FROM large_lines WHERE order_id = {}", any(size_.orders)));
      break;
    default:
      text(
          "SELECT product_id, title FROM product_texts "
          "WHERE MATCH (title, body) AGAINST ('finish') LIMIT 5");
  }
  if (autocommit_off_) text("COMMIT");
}

void Worker::read_many() {
  const std::uint64_t first = any(size_.orders);
  text(fmt::format("SELECT * FROM order_items WHERE order_id BETWEEN {} AND {}", first,
                   first + 1000));
  if (autocommit_off_) text("COMMIT");
}

void Worker::read_document() {
  const auto rows =
      prepared("content", {Parameter::of(static_cast<std::int64_t>(own(size_.documents)))});
  expect(rows.size() == 1 && rows[0].at(2).size() == 20, "a document by its id");
  if (autocommit_off_) text("COMMIT");
}

void Worker::look_at_session() {
  const auto rows = text(
      "SELECT DATABASE(), @@group_concat_max_len, @@autocommit, @@character_set_client, "
      "@@time_zone, @@sql_mode, @clerk, @till, @@net_write_timeout");
  if (autocommit_off_) text("COMMIT");
  const Row& row = rows.at(0);
  expect(row[0] == "shop", "the schema is " + row[0]);
  expect(row[1] == std::to_string(2000 + index_), "group_concat_max_len is " + row[1]);
  expect(row[2] == (autocommit_off_ ? "0" : "1"), "autocommit is " + row[2]);
  expect(row[3] == (latin1_ ? "latin1" : "utf8mb4"), "character_set_client is " + row[3]);
  if (index_ % 8 == 3) {
    expect(row[4] == "+02:00", "time_zone is " + row[4]);
    expect(row[8] == "99", "net_write_timeout is " + row[8]);
  }
  if (relaxed_mode_) expect(row[5].empty(), "sql_mode is " + row[5]);
  if (user_variables_) {
    expect(row[6] == fmt::format("clerk {}", index_), "@clerk is " + row[6]);
    expect(row[7] == std::to_string(index_), "@till is " + row[7]);
  }
}

void Worker::change_schema_and_back() {
  text("USE information_schema");
  text(fmt::format("SELECT name FROM shop.categories WHERE id = {}", any(size_.categories)));
  text("USE shop");
  if (autocommit_off_) text("COMMIT");
}

}  // namespace shop

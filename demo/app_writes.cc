// What the application changes: every table of the shop, by transactions and single statements.
#include <fmt/format.h>

#include <algorithm>

#include "app_worker.h"
#include "shop_tables.h"

namespace shop {

namespace {
constexpr std::size_t kKeptOrders = 20;
constexpr std::size_t kKeptDocuments = 5;
constexpr std::size_t kKeptSessions = 30;
}  // namespace

void Worker::place_order() {
  std::uint64_t order = 0;
  transaction([&] {
    std::vector<std::uint64_t> products(1 + random_.below(3));
    for (auto& product : products) product = any(size_.products);
    std::sort(products.begin(), products.end());
    products.erase(std::unique(products.begin(), products.end()), products.end());
    for (const auto product : products) {
      prepared("stock", {Parameter::of(random_.between(1, 3)),
                         Parameter::of(static_cast<std::int64_t>(product))});
    }
    const std::uint64_t customer = own(size_.customers);
    text(
        fmt::format("INSERT INTO orders (customer_id, status, placed_at, note) "
                    "VALUES ({}, 'new', NOW(6), 'order by {}')",
                    customer, index_));
    order = last_insert_id_;
    const auto rows = text("SELECT LAST_INSERT_ID()");
    expect(rows.at(0).at(0) == std::to_string(order), "LAST_INSERT_ID() in a transaction");
    std::int64_t line = 0;
    for (const auto product : products) {
      prepared("item", {Parameter::of(static_cast<std::int64_t>(order)), Parameter::of(++line),
                        Parameter::of(static_cast<std::int64_t>(product)),
                        Parameter::of(random_.between(1, 5)),
                        Parameter::of(fmt::format("{}.25", random_.below(500)))});
    }
    text(
        fmt::format("UPDATE orders SET total = (SELECT SUM(quantity * price) FROM order_items "
                    "WHERE order_id = {0}), status = 'paid' WHERE id = {0}",
                    order));
    text(
        fmt::format("UPDATE customers SET points = points + 1, balance = balance + 0.01 "
                    "WHERE id = {}",
                    customer));
    prepared("payment", {Parameter::of(static_cast<std::int64_t>(order)), Parameter::of(token_),
                         Parameter::of_double(12.5), Parameter::of(std::string("card")),
                         Parameter::of(std::string("2015-06-07 08:09:10.123"))});
  });
  orders_.push_back(order);
}

void Worker::cancel_order() {
  if (orders_.size() < kKeptOrders) return place_order();
  const std::uint64_t order = orders_.front();
  orders_.pop_front();
  transaction([&] { text(fmt::format("DELETE FROM orders WHERE id = {}", order)); });
}

void Worker::change_mind() {
  transaction(
      [&] {
        const auto product = static_cast<std::int64_t>(any(size_.products));
        prepared("stock", {Parameter::of(1000), Parameter::of(product)});
        text(fmt::format("UPDATE orders SET status = 'returned' WHERE id = {}", own(size_.orders)));
        text(fmt::format("INSERT INTO audit_log (subject, subject_id) VALUES ('undone', {})",
                         index_));
      },
      false);
}

void Worker::new_customer() {
  std::uint64_t customer = 0;
  transaction([&] {
    text(
        fmt::format("INSERT INTO customers (email, name, remark, last_seen) VALUES "
                    "('new-{}@example.org', 'new customer', NULL, NOW())",
                    token_));
    customer = last_insert_id_;
    for (std::uint64_t i = 0; i <= random_.below(3); ++i) {
      text(fmt::format(
          "INSERT INTO addresses (customer_id, country_code, street, city, zip) "
          "VALUES ({}, 'A{}', 'new street {}', 'Town', '{}')",
          customer, static_cast<char>('A' + random_.below(26)), i, random_.below(99999)));
    }
  });
  customers_.push_back(customer);
}

void Worker::drop_customer() {
  if (customers_.size() < 5) return new_customer();
  const std::uint64_t customer = customers_.front();
  customers_.pop_front();
  transaction([&] { text(fmt::format("DELETE FROM customers WHERE id = {}", customer)); });
}

void Worker::edit_document() {
  const std::size_t size = random_.one_in(40) ? (1u << 20) - 1 : random_.below(20000);
  const std::string content = random_bytes(random_, size);
  const std::string digest = random_bytes(random_, 20);
  std::uint64_t document = 0;
  transaction([&] {
    prepared("document",
             {Parameter::of(fmt::format("document {}", token_)), Parameter::null(),
              Parameter::blob(content), Parameter::of(std::string("text of the document")),
              Parameter::of(std::string("summary")), Parameter::blob(digest)});
    document = last_insert_id_;
    const auto rows = text(
        fmt::format("SELECT LENGTH(content), HEX(digest) FROM documents WHERE id = {}", document));
    std::string hex = to_hex(digest);
    std::transform(hex.begin(), hex.end(), hex.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    expect(rows.size() == 1 && rows[0][0] == std::to_string(size) && rows[0][1] == hex,
           "the document just written");
    text(fmt::format("UPDATE documents SET summary = 'changed', attachment = 0x{} WHERE id = {}",
                     to_hex(random_bytes(random_, 100)), own(size_.documents)));
    if (documents_.size() >= kKeptDocuments) {
      text(fmt::format("DELETE FROM documents WHERE id = {}", documents_.front()));
    }
  });
  if (documents_.size() >= kKeptDocuments) documents_.pop_front();
  documents_.push_back(document);
}

void Worker::browse() {
  single([&] {
    if (web_sessions_.size() < kKeptSessions) {
      // Never the id of an earlier run with the same seed.
      Random ids(random_.next() ^ (run_ << 8));
      std::string id = random_bytes(ids, 16);
      prepared("new session", {Parameter::blob(id), Parameter::null(), Parameter::blob("begun")});
      web_sessions_.push_back(std::move(id));
      return;
    }
    const std::string id = web_sessions_[random_.below(web_sessions_.size())];
    prepared("hit", {Parameter::blob(random_bytes(random_, 30)), Parameter::blob(id)});
    prepared("view", {Parameter::of(fmt::format("201{}-05-06", random_.between(3, 7))),
                      Parameter::of(static_cast<std::int64_t>(any(size_.products))),
                      Parameter::of(std::string("browser")),
                      Parameter::of_double(static_cast<double>(random_.below(1000)) / 7)});
    if (random_.one_in(10)) {
      text("DELETE FROM web_sessions WHERE id = 0x" + to_hex(web_sessions_.front()));
      web_sessions_.pop_front();
    }
  });
}

void Worker::advance_order() {
  transaction([&] {
    const std::uint64_t order = own(size_.orders);
    const auto rows =
        text(fmt::format("SELECT status FROM orders WHERE id = {} FOR UPDATE", order));
    expect(rows.size() == 1, "an order is missing");
    text(fmt::format("UPDATE orders SET status = '{}', note = 'seen by {}' WHERE id = {}",
                     rows[0][0] == "sent" ? "returned" : "sent", index_, order));
  });
}

void Worker::redeem_coupon() {
  single([&] {
    if (random_.one_in(5)) {
      text(fmt::format("INSERT INTO coupons VALUES ('NEU-{}', 5, 0, '2017-01-01')",
                       ledger_.next_token()));
    } else {
      text(fmt::format("UPDATE coupons SET used = used + 1 WHERE code = 'gutschein-{:06}'",
                       own(size_.coupons)));
    }
  });
}

void Worker::take_reading() {
  single([&] {
    if (random_.one_in(2)) {
      text(
          fmt::format("INSERT INTO readings (t, b, d2, f, d, bit64, y, dt6, ts6, zero_day) VALUES "
                      "({}, {}, {}.5, {}, {}e-5, {}, 2015, NOW(6), NOW(6), '2015-01-01')",
                      random_.between(-128, 127), static_cast<std::int64_t>(random_.next()),
                      random_.next(), random_.below(1000000), random_.next(), random_.next()));
    } else {
      text(fmt::format(
          "UPDATE readings SET bu = {}, fp = {}.125, dt3 = NOW(3), at_time6 = "
          "'-12:13:14.000015', bit7 = {} WHERE id = {}",
          random_.next(), random_.below(9999), random_.below(128), own(size_.readings)));
    }
  });
}

void Worker::small_changes() {
  single([&] {
    const std::uint64_t bin = own(size_.bins);
    switch (random_.below(7)) {
      case 0:
        text(fmt::format("UPDATE countries SET visits = visits + 1 WHERE code = 'B{}'",
                         static_cast<char>('A' + random_.below(26))));
        break;
      case 1:
        text(fmt::format("UPDATE categories SET clicks = clicks + 1 WHERE id = {}",
                         any(size_.categories)));
        break;
      case 2:
        text(fmt::format("UPDATE bins SET amount = amount + 1 WHERE aisle = {} AND shelf = {}",
                         static_cast<std::int64_t>(bin / 50) - 20, bin % 50));
        break;
      case 3:
        text(fmt::format("UPDATE addresses SET zip = '{}' WHERE id = {}", random_.below(99999),
                         own(size_.addresses)));
        break;
      case 4:
        text(fmt::format("UPDATE audit_log SET detail = 'read' WHERE id = {}", own(size_.audit)));
        break;
      case 5:
        text(fmt::format("UPDATE price_history SET changed_at = NOW() WHERE id = {}",
                         own(size_.prices)));
        break;
      default:
        prepared("price", {Parameter::of(fmt::format("{}.95", random_.below(900))),
                           Parameter::of(std::string("new,gift")),
                           Parameter::of(static_cast<std::int64_t>(any(size_.products)))});
    }
  });
}

void Worker::move_stock() {
  single([&] {
    const std::uint64_t product = 1 + random_.below(50);
    // Rows without a key are found by a scan that locks what it passes: one connection does it.
    if (index_ == 7 && random_.one_in(3)) {
      text(fmt::format("UPDATE stock_moves SET delta = delta + 1 WHERE product_id = {} LIMIT 1",
                       product));
    } else if (index_ == 7 && random_.one_in(2)) {
      text(fmt::format("DELETE FROM stock_moves WHERE product_id = {} LIMIT 1", product));
    } else {
      text(fmt::format("INSERT INTO stock_moves VALUES ({}, 1, NULL, '2015-01-01')", product));
    }
  });
}

void Worker::write_text() {
  single([&] {
    const std::uint64_t product = own(size_.products / 2);
    if (random_.one_in(2)) {
      text(
          fmt::format("UPDATE product_texts SET body = 'changed by {} words table oak {}' "
                      "WHERE product_id = {} AND locale = 'en_GB'",
                      index_, random_.next(), product));
    } else {
      text(fmt::format("REPLACE INTO translations VALUES ('fr_FR', 'Message.{}', 'texte {}')",
                       own(size_.translations / 2), random_.next()));
    }
  });
}

void Worker::reward() {
  single([&] {
    const auto rows = text(fmt::format("CALL reward_customer({}, 1)", own(size_.customers)));
    expect(rows.size() == 1, "the procedure's result");
  });
}

void Worker::count_one() {
  const std::string name = fmt::format("connection-{}", index_);
  token_ = ledger_.next_token();
  token_mask_ = kLedgerStat;
  if (random_.one_in(2)) {
    prepared("count", {Parameter::of(name)});
  } else {
    text(
        fmt::format("INSERT INTO shop_stats VALUES ('{}', 1) "
                    "ON DUPLICATE KEY UPDATE value = value + 1",
                    name));
  }
  if (autocommit_off_) text("COMMIT");
  settle(kLedgerStat);
  ++counted_;
  // What was acknowledged must be seen, on whichever server the next statement runs.
  const auto rows = prepared("counted", {Parameter::of(name)});
  if (autocommit_off_) text("COMMIT");
  expect(rows.size() == 1 && rows[0][0] == std::to_string(counted_),
         fmt::format("counted {} but read {}", counted_, rows.empty() ? "nothing" : rows[0][0]));
}

void Worker::note_single_token() {
  const unsigned mask = 1u << random_.below(3);
  token_ = ledger_.next_token();
  token_mask_ = mask;
  write_tokens(mask);
  const std::uint64_t id = last_insert_id_;
  if (autocommit_off_) text("COMMIT");
  settle(mask);
  if (mask == kLedger && !autocommit_off_) {
    const auto rows = text("SELECT LAST_INSERT_ID()");
    expect(rows.at(0).at(0) == std::to_string(id), "LAST_INSERT_ID() after an autocommit");
  }
}

void Worker::import_rows() {
  // Reads without locks at READ COMMITTED only.
  if (!read_committed_) return note_single_token();
  single([&] {
    text(
        "INSERT INTO audit_log (subject, subject_id, detail) "
        "SELECT 'country', visits, code FROM countries WHERE code LIKE 'C%'");
  });
}

void Worker::zero_dates() {
  const std::uint64_t customer = own(size_.customers);
  if (!relaxed_mode_) {
    const std::string name = fmt::format("Größe 🙂 {}", random_.below(1000));
    transaction([&] {
      text(fmt::format("UPDATE customers SET name = '{}' WHERE id = {}", name, customer));
      const auto rows = text(fmt::format("SELECT name FROM customers WHERE id = {}", customer));
      expect(rows.size() == 1 && rows[0][0] == name, "a name in utf8mb4");
    });
    return;
  }
  transaction([&] {
    text(
        fmt::format("UPDATE customers SET last_seen = '0000-00-00', birthday = '1999-00-00', "
                    "remark = 'caf\xe9 {}' WHERE id = {}",
                    index_, customer));
    const auto rows =
        text(fmt::format("SELECT remark, HEX(remark) FROM customers WHERE id = {}", customer));
    expect(rows.size() == 1 && rows[0][0] == fmt::format("caf\xe9 {}", index_) &&
               rows[0][1].starts_with("636166E9"),
           "a remark in latin1");
  });
}

}  // namespace shop

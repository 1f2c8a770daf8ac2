// Documents go through a real server and come back with every type and every bit.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <random>
#include <set>

#include "integration/servers.h"
#include "mysql/identifier.h"
#include "mysql/json_document.h"
#include "schema/json_types.h"

namespace flyover::test {
namespace {

using mysql::JsonNode;
using mysql::JsonType;

constexpr unsigned kSeed = 20240229;

class RandomDocuments {
 public:
  JsonNode next() { return node(0); }

 private:
  std::uint64_t number(std::uint64_t end) { return random_() % end; }

  JsonNode node(unsigned depth) {
    if (depth < 4 && number(3) != 0) return container(depth);
    JsonNode out;
    out.type = static_cast<JsonType>(number(static_cast<std::uint64_t>(JsonType::array)));
    out.text = text_of(out);
    return out;
  }

  JsonNode container(unsigned depth) {
    JsonNode out;
    out.type = number(2) == 0 ? JsonType::array : JsonType::object;
    const std::uint64_t count = number(5);
    for (std::uint64_t i = 0; i < count; ++i) {
      if (out.type == JsonType::object) out.keys.push_back(fmt::format("{}{}", i, characters()));
      out.children.push_back(node(depth + 1));
    }
    return out;
  }

  std::string characters() {
    static const std::array<std::string, 12> kParts = {
        "a", "\"", "\\", "'", "é", "😀", "\n", std::string(1, '\0'), "%", "$.", "]", "2020-01-02"};
    std::string out;
    for (std::uint64_t i = number(4); i > 0; --i) out += kParts[number(kParts.size())];
    return out;
  }

  std::string bytes(std::size_t size) {
    std::string out;
    while (out.size() < size) out += static_cast<char>(number(256));
    return out;
  }

  std::string date() {
    return fmt::format("{:04}-{:02}-{:02}", number(10000), 1 + number(12), 1 + number(28));
  }
  std::string clock() {
    return fmt::format("{:02}:{:02}:{:02}.{:06}", number(24), number(60), number(60),
                       number(1'000'000));
  }

  std::string text_of(JsonNode& node) {
    switch (node.type) {
      case JsonType::boolean:
        return number(2) == 0 ? "true" : "false";
      case JsonType::integer:
        return std::to_string(static_cast<std::int64_t>(random_() >> number(64)) *
                              (number(2) == 0 ? 1 : -1));
      case JsonType::unsigned_integer:
        return std::to_string(random_() >> number(64));
      case JsonType::number:
        return double_text();
      case JsonType::decimal:
        return fmt::format("{}{}.{:0{}}", number(2) == 0 ? "" : "-", random_() >> number(60),
                           number(1000), 3 + number(20));
      case JsonType::string:
        return characters();
      case JsonType::date:
        return date();
      case JsonType::time:
        return (number(2) == 0 ? "-" : "") + std::to_string(1 + number(8)) + clock();
      case JsonType::datetime:
        return date() + " " + clock();
      case JsonType::timestamp:
        return fmt::format("{}-05-06 {}", 1971 + number(60), clock());
      case JsonType::opaque:
        return opaque(node);
      default:
        return "null";
    }
  }

  std::string double_text() {
    while (true) {
      const auto value = std::bit_cast<double>(random_());
      if (!std::isfinite(value)) continue;
      std::array<char, 32> text{};
      const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
      const std::string digits(text.data(), end);
      return digits.find_first_of(".e") == std::string::npos ? digits + ".0" : digits;
    }
  }

  std::string opaque(JsonNode& node) {
    static constexpr std::array<std::uint8_t, 6> kTypes = {15, 16, 250, 251, 252, 254};
    node.opaque_type = kTypes[number(kTypes.size())];
    return bytes(node.opaque_type == 16 ? 1 + number(8) : number(200));
  }

  std::mt19937_64 random_{kSeed};
};

/// Every value below the node, with its type; the order of members is the server's.
void leaves(const JsonNode& node, std::multiset<std::string>& out) {
  if (node.type == JsonType::array || node.type == JsonType::object) {
    out.insert(
        fmt::format("container {} of {}", static_cast<int>(node.type), node.children.size()));
    for (const JsonNode& child : node.children) leaves(child, out);
    for (const std::string& key : node.keys) out.insert("key " + key);
    return;
  }
  std::string text = node.text;
  const JsonType type = node.type;
  if (type == JsonType::number) {
    text = fmt::format("{:x}", std::bit_cast<std::uint64_t>(std::strtod(text.c_str(), nullptr)));
  }
  if (type == JsonType::null) text.clear();
  if (type == JsonType::decimal && text.starts_with("-") &&
      text.find_first_of("123456789") == std::string::npos) {
    text.erase(0, 1);
  }
  out.insert(fmt::format("{} {} {}", static_cast<int>(type), node.opaque_type, text));
}

std::multiset<std::string> leaves(const JsonNode& node) {
  std::multiset<std::string> out;
  leaves(node, out);
  return out;
}

class Json : public testing::Test {
 protected:
  Json() {
    db::Connection root = db::Connection::open(integration::root_endpoint(base::Side::target));
    root.execute("DROP DATABASE IF EXISTS json_test");
    root.execute("CREATE DATABASE json_test");
    root.execute("CREATE TABLE json_test.t (id INT PRIMARY KEY, j JSON)");
    target_.execute("USE json_test");
    target_.execute("SET sql_mode='NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES,STRICT_ALL_TABLES'");
  }

  /// Stores what the expression makes.
  void store(int id, const std::string& sql) {
    const auto result = target_.execute(fmt::format("INSERT INTO t VALUES ({},{})", id, sql));
    EXPECT_EQ(result.warnings, 0U) << sql;
  }

  /// The stored document, as the load reads it.
  JsonNode read(int id) {
    const db::Table row = target_.query(
        fmt::format("SELECT j,{} FROM t WHERE id={}", schema::json_types_sql("`j`"), id));
    const std::string text = row.rows.at(0)[0].value();
    const auto& types = row.rows[0][1];
    return schema::typed_json_document(text, types.value_or("[]")).value_or_throw();
  }

  std::string expression(const JsonNode& document) {
    std::string sql;
    const auto error = mysql::append_json_sql(document, sql);
    EXPECT_FALSE(error.has_value());
    return sql;
  }

  db::Connection target_ = db::Connection::open(integration::endpoint(base::Side::target));
};

TEST_F(Json, RandomDocumentsComeBack) {
  RandomDocuments documents;
  for (int i = 0; i < 400; ++i) {
    const JsonNode made = documents.next();
    store(2 * i, expression(made));
    const JsonNode found = read(2 * i);
    ASSERT_EQ(leaves(found), leaves(made)) << "document " << i << ": " << expression(made);
    store(2 * i + 1, expression(found));
    const JsonNode again = read(2 * i + 1);
    ASSERT_EQ(expression(again), expression(found)) << "document " << i;
    // What needs no expression is the same when it is written as text.
    if (mysql::exact_as_text(found)) {
      std::string text;
      mysql::append_json_text(found, text);
      target_.execute("UPDATE t SET j=_utf8mb4" + mysql::quote_bytes(text) +
                      fmt::format(" WHERE id={}", 2 * i + 1));
      ASSERT_EQ(expression(read(2 * i + 1)), expression(found)) << text;
    }
  }
}

TEST_F(Json, DoublesInTextKeepEveryBit) {
  std::mt19937_64 random(kSeed);
  std::string text = "[";
  std::vector<double> numbers;
  while (numbers.size() < 20'000) {
    const auto value = std::bit_cast<double>(random());
    if (!std::isfinite(value)) continue;
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    if (!numbers.empty()) text += ',';
    text.append(digits.data(), end);
    if (std::string_view(digits.data(), end).find_first_of(".e") == std::string_view::npos) {
      text += ".0";
    }
    numbers.push_back(value);
  }
  store(1, "_utf8mb4" + mysql::quote_bytes(text + "]"));
  const JsonNode found = read(1);
  ASSERT_EQ(found.children.size(), numbers.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    ASSERT_EQ(found.children[i].type, JsonType::number);
    ASSERT_EQ(std::bit_cast<std::uint64_t>(std::strtod(found.children[i].text.c_str(), nullptr)),
              std::bit_cast<std::uint64_t>(numbers[i]))
        << found.children[i].text;
  }
}

}  // namespace
}  // namespace flyover::test

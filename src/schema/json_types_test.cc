#include "schema/json_types.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flyover::schema {
namespace {

std::string sql_of(std::string_view text, std::string_view types) {
  auto document = typed_json_document(text, types);
  if (!document) return document.error().code;
  std::string sql;
  if (const auto error = mysql::append_json_sql(*document, sql)) return error->code;
  return sql;
}

TEST(JsonTypes, ComeBackToTheirValues) {
  // As 9.7 answered for this document.
  EXPECT_EQ(sql_of(R"([1.50, "2020-01-02", {"d": 2.50, "s": "2020-01-02"}, 5, 5])",
                   R"([[1, null, "DECIMAL", 2.50], [null, 1, "DECIMAL", 1.50],)"
                   R"( [null, 2, "DATE", "2020-01-02"], [null, 5, "UNSIGNED INTEGER", 5]])"),
            "JSON_ARRAY(CAST('1.50' AS DECIMAL(65,2)),CAST('2020-01-02' AS DATE),"
            "JSON_OBJECT(_utf8mb4'd',CAST('2.50' AS DECIMAL(65,2)),_utf8mb4's',"
            "_utf8mb4'2020-01-02'),CAST('5' AS SIGNED),CAST('5' AS UNSIGNED))");
}

TEST(JsonTypes, TheDocumentItselfHasOne) {
  EXPECT_EQ(
      sql_of("12345678901234567890123", R"([[null, null, "DECIMAL", 12345678901234567890123]])"),
      "JSON_EXTRACT(JSON_ARRAY(CAST('12345678901234567890123' AS DECIMAL(65,0))),"
      "_utf8mb4'$[0]')");
}

TEST(JsonTypes, BytesComeFromTheirText) {
  EXPECT_EQ(sql_of(R"(["base64:type15:AP8n", "base64:type15:AP8n"])",
                   R"([[null, 2, "BLOB", "base64:type15:AP8n"]])"),
            std::string("JSON_ARRAY(_utf8mb4'base64:type15:AP8n',_binary'\\0\xff\\'')"));
  // Lines of 76 characters.
  std::string shown;
  mysql::append_json_opaque(15, std::string(100, 'x'), shown);
  const std::string text = "[\"" + shown + "\"]";
  EXPECT_EQ(sql_of(text, "[[null, 1, \"BLOB\", \"" + shown + "\"]]"),
            "JSON_ARRAY(_binary'" + std::string(100, 'x') + "')");
}

TEST(JsonTypes, ThoseOfAnotherDocumentAreRefused) {
  for (const char* const types :
       {R"([[1, null, "DECIMAL", 1.5]])", R"([[null, 3, "DECIMAL", 1.5]])",
        R"([[null, 0, "DECIMAL", 1.5]])", R"([[null, 1, "DECIMAL", 1.50]])",
        R"([[null, 1, "DATE", 1.5]])", R"([[null, 2, "DECIMAL", "x"]])",
        R"([[null, 1, "TRIANGLE", 1.5]])", R"([[1]])"}) {
    EXPECT_EQ(sql_of(R"([1.5, "x"])", types), "json.types") << types;
  }
  EXPECT_EQ(sql_of("[1.5", "[]"), "json.text");
}

TEST(JsonTypes, NeedAServerWithJsonTable) {
  EXPECT_FALSE(can_read_json_types(mysql::Version::parse("5.7.44")));
  EXPECT_FALSE(can_read_json_types(mysql::Version::parse("10.11.6-MariaDB")));
  EXPECT_TRUE(can_read_json_types(mysql::Version::parse("9.7.4")));
}

}  // namespace
}  // namespace flyover::schema

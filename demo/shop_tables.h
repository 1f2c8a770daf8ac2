#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client.h"

namespace shop {

/// How one table of the shop is filled. `append` writes the values of row `number` (from 1) between
/// the parentheses of an INSERT; what it writes depends on the number and the random numbers only,
/// never on other rows, so that several connections may fill the shop and it is always the same.
struct TableFiller {
  const char* table;
  const char* columns;
  /// Rows at scale 1.
  std::uint64_t rows;
  /// Rows that do not shrink with the scale (small tables that others refer to).
  bool fixed;
  void (*append)(std::string& out, std::uint64_t number, Random& random, double scale);
};

/// Every table that starts with rows.
const std::vector<TableFiller>& table_fillers();

/// Rows of a table at a scale.
std::uint64_t rows_at(const TableFiller& filler, double scale);
/// The same, by the table's name.
std::uint64_t rows_of(const char* table, double scale);

/// Words with letters from latin1; `count` of them.
std::string latin_words(Random& random, unsigned count);
/// Words in UTF-8 with letters of up to four bytes.
std::string wide_words(Random& random, unsigned count);
/// `size` random bytes.
std::string random_bytes(Random& random, std::size_t size);
/// Bytes as lower-case hexadecimal digits.
std::string to_hex(const std::string& bytes);

/// The most connections whose rows are prepared (statistics and ledger accounts).
constexpr unsigned kMaxConnections = 256;

}  // namespace shop

#include "verify/result.h"

#include <algorithm>

namespace flyover::verify {

std::string_view to_string(ValidationState state) {
  switch (state) {
    case ValidationState::pending_validation:
      return "Pending validation";
    case ValidationState::pending_records:
      return "Pending records";
    case ValidationState::pending_revalidation:
      return "Pending revalidation";
    case ValidationState::validated:
      return "Validated";
    case ValidationState::mismatched_records:
      return "Mismatched records";
    case ValidationState::table_error:
      return "Table error";
  }
  return "";
}

std::string_view to_string(DifferenceKind kind) {
  switch (kind) {
    case DifferenceKind::missing:
      return "missing";
    case DifferenceKind::extra:
      return "extra";
    case DifferenceKind::different:
      return "different";
    case DifferenceKind::doubled:
      return "doubled";
  }
  return "";
}

bool Report::equal() const {
  return !stopped && !tables.empty() &&
         std::all_of(tables.begin(), tables.end(), [](const TableResult& table) {
           return table.state == ValidationState::validated;
         });
}

std::uint64_t Report::rows_compared() const {
  std::uint64_t rows = 0;
  for (const TableResult& table : tables) rows += table.rows_compared;
  return rows;
}

std::uint64_t Report::rows_different() const {
  std::uint64_t rows = 0;
  for (const TableResult& table : tables) rows += table.rows_different();
  return rows;
}

}  // namespace flyover::verify

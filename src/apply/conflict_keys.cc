#include "apply/conflict_keys.h"

#include <xxhash.h>

#include <algorithm>
#include <cstring>

namespace flyover::apply {
namespace {

using binlog::ChangeKind;
using binlog::RowsChange;
using binlog::Value;
using binlog::ValueType;

// A transaction with more keys than this is run alone: the table of holders stays small.
constexpr std::size_t kKeysMax = 50'000;

constexpr std::uint64_t kTokenSalt = 0x746f6b656e000000;

void append_number(std::string& text, std::uint64_t number) {
  char bytes[sizeof number];
  std::memcpy(bytes, &number, sizeof number);
  text.append(bytes, sizeof bytes);
}

std::string_view strip_trailing(std::string_view bytes, char padding) {
  while (!bytes.empty() && bytes.back() == padding) bytes.remove_suffix(1);
  return bytes;
}

std::string_view strip_fraction_zeros(std::string_view text) {
  if (text.find('.') == std::string_view::npos) return text;
  text = strip_trailing(text, '0');
  return strip_trailing(text, '.');
}

enum class Known {
  yes,
  null,     ///< some column is NULL: collides with nothing
  coarse,   ///< may equal any other value of the key
  missing,  ///< the row image lacks some column
};

/// Collects the keys of one transaction.
class Collector {
 public:
  Collector(ConflictKeys& out, bool with_foreign_keys)
      : out_(out), with_foreign_keys_(with_foreign_keys) {}

  void add_token(std::uint64_t token, bool exclusive) { out_.keys.push_back({token, exclusive}); }
  void add_change(const TablePlan& plan, const RowsChange& change);

 private:
  void add_row(const TablePlan& plan, const Value* before, const Value* after);
  void add_images(const KeyDefinition& key, const Value* before, const Value* after,
                  bool exclusive);
  void add_value(const KeyDefinition& key, const Value* row, bool exclusive);
  bool changes_key(const KeyDefinition& key, const Value* before, const Value* after);
  /// Makes scratch_ the comparable form of the row's key.
  Known form(const KeyDefinition& key, const Value* row);
  bool append_part(const KeyColumn& column, const Value& value);

  ConflictKeys& out_;
  const bool with_foreign_keys_;
  std::string scratch_;
  std::string other_;
};

void Collector::add_change(const TablePlan& plan, const RowsChange& change) {
  const bool cascades = plan.starts_cascade.has_value() && change.kind == ChangeKind::remove;
  if (with_foreign_keys_ && cascades) add_token(*plan.starts_cascade, true);
  if (with_foreign_keys_ && plan.changed_by_cascade) add_token(*plan.changed_by_cascade, false);
  for (std::size_t row = 0; row < change.row_count(); ++row) {
    const Value* before = change.kind == ChangeKind::insert ? nullptr : change.before(row);
    const Value* after = change.kind == ChangeKind::remove ? nullptr : change.after(row);
    add_row(plan, before, after);
    if (out_.keys.size() > kKeysMax) out_.serial = true;
    if (out_.serial) return;
  }
}

void Collector::add_row(const TablePlan& plan, const Value* before, const Value* after) {
  for (const KeyDefinition& key : plan.unique_keys) add_images(key, before, after, true);
  if (!with_foreign_keys_) return;
  for (const KeyDefinition& key : plan.parent_references) add_images(key, before, after, false);
  for (const KeyDefinition& key : plan.referenced_keys) {
    if (before != nullptr && after != nullptr) {
      if (!changes_key(key, before, after)) continue;
      if (plan.starts_cascade) add_token(*plan.starts_cascade, true);
    }
    add_images(key, before, after, true);
  }
}

void Collector::add_images(const KeyDefinition& key, const Value* before, const Value* after,
                           bool exclusive) {
  if (key.opaque && key.columns.empty()) return add_token(key.seed, exclusive);
  // An update whose images both lack the whole key, or only its after image, leaves it as it was.
  if (before != nullptr && after != nullptr) {
    const auto absent = [&](const Value* row) {
      return std::all_of(key.columns.begin(), key.columns.end(), [&](const KeyColumn& column) {
        return row[column.column].type == ValueType::absent;
      });
    };
    if (absent(after)) {
      if (!absent(before)) add_value(key, before, exclusive);
      return;
    }
  }
  if (before != nullptr) add_value(key, before, exclusive);
  if (after != nullptr) add_value(key, after, exclusive);
}

void Collector::add_value(const KeyDefinition& key, const Value* row, bool exclusive) {
  const Known known = form(key, row);
  if (known == Known::null) return;
  if (known == Known::missing) {
    out_.serial = true;
    return;
  }
  if (key.opaque) return add_token(key.seed, exclusive);
  const bool has_text =
      std::any_of(key.columns.begin(), key.columns.end(),
                  [](const KeyColumn& column) { return column.part == KeyPart::ascii_text; });
  if (known == Known::coarse) return add_token(key.seed ^ kTokenSalt, true);
  if (has_text) add_token(key.seed ^ kTokenSalt, false);
  add_token(XXH3_64bits_withSeed(scratch_.data(), scratch_.size(), key.seed), exclusive);
}

bool Collector::changes_key(const KeyDefinition& key, const Value* before, const Value* after) {
  for (const KeyColumn& column : key.columns) {
    const Value& a = before[column.column];
    const Value& b = after[column.column];
    if (b.type == ValueType::absent) continue;
    if (a.type != b.type) return true;
    if (a.type == ValueType::null) continue;
    if (a.unsigned_int != b.unsigned_int || a.bytes != b.bytes) return true;
  }
  return false;
}

Known Collector::form(const KeyDefinition& key, const Value* row) {
  scratch_.clear();
  bool coarse = false;
  bool missing = false;
  for (const KeyColumn& column : key.columns) {
    const Value& value = row[column.column];
    if (value.type == ValueType::null) return Known::null;
    if (value.type == ValueType::absent) missing = true;
    if (missing || key.opaque) continue;
    coarse = !append_part(column, value) || coarse;
  }
  if (missing) return Known::missing;
  return coarse ? Known::coarse : Known::yes;
}

bool Collector::append_part(const KeyColumn& column, const Value& value) {
  std::string_view bytes = value.bytes;
  switch (column.part) {
    case KeyPart::number:
      append_number(scratch_, value.unsigned_int);
      return true;
    case KeyPart::decimal:
      other_ = canonical_decimal(bytes);
      break;
    case KeyPart::temporal:
      other_ = strip_fraction_zeros(bytes);
      break;
    case KeyPart::bytes:
      if (column.prefix) bytes = bytes.substr(0, *column.prefix);
      other_ = strip_trailing(strip_trailing(bytes, '\0'), ' ');
      break;
    case KeyPart::ascii_text:
      if (!fold_ascii(bytes, other_)) return false;
      if (column.prefix && other_.size() > *column.prefix) {
        other_.resize(*column.prefix);
        other_.resize(strip_trailing(other_, ' ').size());
      }
      break;
    case KeyPart::opaque:
      return false;
  }
  append_number(scratch_, other_.size());
  scratch_ += other_;
  return true;
}

void sort_and_merge(std::vector<ConflictKey>& keys) {
  std::sort(keys.begin(), keys.end(), [](const ConflictKey& a, const ConflictKey& b) {
    return a.hash != b.hash ? a.hash < b.hash : a.exclusive > b.exclusive;
  });
  keys.erase(
      std::unique(keys.begin(), keys.end(),
                  [](const ConflictKey& a, const ConflictKey& b) { return a.hash == b.hash; }),
      keys.end());
}

}  // namespace

ConflictKeys conflict_keys(const binlog::Transaction& transaction, const PlanSet& plans) {
  ConflictKeys out;
  out.serial = !transaction.first || !transaction.last;
  out.continues = !transaction.first;
  Collector collector(out, !plans.source_logs_cascades());
  for (const binlog::Change& change : transaction.changes) {
    if (out.serial) break;
    const auto* rows = std::get_if<RowsChange>(&change);
    if (rows == nullptr) {
      out.serial = true;
      break;
    }
    const TablePlan* plan = plans.find(rows->table);
    if (plan == nullptr || !plan->cut.counts(transaction.end)) continue;
    if (transaction.end <= plan->cut.idempotent_until || !plan->fits(*rows)) {
      out.serial = true;
      break;
    }
    collector.add_change(*plan, *rows);
  }
  if (out.serial) out.keys.clear();
  sort_and_merge(out.keys);
  return out;
}

bool fold_ascii(std::string_view text, std::string& folded) {
  folded.clear();
  for (const char c : strip_trailing(text, ' ')) {
    if (c < 0x20 || c > 0x7e) return false;
    folded += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return true;
}

std::string canonical_decimal(std::string_view text) {
  bool negative = false;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  while (!text.empty() && text.front() == '0') text.remove_prefix(1);
  text = strip_fraction_zeros(text);
  std::string out(text.empty() || text.front() == '.' ? "0" : "");
  out += text;
  return negative && out != "0" ? "-" + out : out;
}

}  // namespace flyover::apply

#include "verify/row_compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "base/fault.h"
#include "schema/json_types.h"
#include "verify/value_text.h"

namespace flyover::verify {
namespace {

// An unordered_map's node with two hashes, two counts and its share of the buckets.
constexpr std::uint64_t kEntryBytes = 112;
/// Columns shown of a row without a key.
constexpr std::size_t kColumnsShown = 4;
/// Columns listed of a row that differs.
constexpr std::size_t kColumnsListed = 5;
/// Longer values are kept cut: enough to show where most differ.
constexpr std::size_t kKeptBytesMax = 2 << 20;

/// One identity (a key, or a whole row without one) on both sides.
struct Entry {
  std::uint64_t source_copies = 0;
  std::uint64_t target_copies = 0;
  Hash128 source_sum{};
  Hash128 target_sum{};
};

using Entries = std::unordered_map<Hash128, Entry, HashOfHash>;

/// A row kept for a sample.
using KeptRow = std::vector<std::optional<std::string>>;

struct Sample {
  RowDifference difference{};
  KeptRow source{};
  KeptRow target{};
};

using Samples = std::unordered_map<Hash128, Sample, HashOfHash>;

Digest digest_side(db::Connection& session, const std::string& query) {
  Digest digest;
  RowHasher hasher;
  auto rows = session.stream(query);
  while (const auto row = rows.next()) {
    const Hash128 hash = hasher.hash(*row);
    digest.add(hash, hasher.last_bytes());
  }
  return digest;
}

std::string select_list(const SessionPair& sessions, const TablePlan& plan) {
  // Both sides must tell the same of a document.
  const bool types = schema::can_read_json_types(sessions.source.version()) &&
                     schema::can_read_json_types(sessions.target.version());
  return plan.select.select_list(types ? schema::JsonTypes::read : schema::JsonTypes::leave);
}

/// Calls `visit(side, identity, row hash, row)` for all rows of the chunk, the source's first.
template <typename Visit>
void for_each_row(SessionPair& sessions, const TablePlan& plan, const schema::ChunkSql& sql,
                  const schema::ChunkRange& range, const Visit& visit) {
  RowHasher hasher;
  const std::string list = select_list(sessions, plan);
  for (db::Connection* session : {&sessions.source, &sessions.target}) {
    auto rows = session->stream(sql.select_rows(list, range, session->version()));
    while (const auto row = rows.next()) {
      const Hash128 hash = hasher.hash(*row);
      const Hash128 identity = plan.key.empty() ? hash : hasher.hash(*row, plan.key);
      visit(session == &sessions.source, identity, hash, *row);
    }
  }
}

/// Nothing when both sides are equal. The second: how many rows that is.
std::optional<std::pair<DifferenceKind, std::uint64_t>> classify(const Entry& entry) {
  if (entry.target_copies == 0) return std::pair(DifferenceKind::missing, entry.source_copies);
  if (entry.source_copies == 0) return std::pair(DifferenceKind::extra, entry.target_copies);
  if (entry.target_copies > entry.source_copies) {
    return std::pair(DifferenceKind::doubled, entry.target_copies - entry.source_copies);
  }
  if (entry.target_copies < entry.source_copies) {
    return std::pair(DifferenceKind::missing, entry.source_copies - entry.target_copies);
  }
  if (entry.source_sum == entry.target_sum) return std::nullopt;
  return std::pair(DifferenceKind::different, entry.source_copies);
}

void count(ChunkDifferences& found, DifferenceKind kind, std::uint64_t rows) {
  switch (kind) {
    case DifferenceKind::missing:
      found.missing += rows;
      break;
    case DifferenceKind::extra:
      found.extra += rows;
      break;
    case DifferenceKind::different:
      found.changed += rows;
      break;
    case DifferenceKind::doubled:
      found.doubled += rows;
      break;
  }
}

KeptRow keep(db::Row row) {
  KeptRow kept;
  for (const db::Field& field : row) {
    kept.push_back(field ? std::optional(std::string(field->substr(0, kKeptBytesMax)))
                         : std::nullopt);
  }
  return kept;
}

/// Behind the columns are the types of JSON documents.
std::string column_name(const TablePlan& plan, std::size_t position) {
  const std::size_t count = plan.select.columns.size();
  if (position >= count) {
    return column_name(plan, plan.select.json_columns.at(position - count)) + " (types)";
  }
  return plan.table.columns[plan.select.columns[position].column].name;
}

void describe(const TablePlan& plan, Sample& sample) {
  const KeptRow& any = sample.source.empty() ? sample.target : sample.source;
  std::vector<std::size_t> shown = plan.key;
  for (std::size_t i = 0; plan.key.empty() && i < std::min(any.size(), kColumnsShown); ++i) {
    shown.push_back(i);
  }
  for (const std::size_t position : shown) {
    if (!sample.difference.key.empty()) sample.difference.key += ", ";
    sample.difference.key +=
        fmt::format("{}={}", column_name(plan, position), value_text(any.at(position)));
  }
  if (sample.difference.kind != DifferenceKind::different) return;
  for (std::size_t i = 0; i < sample.source.size(); ++i) {
    const auto& source = sample.source[i];
    const auto& target = sample.target.at(i);
    if (source == target || sample.difference.columns.size() == kColumnsListed) continue;
    const std::size_t at = first_difference(source, target);
    sample.difference.columns.push_back(
        {column_name(plan, i), value_text(source, at), value_text(target, at)});
  }
}

}  // namespace

TablePlan make_plan(schema::Table table) {
  TablePlan plan{.table = std::move(table)};
  plan.select = schema::make_row_select(plan.table);
  for (const std::size_t column : plan.table.row_key_columns()) {
    const auto found = std::find_if(plan.select.columns.begin(), plan.select.columns.end(),
                                    [&](const auto& each) { return each.column == column; });
    FLYOVER_CHECK(found != plan.select.columns.end());
    plan.key.push_back(static_cast<std::size_t>(found - plan.select.columns.begin()));
  }
  return plan;
}

DigestPair digest_chunk(SessionPair& sessions, const TablePlan& plan, const schema::ChunkSql& sql,
                        const schema::ChunkRange& range) {
  FLYOVER_FAULT("verify.before_chunk");
  const std::string list = select_list(sessions, plan);
  // The future's destructor waits, so both sessions are idle when this returns or throws.
  auto target = std::async(std::launch::async, [&] {
    return digest_side(sessions.target, sql.select_rows(list, range, sessions.target.version()));
  });
  DigestPair pair;
  pair.source =
      digest_side(sessions.source, sql.select_rows(list, range, sessions.source.version()));
  pair.target = target.get();
  return pair;
}

ChunkDifferences compare_rows(SessionPair& sessions, const TablePlan& plan,
                              const schema::ChunkSql& sql, const schema::ChunkRange& range,
                              std::uint64_t rows, const RowCompareLimits& limits) {
  ChunkDifferences found;
  Samples samples;
  // Both sides may have rows of their own.
  const std::uint64_t passes =
      1 + 2 * rows * kEntryBytes / std::max<std::uint64_t>(1, limits.memory_bytes);
  for (std::uint64_t pass = 0; pass < passes; ++pass) {
    Entries entries;
    for_each_row(sessions, plan, sql, range,
                 [&](bool source, const Hash128& identity, const Hash128& hash, db::Row) {
                   if (identity.high % passes != pass) return;
                   Entry& entry = entries[identity];
                   ++(source ? entry.source_copies : entry.target_copies);
                   (source ? entry.source_sum : entry.target_sum) += hash;
                 });
    for (const auto& [identity, entry] : entries) {
      const auto kind = classify(entry);
      if (!kind) continue;
      count(found, kind->first, kind->second);
      if (samples.size() >= limits.samples) continue;
      samples[identity].difference = {.kind = kind->first,
                                      .source_copies = entry.source_copies,
                                      .target_copies = entry.target_copies};
    }
  }
  if (samples.empty()) return found;
  for_each_row(sessions, plan, sql, range,
               [&](bool source, const Hash128& identity, const Hash128&, db::Row row) {
                 const auto sample = samples.find(identity);
                 if (sample == samples.end()) return;
                 KeptRow& kept = source ? sample->second.source : sample->second.target;
                 if (kept.empty()) kept = keep(row);
               });
  for (auto& [identity, sample] : samples) {
    describe(plan, sample);
    found.samples.push_back(std::move(sample.difference));
  }
  return found;
}

}  // namespace flyover::verify

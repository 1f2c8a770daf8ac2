#pragma once
// Compares what stands in two servers, as models. Differences that only the versions make are left
// out; docs/schema-differences.md lists every one of them.

#include <string>
#include <vector>

#include "schema/model.h"

namespace flyover::schema {

/// One thing that is not the same. "" on one side: it is not there.
struct Difference {
  std::string object{};  ///< "table shop.orders", "trigger shop.t"
  std::string what{};    ///< "missing", "column price: type", ...
  std::string source{};
  std::string target{};

  /// "table shop.orders: column price: type: source 'int', target 'bigint'".
  std::string to_string() const;
};

/// "trigger shop.t".
std::string title(const Program& program);

struct DiffOptions {
  /// Triggers may be absent and events disabled on the target: both come with the cutover.
  bool before_cutover = false;
  /// A target's counter below the source's is a difference; a higher one never is.
  bool auto_increment = true;
  /// Whether the source has descending indexes: one before 8.0 reads DESC and builds ascending
  /// ones.
  bool descending_on_source = true;
};

/// Everything that differs, in the order of the source's catalog, then what only the target has.
std::vector<Difference> diff(const Catalog& source, const Catalog& target,
                             const DiffOptions& options = {});

/// The same for one table, which stands in both.
std::vector<Difference> diff_table(const Table& source, const Table& target,
                                   const DiffOptions& options = {});

/// Whether the target's words for a view's SELECT name all columns and tables that the source's do,
/// as often: servers have been seen to store another SELECT than they were given. There may be more
/// of them (`order by 1` is `order by a` there).
bool keeps_names(const View& source, const View& target);

/// The same as diff() for one view.
std::vector<Difference> diff_view(const View& source, const View& target);

}  // namespace flyover::schema

#include "schema/prepared_xa.h"

#include <fmt/format.h>

#include <iterator>
#include <string_view>

namespace flyover::schema {
namespace {

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    fmt::format_to(std::back_inserter(text), "{:02x}", static_cast<unsigned char>(c));
  }
  return text;
}

}  // namespace

std::set<std::string> prepared_xa(db::Connection& connection) {
  std::set<std::string> identifiers;
  const db::Table rows = connection.query("XA RECOVER");
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    const std::string data = rows.text(i, "data");
    const std::size_t global = rows.number(i, "gtrid_length");
    identifiers.insert(fmt::format("x'{}',x'{}',{}", hex(std::string_view(data).substr(0, global)),
                                   hex(std::string_view(data).substr(global)),
                                   rows.text(i, "formatID")));
  }
  return identifiers;
}

std::string describe_xa(const std::set<std::string>& identifiers) {
  static constexpr std::size_t kShown = 5;
  std::string text;
  std::size_t count = 0;
  for (const std::string& identifier : identifiers) {
    if (++count > kShown) break;
    text += (text.empty() ? "" : "; ") + identifier;
  }
  if (count > kShown) text += fmt::format(" and {} more", identifiers.size() - kShown);
  return text;
}

}  // namespace flyover::schema

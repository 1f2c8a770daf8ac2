// Sets of GTIDs against a set of numbers.

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/byte_writer.h"
#include "binlog/control_events.h"

namespace flyover::binlog {
namespace {

using base::ByteWriter;

// A set of GTIDs: by source and tag the numbers, one by one.
using Model = std::map<std::pair<std::string, std::string>, std::set<std::uint64_t>>;

std::string encode_set(const Model& model, bool tagged) {
  ByteWriter out;
  out.u64(tagged ? 1ULL << 56 | model.size() << 8 | 1 : model.size());
  for (const auto& [name, numbers] : model) {
    out.bytes(name.first);
    if (tagged) out.u8(static_cast<std::uint8_t>(name.second.size() << 1)).bytes(name.second);
    std::vector<std::pair<std::uint64_t, std::uint64_t>> intervals;
    for (const std::uint64_t number : numbers) {
      if (!intervals.empty() && intervals.back().second == number) {
        ++intervals.back().second;
      } else {
        intervals.emplace_back(number, number + 1);
      }
    }
    out.u64(intervals.size());
    for (const auto& [first, behind] : intervals) out.u64(first).u64(behind);
  }
  return out.take();
}

// Reads "uuid[:tag]:1-5:7,…" the slow way.
Model read_set(const std::string& text) {
  static constexpr std::size_t kUuidCharacters = 36;
  Model model;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    std::string entry = text.substr(at, end - at);
    at = end + 1;
    std::string uuid;
    for (std::size_t i = 0; i < kUuidCharacters; i += entry[i] == '-' ? 1 : 2) {
      if (entry[i] == '-') continue;
      uuid += static_cast<char>(std::stoul(entry.substr(i, 2), nullptr, 16));
    }
    entry.erase(0, kUuidCharacters + 1);
    std::string tag;
    if (!entry.empty() && (entry[0] < '0' || entry[0] > '9')) {
      tag = entry.substr(0, entry.find(':'));
      entry.erase(0, tag.size() + 1);
    }
    std::set<std::uint64_t>& numbers = model[{uuid, tag}];
    while (!entry.empty()) {
      std::size_t used = 0;
      const std::uint64_t first = std::stoull(entry, &used);
      entry.erase(0, used);
      std::uint64_t last = first;
      if (entry.starts_with('-')) {
        last = std::stoull(entry.substr(1), &used);
        entry.erase(0, used + 1);
      }
      for (std::uint64_t number = first; number <= last; ++number) numbers.insert(number);
      if (!entry.empty()) entry.erase(0, 1);
    }
  }
  return model;
}

TEST(GtidSet, AgreesWithASetOfNumbers) {
  EXPECT_TRUE(rc::check([](bool tagged) {
    Model model;
    const auto entries = *rc::gen::inRange(0, 4);
    for (int i = 0; i < entries; ++i) {
      const auto uuid = *rc::gen::container<std::string>(16, rc::gen::arbitrary<char>());
      const std::string tag =
          tagged ? *rc::gen::element<std::string>("", "blue", "a_1", std::string(32, 'z')) : "";
      auto numbers =
          *rc::gen::container<std::set<std::uint64_t>>(rc::gen::inRange<std::uint64_t>(1, 60));
      if (numbers.empty()) numbers.insert(1);
      model[{uuid, tag}] = std::move(numbers);
    }
    const std::string binary = encode_set(model, tagged);
    const auto text = parse_previous_gtids(binary);
    RC_ASSERT(text.ok());
    RC_ASSERT(read_set(*text) == model);
    if (!model.empty()) {
      RC_ASSERT(!parse_previous_gtids(std::string_view(binary).substr(0, binary.size() - 1)).ok());
    }
  }));
}

}  // namespace
}  // namespace flyover::binlog

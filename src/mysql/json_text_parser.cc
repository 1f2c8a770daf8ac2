#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "mysql/json_document.h"

namespace flyover::mysql {
namespace {

// The server allows 100 levels.
constexpr std::size_t kDepthMax = 128;

// Takes the events of the text's parser, which knows no recursion.
class TreeBuilder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit TreeBuilder(JsonNode& root) : root_(root) {}

  bool null() override { return add(JsonType::null, {}); }
  bool boolean(bool value) override { return add(JsonType::boolean, value ? "true" : "false"); }
  bool number_integer(std::int64_t value) override {
    return add(JsonType::integer, std::to_string(value));
  }
  bool number_unsigned(std::uint64_t value) override {
    const bool is_signed = value <= kSignedInTextMax;
    return add(is_signed ? JsonType::integer : JsonType::unsigned_integer, std::to_string(value));
  }
  bool number_float(double /*value*/, const std::string& text) override {
    return add(JsonType::number, text);
  }
  bool string(std::string& text) override { return add(JsonType::string, std::move(text)); }
  bool binary(nlohmann::json::binary_t& /*bytes*/) override { return false; }
  bool start_object(std::size_t /*size*/) override { return open(JsonType::object); }
  bool start_array(std::size_t /*size*/) override { return open(JsonType::array); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(std::string& text) override {
    open_.back()->keys.push_back(std::move(text));
    return true;
  }
  bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    return false;
  }

 private:
  JsonNode& place() { return open_.empty() ? root_ : open_.back()->children.emplace_back(); }

  bool add(JsonType type, std::string text) {
    JsonNode& node = place();
    node.type = type;
    node.text = std::move(text);
    return true;
  }

  bool open(JsonType type) {
    if (open_.size() == kDepthMax) return false;
    JsonNode& node = place();
    node.type = type;
    // Stays where it is: its parent gets no further child before this one is closed.
    open_.push_back(&node);
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  JsonNode& root_;
  std::vector<JsonNode*> open_{};
};

}  // namespace

base::Result<JsonNode> parse_json_text(std::string_view text) {
  JsonNode root;
  TreeBuilder builder(root);
  if (nlohmann::json::sax_parse(text, &builder)) return root;
  return base::Error{
      .code = "json.text",
      .action = base::Action::bug,
      .message = fmt::format("a JSON text of {} bytes can not be read", text.size())};
}

}  // namespace flyover::mysql

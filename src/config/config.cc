#include "config/config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <charconv>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>

#include "base/error.h"
#include "config/options.h"

namespace flyover::config {
namespace {

[[noreturn]] void fail(const std::filesystem::path& file, std::uint32_t line,
                       const std::string& message, const std::string& hint) {
  base::throw_error({.code = "config.invalid",
                     .side = base::Side::us,
                     .action = base::Action::fail,
                     .message = line == 0 ? fmt::format("{}: {}", file.string(), message)
                                          : fmt::format("{}:{}: {}", file.string(), line, message),
                     .hint = hint});
}

std::uint32_t line_of(const toml::node& node) {
  return node.source().begin.line;
}

std::string read_first_line(const std::filesystem::path& config_file, std::uint32_t line,
                            const std::string& name) {
  const std::filesystem::path path = config_file.parent_path() / name;
  std::ifstream in(path);
  std::string text;
  if (!in || !std::getline(in, text)) {
    fail(config_file, line, fmt::format("the password file {} can not be read", path.string()),
         "Create it with the password as its first line.");
  }
  return text;
}

/// A string, { env = "NAME" } or { file = "path" }.
base::Secret read_secret(const Config& config, const std::string& key, const toml::node& node) {
  if (const auto text = node.value_exact<std::string>()) return base::Secret(*text);
  const toml::table* const table = node.as_table();
  const std::uint32_t line = line_of(node);
  if (table != nullptr && table->size() == 1) {
    if (const auto name = (*table)["env"].value_exact<std::string>()) {
      const char* const value = std::getenv(name->c_str());  // NOLINT(concurrency-mt-unsafe)
      if (value == nullptr) {
        fail(config.file, line,
             fmt::format("{}: the environment variable {} is not set", key, *name),
             fmt::format("Run: export {}=… before flyover.", *name));
      }
      return base::Secret(value);
    }
    if (const auto name = (*table)["file"].value_exact<std::string>()) {
      return base::Secret(read_first_line(config.file, line, *name));
    }
  }
  fail(config.file, line, fmt::format("{} is not a password", key),
       "Write { env = \"NAME\" }, { file = \"path\" } or a text.");
}

std::vector<ProxyUser> read_users(const Config& config, const toml::node& node) {
  std::vector<ProxyUser> users;
  const toml::array* const array = node.as_array();
  if (array == nullptr) {
    fail(config.file, line_of(node), "proxy.users must be tables", "Write [[proxy.users]].");
  }
  for (const toml::node& entry : *array) {
    const toml::table* const table = entry.as_table();
    if (table == nullptr) {
      fail(config.file, line_of(entry), "proxy.users must be tables", "Write [[proxy.users]].");
    }
    for (const auto& [key, value] : *table) {
      if (key.str() != "name" && key.str() != "password") {
        fail(config.file, line_of(value), fmt::format("unknown key proxy.users.{}", key.str()),
             "Known keys: name, password.");
      }
    }
    const auto name = (*table)["name"].value_exact<std::string>();
    const toml::node* const password = table->get("password");
    if (!name || password == nullptr) {
      fail(config.file, line_of(entry), "proxy.users needs name and password", "");
    }
    users.push_back({*name, read_secret(config, "proxy.users.password", *password)});
  }
  return users;
}

[[noreturn]] void wrong_type(const Config& config, const Option& option, const toml::node& node,
                             const std::string& expected) {
  fail(config.file, line_of(node), fmt::format("{} must be {}", option.key, expected), option.doc);
}

void set_integer(Config& config, const Option& option, const toml::node& node) {
  const auto value = node.value_exact<std::int64_t>();
  const bool within = value && *value >= option.minimum && *value <= option.maximum;
  if (!within && !(option.or_zero && value == 0)) {
    wrong_type(config, option, node, "an integer from " + range_text(option));
  }
  std::get<std::function<std::int64_t&(Config&)>>(option.field)(config) = *value;
}

bool is_host_and_port(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == text.size()) return false;
  unsigned port = 0;
  const char* const end = text.data() + text.size();
  return std::from_chars(text.data() + colon + 1, end, port).ptr == end && port <= 65535;
}

void set_list(Config& config, const Option& option, const toml::node& node) {
  auto& list = std::get<std::function<std::vector<std::string>&(Config&)>>(option.field)(config);
  const toml::array* const array = node.as_array();
  if (array == nullptr) wrong_type(config, option, node, "a list of texts");
  for (const toml::node& entry : *array) {
    const auto text = entry.value_exact<std::string>();
    if (!text) wrong_type(config, option, entry, "a list of texts");
    if (option.key.ends_with(".replicas") && !is_host_and_port(*text)) {
      wrong_type(config, option, entry, "a list of host:port");
    }
    list.push_back(*text);
  }
}

void set_text(Config& config, const Option& option, const toml::node& node) {
  const auto text = node.value_exact<std::string>();
  if (!text) wrong_type(config, option, node, "a text in quotes");
  if (option.type == OptionType::choice) {
    const std::set<std::string> choices(option.choices.begin(), option.choices.end());
    if (!choices.contains(*text)) {
      wrong_type(config, option, node, fmt::format("one of {}", fmt::join(option.choices, ", ")));
    }
  }
  if (option.key == "proxy.listen" && !is_host_and_port(*text)) {
    wrong_type(config, option, node, "host:port, such as \"127.0.0.1:6033\"");
  }
  if (option.key == "state_dir") {
    config.state_dir = config.file.parent_path() / *text;
    return;
  }
  std::string& field = std::get<std::function<std::string&(Config&)>>(option.field)(config);
  field = *text;
  if (option.key.ends_with(".tls_ca") && !text->empty()) {
    field = (config.file.parent_path() / *text).string();
    if (!std::filesystem::exists(field)) wrong_type(config, option, node, "an existing file");
  }
}

void set(Config& config, const Option& option, const toml::node& node) {
  switch (option.type) {
    case OptionType::text:
    case OptionType::choice:
      set_text(config, option, node);
      break;
    case OptionType::integer:
      set_integer(config, option, node);
      break;
    case OptionType::text_list:
      set_list(config, option, node);
      break;
    case OptionType::secret:
      std::get<std::function<base::Secret&(Config&)>>(option.field)(config) =
          read_secret(config, option.key, node);
      break;
    case OptionType::users:
      std::get<std::function<std::vector<ProxyUser>&(Config&)>>(option.field)(config) =
          read_users(config, node);
      break;
  }
}

const Option* find_option(std::string_view key) {
  for (const Option& option : options()) {
    if (option.key == key) return &option;
  }
  return nullptr;
}

bool is_section(std::string_view name) {
  for (const Option& option : options()) {
    if (option.key.size() > name.size() && option.key.starts_with(name) &&
        option.key[name.size()] == '.') {
      return true;
    }
  }
  return false;
}

/// Every key of the file goes to its option; a key without one is an error, never ignored.
void read_table(Config& config, const toml::table& table, const std::string& prefix,
                std::set<std::string>& seen) {
  for (const auto& [key, node] : table) {
    const std::string full = prefix + std::string(key.str());
    if (const Option* const option = find_option(full); option != nullptr) {
      set(config, *option, node);
      seen.insert(full);
    } else if (prefix.empty() && is_section(full) && node.is_table()) {
      read_table(config, *node.as_table(), full + ".", seen);
    } else {
      fail(config.file, key.source().begin.line, fmt::format("unknown key {}", full),
           "`flyover help config` lists the keys.");
    }
  }
}

void set_defaults(Config& config) {
  for (const Option& option : options()) {
    if (option.default_value.empty()) continue;
    const toml::table table = toml::parse("value = " + option.default_value);
    set(config, option, *table.get("value"));
  }
}

void check(const Config& config) {
  if (config.name.empty() || config.name.size() > 64) {
    fail(config.file, 0, "name must have 1 to 64 bytes", "");
  }
  const auto same = [](const ServerConfig& a, const ServerConfig& b) {
    return a.host == b.host && a.port == b.port;
  };
  if (same(config.source, config.target)) {
    fail(config.file, 0, "source and target are the same server",
         "Give the new server's host and port in [target].");
  }
}

}  // namespace

Config load(const std::filesystem::path& file) {
  Config config;
  config.file = std::filesystem::absolute(file);
  std::ifstream in(config.file);
  if (!in || !std::filesystem::is_regular_file(config.file))
    fail(config.file, 0, "the configuration file can not be read", "Check the path.");
  std::stringstream text;
  text << in.rdbuf();
  toml::table table;
  try {
    table = toml::parse(text.str(), config.file.string());
  } catch (const toml::parse_error& e) {
    fail(config.file, e.source().begin.line, std::string(e.description()), "");
  }
  set_defaults(config);
  std::set<std::string> seen;
  read_table(config, table, "", seen);
  for (const Option& option : options()) {
    if (option.required && !seen.contains(option.key)) {
      fail(config.file, 0, fmt::format("{} is missing", option.key), option.doc);
    }
  }
  check(config);
  return config;
}

}  // namespace flyover::config

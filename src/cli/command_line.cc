#include "cli/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

#include "base/error.h"
#include "base/log.h"
#include "cli/commands.h"
#include "config/options.h"
#include "net/json_socket.h"

namespace flyover::cli {
namespace {

struct Command {
  std::string name;
  std::string doc;
  /// Letters of the options it takes: w watch, t table, r repair, d dry run, l limits.
  std::string flags;
  std::function<int(const config::Config&, const Invocation&, const Collaborators&)> action;
};

const std::vector<Command>& commands() {
  static const std::vector<Command> kCommands = {
      {"assess", "What stands in the way, why, and the exact fix; exit 1 on a blocker.", "",
       [](const auto& config, const auto& call, const auto&) { return assess(config, call); }},
      {"run", "Everything up to \"ready to cut over\", then keeps replicating; resumes by itself.",
       "",
       [](const auto& config, const auto& call, const auto&) {
         return run_migration(config, call);
       }},
      {"proxy", "The application's endpoint.", "",
       [](const auto& config, const auto& call, const auto& with) {
         return with.run_proxy(config, call.json);
       }},
      {"status", "Phase, reason, next action, lag, tables, validation.", "w",
       [](const auto& config, const auto& call, const auto&) { return status(config, call); }},
      {"verify", "Compares every row of every table, or of one; exit 1 on differences.", "tr",
       [](const auto& config, const auto& call, const auto&) { return verify(config, call); }},
      {"reload", "Copies one table again while everything else goes on.", "T",
       [](const auto& config, const auto& call, const auto&) { return reload(config, call); }},
      {"throttle", "Shows or changes how copying and comparing are held back, while it runs.", "l",
       [](const auto& config, const auto& call, const auto&) { return throttle(config, call); }},
      {"cutover", "Moves the endpoint to the target.", "d",
       [](const auto& config, const auto& call, const auto&) { return cutover(config, call); }},
      {"rollback", "Moves the endpoint back to the source, with every write made since.", "",
       [](const auto& config, const auto& call, const auto&) { return rollback(config, call); }},
      {"finish", "Ends the reverse replication and drops the control tables.", "",
       [](const auto& config, const auto& call, const auto&) { return finish(config, call); }},
  };
  return kCommands;
}

bool takes(const Command& command, char flag) {
  return command.flags.find(flag) != std::string::npos;
}

/// One option for each key of [throttle].
void add_limits(CLI::App& sub, Invocation& call) {
  constexpr std::string_view kSection = "throttle.";
  for (const config::Option& option : config::options()) {
    if (!option.key.starts_with(kSection)) continue;
    const std::string key = option.key.substr(kSection.size());
    std::string flag = "--" + key;
    std::replace(flag.begin(), flag.end(), '_', '-');
    sub.add_option_function<std::int64_t>(
           flag, [&call, key](const std::int64_t& value) { call.limits[key] = value; }, option.doc)
        ->check(CLI::Range(option.minimum, option.maximum));
  }
  sub.add_flag("--reset", call.reset, "Begin from what the configuration file says.");
}

void add_command(CLI::App& app, const Command& command, Invocation& call) {
  CLI::App* const sub = app.add_subcommand(command.name, command.doc);
  sub->add_option("config", call.config_file, "The upgrade's TOML file.")->required();
  sub->add_flag("--json", call.json, "Answer as JSON.");
  if (takes(command, 'w')) sub->add_flag("--watch", call.watch, "Show again every second.");
  if (takes(command, 't')) sub->add_option("--table", call.table, "Only this schema.table.");
  if (takes(command, 'T')) {
    sub->add_option("--table", call.table, "The schema.table to copy again.")->required();
  }
  if (takes(command, 'r')) {
    sub->add_flag("--repair", call.repair, "Copy tables with differences again and compare again.");
  }
  if (takes(command, 'l')) add_limits(*sub, call);
  if (takes(command, 'd')) {
    sub->add_flag("--dry-run", call.dry_run, "Show the steps and what would forbid them.");
  }
}

int report(const base::Error& error, bool json) {
  if (json) {
    std::cout << net::json_text(net::error_json(error), 2) << "\n";
  } else {
    std::cerr << "flyover: " << error.text() << "\n";
  }
  if (error.code == "config.invalid") return kWrongUsage;
  if (error.code.starts_with("refused.")) return kAnswerIsNo;
  return kFailed;
}

}  // namespace

int run(int argc, char** argv, const Collaborators& collaborators) {
  CLI::App app("flyover moves a live MySQL database to a new major version and back.");
  app.set_version_flag("--version", FLYOVER_VERSION);
  app.require_subcommand(1);
  Invocation call;
  for (const Command& command : commands()) add_command(app, command, call);
  CLI::App* const help = app.add_subcommand("help", "The keys of the configuration file.");
  std::string topic = "config";
  help->add_option("topic", topic, "config")->check(CLI::IsMember({"config"}));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    const bool json = std::any_of(argv, argv + argc, [](const char* argument) {
      return std::string_view(argument) == "--json";
    });
    if (json && e.get_exit_code() != 0) {
      report({.code = "usage", .message = e.what(), .hint = "flyover --help"}, true);
      return kWrongUsage;
    }
    return app.exit(e) == 0 ? kDone : kWrongUsage;
  }
  if (help->parsed()) {
    std::cout << config::reference();
    return kDone;
  }
  base::log::configure(true);  // to stderr: stdout carries the answer
  try {
    const config::Config config = config::load(call.config_file);
    for (const Command& command : commands()) {
      if (app.got_subcommand(command.name)) return command.action(config, call, collaborators);
    }
  } catch (...) {
    return report(base::to_error(std::current_exception()), call.json);
  }
  return kWrongUsage;
}

}  // namespace flyover::cli

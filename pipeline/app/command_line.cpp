// Unknown words, and options with choices.
#include "pipeline/app/command_line.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "pipeline/core/error.h"

namespace nadir::app {
namespace {

std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options({}))
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  for (const CLI::App* part : command.get_subcommands({}))
    if (part->get_name().empty())
      for (std::string& name : option_names(*part)) names.push_back(std::move(name));
  return names;
}

std::string advice(const std::string& word, const std::vector<std::string>& known, const std::string& command) {
  const std::string near = nearest_name(word, known);
  return near.empty() ? "; `" + command + " --help` lists all" : "; did you mean '" + near + "'?";
}

}  // namespace

std::string unknown_word(const CLI::App& app, int argc, const char* const* argv) {
  const CLI::App* command = &app;
  std::string name = "nadir";
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--") return "";
    if (command == &app && !word.starts_with("-")) {
      std::vector<std::string> commands;
      for (const CLI::App* c : app.get_subcommands({})) commands.push_back(c->get_name());
      if (std::find(commands.begin(), commands.end(), word) == commands.end())
        return "there is no command '" + word + "'" + advice(word, commands, name);
      command = app.get_subcommand(word);
      name += " " + word;
    } else if (word.starts_with("--")) {
      const std::string option_name = word.substr(0, word.find('='));
      const CLI::Option* option = command->get_option_no_throw(option_name);
      if (!option)
        return name + ": there is no option '" + option_name + "'" + advice(option_name, option_names(*command), name);
      if (option_name == word && option->get_items_expected_min() > 0) ++i;  // its value
    }
  }
  return "";
}

CLI::Option* add_choice(CLI::App& command, const std::string& name, const std::function<void(const std::string&)>& set,
                        const std::string& doc, const std::vector<std::string>& choices) {
  const auto complaint = [choices](const std::string& word) {
    const bool known = std::find(choices.begin(), choices.end(), word) != choices.end();
    return known ? std::string() : fmt::format("'{}' is not one of {}", word, fmt::join(choices, ", "));
  };
  return command.add_option_function<std::string>(name, set, doc)
      ->type_name(fmt::format("{}", fmt::join(choices, "|")))
      ->check(complaint);
}

}  // namespace nadir::app

// What CLI11 leaves to be said about a command line: which word was meant, and choices in plain text.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace nadir::app {

/// A complaint about the first word that is no command, or no option of the command, with the nearest one that is;
/// empty where there is none. To be asked before the parser, which would speak of what is missing first.
std::string unknown_word(const CLI::App& app, int argc, const char* const* argv);

/// An option that takes one of these words, which stand in its help.
CLI::Option* add_choice(CLI::App& command, const std::string& name, const std::function<void(const std::string&)>& set,
                        const std::string& doc, const std::vector<std::string>& choices);

}  // namespace nadir::app

#ifndef TRILITH_EXAMPLES_COMMAND_LINE_HPP
#define TRILITH_EXAMPLES_COMMAND_LINE_HPP

#include <CLI/CLI.hpp>

/// Fills what the options of `app` are bound to; false where the program should end with
/// `exit_code`: after --help, or with arguments that are wrong, which it says.
inline bool parse_arguments(CLI::App& app, int argc, char** argv, int& exit_code) {
  try {
    app.parse(argc, argv);
    return true;
  } catch (const CLI::ParseError& stop) {
    exit_code = app.exit(stop);
    return false;
  }
}

#endif

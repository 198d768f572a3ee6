// What is in a model file: GGUF, safetensors, a Hugging Face directory, a checkpoint, a tokenizer.

#include <trilith/io/inspect.hpp>

#include <algorithm>
#include <cstdio>

#include "command_line.hpp"
#include "complain.hpp"
#include "shipped_model.hpp"

namespace tl = trilith;

struct command_line {
  std::string file, tensors, metadata;
  bool is_filtered = false, shows_tensors = true, shows_metadata = true;
  bool shows_all_layers = false, writes_json = false;
};

/// Parses the command line; false where the program should end with `exit_code`.
bool parse(int argc, char** argv, command_line& line, int& exit_code) {
  CLI::App app{"Shows what is in a model file."};
  app.add_option("file", line.file,
                 "GGUF, safetensors, a directory, a checkpoint, .bin of llama2.c, a tokenizer "
                 "[default: the tale-teller that comes with the examples]");
  auto* tensors =
      app.add_option("--tensors", line.tensors, "show tensors only [whose names contain this]");
  auto* metadata =
      app.add_option("--metadata", line.metadata, "show metadata only [whose keys contain this]");
  tensors->expected(0, 1);
  metadata->expected(0, 1);
  app.add_flag("--all", line.shows_all_layers, "also write out layers that are alike");
  app.add_flag("--json", line.writes_json, "write JSON instead of text");
  if (!parse_arguments(app, argc, argv, exit_code)) return false;
  line.is_filtered = tensors->count() + metadata->count() > 0;
  line.shows_tensors = !line.is_filtered || tensors->count() > 0;
  line.shows_metadata = !line.is_filtered || metadata->count() > 0;
  return true;
}

/// Leaves what was asked for; the totals stay those of the whole file.
void filter(tl::io::inspection& found, const command_line& line) {
  if (line.is_filtered) found.file.clear();
  std::erase_if(found.tensors, [&](const tl::io::inspected_tensor& t) {
    return !line.shows_tensors || t.name.find(line.tensors) == t.name.npos;
  });
  std::erase_if(found.metadata, [&](const tl::io::inspected_pair& pair) {
    return !line.shows_metadata || pair.key.find(line.metadata) == pair.key.npos;
  });
}

int main(int argc, char** argv) {
  command_line line;
  int exit_code = 0;
  if (!parse(argc, argv, line, exit_code)) return exit_code;
  if (line.file.empty()) line.file = shipped_model;

  auto found = tl::io::inspect(line.file);
  if (!found) return complain(found.error());
  filter(*found, line);
  if (!line.writes_json) {
    std::printf("%s", found->text(!line.shows_all_layers).c_str());
    return 0;
  }
  const auto json = found->json();
  if (!json) return complain(json.error());
  std::printf("%s", json->c_str());
  return 0;
}

#ifndef TRILITH_EXAMPLES_CONVERT_OPTIONS_HPP
#define TRILITH_EXAMPLES_CONVERT_OPTIONS_HPP

#include <trilith/io/write_model.hpp>

#include <map>
#include <optional>
#include <string>

#include "command_line.hpp"

/// The command line of 06_convert.
struct convert_options {
  std::string input, output, format, matrices = "natural", embedding = "natural";
  trilith::io::write_options write;
  bool is_native = false, verifies = false;
};

/// The encoding of this name: "natural", "i2_s", ...
inline trilith::io::stored_as encoding_named(const std::string& name) {
  using trilith::io::encoding;
  static const std::map<std::string, encoding> all{
      {"f32", encoding::f32},     {"f16", encoding::f16},   {"bf16", encoding::bf16},
      {"q8_0", encoding::q8_0},   {"i2_s", encoding::i2_s}, {"tq1_0", encoding::tq1_0},
      {"tq2_0", encoding::tq2_0}, {"q1_0", encoding::q1_0}, {"q2_0", encoding::q2_0},
      {"hf_u8", encoding::hf_u8}};
  const auto found = all.find(name);
  return found == all.end() ? trilith::io::stored_as{} : found->second;
}

/// By the output's name, where nothing is said.
inline std::string format_of(const std::string& path) {
  const auto ends_with = [&path](const char* end) { return std::string_view(path).ends_with(end); };
  return ends_with(".gguf") ? "gguf" : ends_with(".safetensors") ? "native" : "hugging-face";
}

/// Parses the command line; without a value the program should end with `exit_code`.
inline std::optional<convert_options> parse_convert(int argc, char** argv, int& exit_code) {
  convert_options line;
  CLI::App app{
      "Writes a 1-bit language model in another format. Codes are kept; a note says where scales "
      "are rounded."};
  app.add_option("input", line.input,
                 "a model: GGUF; a Hugging Face directory or its .safetensors; a checkpoint of "
                 "Trilith")
      ->required();
  app.add_option("output", line.output,
                 "a file or, for hugging-face, a directory that does not exist yet")
      ->required();
  app.add_option("--format", line.format,
                 "gguf, hugging-face or native [default: by the output's name: .gguf, .safetensors "
                 "(native), a directory]")
      ->check(CLI::IsMember({"gguf", "hugging-face", "native"}));
  app.add_option("--matrices", line.matrices,
                 "how the blocks' matrices are stored; not for native [default: what suits them]")
      ->check(CLI::IsMember(
          {"natural", "i2_s", "tq1_0", "tq2_0", "q1_0", "q2_0", "hf_u8", "f32", "f16", "bf16"}));
  app.add_option("--embedding", line.embedding,
                 "how embedding and head are stored; not for native [default: as they are]")
      ->check(CLI::IsMember({"natural", "f32", "f16", "bf16", "q8_0"}));
  app.add_option("--name", line.write.name, "the model's name, for the file's metadata");
  app.add_option("--licence", line.write.licence, "its licence, such as MIT");
  app.add_flag("--verify", line.verifies,
               "load what was written and compare every code and scale with the model");
  if (!parse_arguments(app, argc, argv, exit_code)) return std::nullopt;
  if (line.format.empty()) line.format = format_of(line.output);
  line.is_native = line.format == "native";
  line.write.format = line.format == "gguf" ? trilith::io::model_format::gguf
                                            : trilith::io::model_format::hugging_face;
  line.write.matrices = encoding_named(line.matrices);
  line.write.embedding = encoding_named(line.embedding);
  return line;
}

#endif

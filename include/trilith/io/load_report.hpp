#ifndef TRILITH_IO_LOAD_REPORT_HPP
#define TRILITH_IO_LOAD_REPORT_HPP

#include <trilith/config.hpp>

#include <string>
#include <vector>

namespace trilith::io {

/// What load() took a file for, and what it had to put right. For people to read: text().
struct load_report {
  std::string file = {};
  std::string format = {};                ///< "GGUF v3", "safetensors in 2 shards"
  std::string architecture = {};          ///< as the file calls it
  std::string blueprint = {};             ///< as this library calls it
  std::string weights = {};               ///< "ternary in i2_s, one scale a tensor"
  std::string activations = {};           ///< "int8 per token"
  std::string gate = {};                  ///< "relu_squared"
  std::string embedding = {};             ///< "f16, used in place"
  std::string tokenizer = {};             ///< "llama3, 128256 tokens"; "none"
  std::string chat = {};                  ///< "bitnet", "llama3"; "none"
  std::vector<std::string> repairs = {};  ///< what the file lacks or has wrong
  std::vector<std::string> notes = {};    ///< what else is worth knowing

  [[nodiscard]] std::string text() const {
    std::string out;
    const auto line = [&out](std::string_view label, const std::string& value) {
      if (value.empty()) return;
      out += label;
      out += value;
      out += '\n';
    };
    line("file          ", file);
    line("format        ", format);
    line("architecture  ", architecture);
    line("blueprint     ", blueprint);
    line("weights       ", weights);
    line("activations   ", activations);
    line("gate          ", gate);
    line("embedding     ", embedding);
    line("tokenizer     ", tokenizer);
    line("chat          ", chat);
    for (const std::string& repair : repairs) line("repaired      ", repair);
    for (const std::string& note : notes) line("note          ", note);
    return out;
  }
};

}  // namespace trilith::io

#endif

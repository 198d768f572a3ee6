#ifndef TRILITH_IO_WRITE_MODEL_HPP
#define TRILITH_IO_WRITE_MODEL_HPP

#include <trilith/io/source.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Models in the formats of other programs.
namespace trilith::io {

enum class model_format : std::uint8_t {
  gguf,          ///< one file, for llama.cpp, bitnet.cpp and what builds on them
  hugging_face,  ///< a directory: model.safetensors, config.json, the tokenizer's files
};

/// How write_model() stores numbers: an encoding, or the one that suits the source and the format.
class stored_as {
 public:
  constexpr stored_as() noexcept = default;
  constexpr stored_as(encoding how) noexcept : how_(how), is_natural_(false) {}

  [[nodiscard]] constexpr bool is_natural() const noexcept { return is_natural_; }
  [[nodiscard]] constexpr encoding how() const noexcept { return how_; }

 private:
  encoding how_ = encoding::f32;
  bool is_natural_ = true;
};

struct write_options {
  model_format format = model_format::gguf;
  /// Of the blocks' matrices: i2_s, tq1_0, tq2_0, q1_0, q2_0 (GGUF), hf_u8 (Hugging Face), f32,
  /// f16, bf16. The natural one in GGUF, for each matrix: ternary codes as tq2_0 where the columns
  /// are a multiple of 256, else as i2_s where one of 128, else as f16; ternary codes by groups of
  /// 64 as q2_0, binary ones as q1_0; floats as they are. In Hugging Face: ternary codes as hf_u8,
  /// the others as f16 where that is exact, else f32; floats as they are.
  stored_as matrices = {};
  /// Of the embedding and the head: f32, f16, bf16; in GGUF also q8_0. The natural one: what the
  /// source has, q1_0 or q2_0 for such codes in GGUF, f16 for other blocks.
  stored_as embedding = {};
  std::string name = {};           ///< of the model: general.name
  std::string licence = {};        ///< an SPDX expression: general.license
  std::string chat_template = {};  ///< Jinja; empty: by source.report.chat, and 2B4T's own
  progress report = {};
};

/// What write_model() wrote.
struct write_report {
  std::string path = {};
  std::string format = {};        ///< "GGUF v3"
  std::string architecture = {};  ///< as the file calls it: "bitnet-b1.58"
  std::string matrices = {};      ///< "tq2_0 (14)", with how many of each
  std::string embedding = {};     ///< "f16, also the head"
  std::string tokenizer = {};     ///< "128256 tokens"; "none"
  std::uint64_t bytes = 0;        ///< of all files
  std::uint64_t weights = 0;      ///< numbers in the model's tensors
  /// What of the source the file does not say, or says less exactly, a sentence each.
  std::vector<std::string> notes = {};

  /// For people to read.
  [[nodiscard]] std::string text() const {
    std::string out;
    const auto line = [&out](std::string_view label, std::string_view value) {
      out.append(label).append(value).append("\n");
    };
    line("written       ", path);
    line("format        ", format);
    line("architecture  ", architecture);
    line("matrices      ", matrices);
    line("embedding     ", embedding);
    line("tokenizer     ", tokenizer);
    for (const std::string& note : notes) line("note          ", note);
    return out;
  }
};

/// How far two models are apart, weight by weight.
struct model_difference {
  std::uint64_t codes = 0;  ///< compared, of matrices that hold codes in both
  std::uint64_t different_codes = 0;
  double scale_change = 0;  ///< largest |a - b| / |a| of a scale
  double float_change = 0;  ///< the same of weights that are floats in either
  std::string worst = {};   ///< the tensor that differs first, or empty

  /// Whether every code, scale and float is the same.
  [[nodiscard]] bool is_none() const noexcept { return worst.empty(); }
};

}  // namespace trilith::io

namespace trilith::TRILITH_IMPLEMENTED {
result<io::write_report> write_model(const io::model_source& source, std::string_view path,
                                     const io::write_options& options);
result<io::model_difference> compare_models(const io::model_source& a, const io::model_source& b,
                                            const io::progress& report);
}  // namespace trilith::TRILITH_IMPLEMENTED

namespace trilith::io {

/// Writes a model as other programs read it: `source` is any_model::source(), source_of(model) or
/// what open_model() gives. source_of() has no tokenizer: set source.tokenizer to write one, and
/// source.report.chat for its chat template.
///
///     auto m = tl::io::load("bitnet-b1.58-2B-4T").value();
///     auto source = m.model.source();
///     source.tokenizer = m.tokenizer;
///     source.report.chat = m.report.chat;
///     auto written = tl::io::write_model(source, "2b4t.gguf", {.matrices =
///     tl::io::encoding::i2_s});
///
/// Codes stay as they are. Scales do where the layout keeps them as float32 (i2_s, hf_u8, f32);
/// tq1_0, tq2_0, q1_0, q2_0 and f16 keep them as binary16, and a note says how far they moved. Rows
/// of queries and keys are put in the format's order (GGUF's llama: interleaved pairs).
///
/// A file comes under a temporary name and is renamed; so is a directory, whose name must be free
/// or an empty directory's. After an error, and where options.report cancels, nothing is left.
/// Memory: parts of 16 MiB. Cost: one pass over the source; two where scales are to be found equal.
/// Errors: unsupported for models that no architecture of the format describes, mismatch for
/// matrices that do not fit the layout that was asked for, each with what would; invalid_argument
/// for encodings that the format does not have; invalid_value for scales and floats that cannot
/// be, also once rounded; what write_gguf() and write_safetensors() report.
[[nodiscard]] inline result<write_report> write_model(const model_source& source,
                                                      std::string_view path,
                                                      const write_options& options = {}) {
  return TRILITH_IMPLEMENTED::write_model(source, path, options);
}

/// Compares two models, such as the one that was written and the file read again. What is codes in
/// both is compared code by code and scale by scale, other weights as floats; rows of queries and
/// keys by their meaning; a head that is missing is the embedding.
///
/// Errors: mismatch for models of other shapes; invalid_value for codes that cannot be; cancelled.
[[nodiscard]] inline result<model_difference> compare(const model_source& a, const model_source& b,
                                                      const progress& report = {}) {
  return TRILITH_IMPLEMENTED::compare_models(a, b, report);
}

}  // namespace trilith::io

#endif

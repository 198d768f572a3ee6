#ifndef TRILITH_IO_INSPECT_HPP
#define TRILITH_IO_INSPECT_HPP

#include <trilith/core/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What is in a model file, told without a model type and without reading a tensor.
namespace trilith::io {

/// A tensor as its file describes it.
struct inspected_tensor {
  std::string name;                  ///< as the file calls it
  std::string type;                  ///< of its elements: "I2_S", "BF16", "type 77"
  std::vector<std::uint64_t> shape;  ///< [Out, In], whatever order the file writes
  std::uint64_t weights = 0;         ///< numbers that it stands for; 0 where the shape gives 2^60
  std::uint64_t bytes = 0;           ///< in the file, with its scales
  std::string remark = {};           ///< why the type is not known, and the like

  [[nodiscard]] double bits_per_weight() const noexcept {
    return weights == 0 ? 0.0 : 8.0 * static_cast<double>(bytes) / static_cast<double>(weights);
  }
};

/// Sums over tensors.
struct inspected_total {
  std::uint64_t tensors = 0, weights = 0, bytes = 0;

  [[nodiscard]] double bits_per_weight() const noexcept {
    return weights == 0 ? 0.0 : 8.0 * static_cast<double>(bytes) / static_cast<double>(weights);
  }
};

/// One line of metadata; arrays of more than a few values are cut and say how long they are.
struct inspected_pair {
  std::string key, value;
};

struct inspection;

}  // namespace trilith::io

namespace trilith::TRILITH_IMPLEMENTED {
result<io::inspection> inspect_file(std::string_view path);
std::string inspection_text(const io::inspection& of, bool fold_layers);
result<std::string> inspection_json(const io::inspection& of);
}  // namespace trilith::TRILITH_IMPLEMENTED

namespace trilith::io {

struct inspection {
  std::string file, format;       ///< "GGUF v3", "safetensors in 2 shards"
  std::string architecture = {};  ///< as the file calls it; empty where it does not say
  std::vector<inspected_pair> metadata = {};
  std::vector<inspected_tensor> tensors = {};  ///< in the file's order, or sorted by name
  inspected_total all = {};                    ///< of all tensors
  inspected_total layer_matrices = {};         ///< of two dimensions and more, in numbered layers
  std::vector<std::string> notes = {};         ///< what is odd, a sentence each

  /// For people, as describe() writes a tree. Layers that are alike are written once unless
  /// fold_layers is false. What a file says is printable here, whatever bytes it has.
  [[nodiscard]] std::string text(bool fold_layers = true) const {
    return TRILITH_IMPLEMENTED::inspection_text(*this, fold_layers);
  }
  /// The same as one JSON object. Error: unsupported in a build without nlohmann-json.
  [[nodiscard]] result<std::string> json() const {
    return TRILITH_IMPLEMENTED::inspection_json(*this);
  }
};

/// Looks into any file that this library reads, also where it could not load the model: GGUF,
/// safetensors, a directory of them with config.json, an index of shards, config.json, a native
/// checkpoint, the .bin of llama2.c and bitllama2.c, and tokenizers. The content decides, not the
/// name. Unknown types of GGUF are shown, with a remark.
///
///     const auto found = tl::io::inspect("ggml-model-i2_s.gguf");
///     if (!found) return found.error();
///     std::cout << found->text();
///
/// Cost: one pass over the headers; tensors are not touched. A tokenizer is read whole.
/// Errors: those of open_gguf() when lenient, open_tensors() and load_tokenizer(); unsupported for
/// files that begin like none of these.
[[nodiscard]] inline result<inspection> inspect(std::string_view path) {
  return TRILITH_IMPLEMENTED::inspect_file(path);
}

}  // namespace trilith::io

#endif

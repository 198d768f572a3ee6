#ifndef TRILITH_IO_SOURCE_HPP
#define TRILITH_IO_SOURCE_HPP

#include <trilith/core/shape.hpp>
#include <trilith/core/shared_owner.hpp>
#include <trilith/io/checkpoint/tensors.hpp>
#include <trilith/io/load_report.hpp>
#include <trilith/text/tokenizer.hpp>

#include <span>
#include <string>
#include <vector>

/// A model in somebody's file, whatever the format: its tensors under the names that blueprints
/// use, and the facts that choose a blueprint. What reads the formats makes it; load() uses it up.
namespace trilith::io {

/// How the numbers of a tensor lie in a file (docs/layouts.md).
enum class encoding : std::uint8_t {
  f32,
  f16,
  bf16,
  q8_0,
  q6_k,
  i2_s,
  tq1_0,
  tq2_0,
  q1_0,
  q2_0,
  hf_u8,
  packed,  ///< a packing of this library's own, with scales in memory of their own
};

/// Which rows of a query or key matrix make the pairs that rotary positions turn.
enum class row_order : std::uint8_t {
  as_needed,    ///< not a query or key
  half_split,   ///< rows i and i + head_dim / 2
  interleaved,  ///< rows 2i and 2i + 1
};

/// Memory that a tensor lies in, and how far it can be read.
struct source_memory {
  std::span<const unsigned char> bytes;
  const unsigned char* readable_end = nullptr;
  shared_owner owner = {};
};

/// What encoding::packed means: codes as checkpoint_tensors.hpp describes them, and their scales.
struct packed_codes {
  checkpoint::coded_form form = {};
  std::span<const float> scales = {};
};

/// A tensor of a file; a vector has one row.
struct source_tensor {
  std::string name;    ///< of the parameter: "blocks.0.attention.query"
  std::string origin;  ///< for messages: "m.gguf: tensor blk.0.attn_q.weight"
  encoding how = encoding::f32;
  std::size_t rows = 0, cols = 0;
  source_memory memory = {};
  float scale = 0.0f;   ///< value of code 1, where another tensor holds it
  float factor = 1.0f;  ///< that multiplies what the encoding says, where another tensor holds it
  row_order order = row_order::as_needed;  ///< of its rows
  std::size_t head_dim = 0;                ///< rows of a head, where there is an order
  packed_codes packed = {};
  bool is_latent = false;  ///< floats that the trained model quantises as it runs
};

/// What kind of numbers the blocks' matrices hold.
enum class weight_family : std::uint8_t { plain, ternary, binary };

/// What a file says of its blueprint.
struct source_facts {
  shape sizes = {};
  trilith::settings settings = {};
  std::string_view gate = "silu";  ///< name of the gate's function
  bool has_sub_norms = false;
  bool has_head_norms = false;
  bool has_separate_head = false;
  weight_family weights = weight_family::plain;
  std::size_t group = 0;  ///< weights that share a scale; 0: a whole matrix
  encoding embedding = encoding::f32;
  encoding linear = encoding::f32;
};

struct model_source {
  std::string name;  ///< of the file, for messages
  source_facts facts = {};
  std::vector<source_tensor> tensors = {};  ///< sorted by name
  text::tokenizer tokenizer = {};           ///< empty where none was found
  load_report report = {};

  /// The tensor of this parameter, or null.
  [[nodiscard]] const source_tensor* find(std::string_view wanted) const noexcept {
    std::size_t first = 0, last = tensors.size();
    while (first < last) {
      const std::size_t middle = first + (last - first) / 2;
      if (tensors[middle].name < wanted)
        first = middle + 1;
      else
        last = middle;
    }
    return first < tensors.size() && tensors[first].name == wanted ? &tensors[first] : nullptr;
  }
};

}  // namespace trilith::io

namespace trilith::TRILITH_IMPLEMENTED {
result<io::model_source> open_model(std::string_view path);
}  // namespace trilith::TRILITH_IMPLEMENTED

namespace trilith::io {

/// Reads what a model file says of itself: GGUF; a Hugging Face directory, its config.json, its
/// .safetensors or their index. Content decides, not the name. Tensors are mapped, not read.
///
/// Errors: file_not_found, io_failure, truncated, malformed; unsupported for architectures, types
/// and layouts that nothing here reads. Each names file, tensor or key, expected and found.
[[nodiscard]] inline result<model_source> open_model(std::string_view path) {
  return TRILITH_IMPLEMENTED::open_model(path);
}

}  // namespace trilith::io

#endif

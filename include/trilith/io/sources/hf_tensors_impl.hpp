#ifndef TRILITH_IO_SOURCES_HF_TENSORS_IMPL_HPP
#define TRILITH_IO_SOURCES_HF_TENSORS_IMPL_HPP

#include <trilith/io/hf_directory.hpp>
#include <trilith/io/hf_names.hpp>
#include <trilith/io/sources/facts_impl.hpp>

/// The tensors of a Hugging Face checkpoint as those of a model_source.
namespace trilith::io::sources {

/// The tensors of one checkpoint under their own names.
class hf_reader {
 public:
  hf_reader(const hf_model& model, model_source& out, shared_owner owner)
      : config_(model.config), files_(model.tensors), out_(out), owner_(std::move(owner)) {}

  [[nodiscard]] status read_all() {
    for (const tensor_place& place : files_.tensors())
      if (status ok = read(place); !ok) return ok;
    sort_by_name(out_);
    return set_tensor_facts(out_);
  }

 private:
  static constexpr std::string_view scale_suffix = "_scale";

  [[nodiscard]] std::string origin(const tensor_place& place) const {
    return join(place.file->name(), ": tensor ", place.tensor->name);
  }
  [[nodiscard]] bool is_packed_projection(const tensor_place& place) const {
    return place.tensor->type == dtype::u8;
  }

  [[nodiscard]] status read(const tensor_place& place) {
    const std::string& name = place.tensor->name;
    if (name.ends_with(".weight_scale")) return expect_owner_of_scale(place);
    if (name.ends_with(".rotary_emb.inv_freq")) return done{};  // computed here
    source_tensor t;
    t.name = canonical_of_hf(config_.family, name);
    t.origin = origin(place);
    if (t.name.empty())
      return error{errc::unsupported,
                   join(t.origin, ": expected a tensor of ", config_.architecture,
                        ", found one that it does not have.")};
    if (t.name == "head" && config_.tie_word_embeddings) return done{};  // a copy of the embedding
    t.memory = memory_of(place);
    set_order(t);
    if (status ok = is_packed_projection(place) ? set_packed(t, place) : set_plain(t, place); !ok)
      return ok;
    out_.tensors.push_back(std::move(t));
    return done{};
  }

  [[nodiscard]] source_memory memory_of(const tensor_place& place) const {
    const auto file = place.file->bytes();
    return {place.bytes(), readable_end(file.data() + file.size()), owner_};
  }

  [[nodiscard]] status expect_owner_of_scale(const tensor_place& place) const {
    const std::string& name = place.tensor->name;
    const tensor_place weight = files_.find(name.substr(0, name.size() - scale_suffix.size()));
    if (weight && is_packed_projection(weight)) return done{};
    return error{errc::malformed,
                 join(origin(place), ": expected a tensor of packed codes that it scales, found ",
                      weight ? name_of(weight.tensor->type) : std::string_view("none"), ".")};
  }

  /// Rows of queries and keys make pairs i, i + head_dim / 2.
  void set_order(source_tensor& t) const {
    if (!t.name.ends_with(".attention.query") && !t.name.ends_with(".attention.key")) return;
    t.order = row_order::half_split;
    t.head_dim = config_.sizes.head_dim;
  }

  [[nodiscard]] status set_plain(source_tensor& t, const tensor_place& place) const {
    switch (place.tensor->type) {
      case dtype::f32:
        t.how = encoding::f32;
        break;
      case dtype::f16:
        t.how = encoding::f16;
        break;
      case dtype::bf16:
        t.how = encoding::bf16;
        break;
      default:
        return error{errc::unsupported, join(t.origin, ": expected F32, F16, BF16 or U8, found ",
                                             name_of(place.tensor->type), ".")};
    }
    t.is_latent = is_projection(t.name) && quantises();
    return set_shape(t, place);
  }
  [[nodiscard]] static bool is_projection(std::string_view name) noexcept {
    return name.starts_with("blocks.") && !name.ends_with("norm");
  }
  /// Whether float projections of this checkpoint are quantised as the model runs.
  [[nodiscard]] bool quantises() const noexcept {
    return config_.quantization.method == "bitnet" || config_.weight_bits == 1 ||
           config_.family == hf_family::bitnet_2b4t || config_.family == hf_family::bitnet_1bitllm;
  }

  [[nodiscard]] status set_shape(source_tensor& t, const tensor_place& place) const {
    const auto& shape = place.tensor->shape;
    if (shape.empty() || shape.size() > 2)
      return error{errc::malformed,
                   join(t.origin, ": expected one or two dimensions, found ", shape.size(), ".")};
    t.rows = shape.size() == 2 ? shape[0] : 1;
    t.cols = shape.back();
    return done{};
  }

  /// Codes of four rows a byte, whose number of rows the config says.
  [[nodiscard]] status set_packed(source_tensor& t, const tensor_place& place) const {
    t.how = encoding::hf_u8;
    if (status ok = set_shape(t, place); !ok) return ok;
    const std::size_t expected = rows_of(t.name);
    if (t.rows != (expected + 3) / 4)
      return error{errc::mismatch,
                   join(t.origin, ": expected ", (expected + 3) / 4, " rows of bytes, four of its ",
                        expected, " rows in each, found ", t.rows, ".")};
    t.rows = expected;
    return set_scale(t, place);
  }
  [[nodiscard]] std::size_t rows_of(std::string_view name) const noexcept {
    const shape& s = config_.sizes;
    if (name.ends_with(".query")) return extent(s, axis::query_dim);
    if (name.ends_with(".key") || name.ends_with(".value")) return extent(s, axis::kv_dim);
    if (name.ends_with(".gate") || name.ends_with(".up")) return s.ffn_dim;
    return s.dim;
  }

  [[nodiscard]] status set_scale(source_tensor& t, const tensor_place& place) const {
    const tensor_place scale = files_.find(join(place.tensor->name, scale_suffix));
    if (!scale)
      return error{errc::malformed, join(t.origin, ": expected a tensor ", place.tensor->name,
                                         scale_suffix, " beside it, found none.")};
    source_tensor number;
    number.origin = origin(scale);
    if (status ok = set_plain(number, scale); !ok) return ok;
    if (number.rows * number.cols != 1)
      return error{errc::malformed, join(number.origin, ": expected one number, found ",
                                         number.rows * number.cols, ".")};
    number.memory.bytes = scale.bytes();
    decode_row(number, 0, &t.scale);
    if (status ok = check_positive(number.origin, t.scale); !ok) return ok;
    if (config_.quantization.scale == scale_meaning::divide) t.scale = 1.0f / t.scale;
    return done{};
  }

  const hf_config& config_;
  const tensor_files& files_;
  model_source& out_;
  shared_owner owner_;
};

}  // namespace trilith::io::sources

#endif

#ifndef TRILITH_IO_WRITING_HF_IMPL_HPP
#define TRILITH_IO_WRITING_HF_IMPL_HPP

#include <trilith/io/safetensors.hpp>
#include <trilith/io/writing/directory_impl.hpp>
#include <trilith/io/writing/hf_config_impl.hpp>
#include <trilith/io/writing/sentencepiece_impl.hpp>
#include <trilith/text/load_tokenizer.hpp>

/// A model as a directory of Hugging Face transformers.
namespace trilith::io::writing {

/// What the class would take for something else.
[[nodiscard]] inline status check_hugging_face(plan& p) {
  if (p.source.facts.weights == weight_family::plain) return done{};
  for (const output& o : p.outputs) {
    if (!is_block_matrix(*o.from) || o.how == encoding::hf_u8) continue;
    if (p.family == hf_family::bitnet_2b4t)
      return error{errc::unsupported,
                   join(o.from->origin, ": ", p.architecture, " takes ", name_of(o.how),
                        " for latent weights and quantises them anew. What fits: hf_u8, for "
                        "ternary codes with one scale a matrix.")};
    if (p.family == hf_family::llama && p.report.notes.empty())
      p.report.notes.emplace_back(
          "The matrices are written as floats: readers no longer quantise the activations.");
  }
  return done{};
}

/// Whether every number of a vector of float32 is one of a shorter type.
[[nodiscard]] inline bool is_exact_in(const source_tensor& t, encoding how) {
  std::vector<float> values(t.cols);
  sources::decode_row(t, 0, values.data());
  return std::all_of(values.begin(), values.end(), [how](float x) {
    return (how == encoding::bf16 ? to_float(to_bfloat16(x)) : to_float(to_float16(x))) == x;
  });
}

/// The norms, in the file's type where that changes nothing.
inline void shorten_norms(plan& p) {
  const encoding how = type_of_file(p);
  if (how == encoding::f32) return;
  for (output& o : p.outputs)
    if (o.rows() == 1 && !is_block_matrix(*o.from) && !is_table(*o.from) &&
        is_exact_in(*o.from, how))
      o.how = how;
}

/// The tensors with the scales of packed codes, whose memory this holds.
class hf_tensors {
 public:
  explicit hf_tensors(plan& p) : scales_(p.outputs.size()) {
    for (std::size_t i = 0; i < p.outputs.size(); ++i) {
      output& o = p.outputs[i];
      all_.push_back(tensor_of(o));
      if (o.how == encoding::hf_u8) all_.push_back(scale_of(o, scales_[i]));
    }
  }
  [[nodiscard]] const std::vector<tensor_to_write>& all() const noexcept { return all_; }

 private:
  [[nodiscard]] static tensor_to_write tensor_of(output& o) {
    tensor_to_write t{.name = o.name, .shape = {o.cols()}};
    t.type = o.how == encoding::hf_u8  ? dtype::u8
             : o.how == encoding::bf16 ? dtype::bf16
             : o.how == encoding::f16  ? dtype::f16
                                       : dtype::f32;
    if (o.rows() != 1 || is_block_matrix(*o.from) || is_table(*o.from))
      t.shape.insert(t.shape.begin(), o.units());
    t.produce = &produce;
    t.context = &o;
    t.part_multiple = o.row_bytes();
    return t;
  }
  /// As bfloat16 where that is the same number: what published files have.
  [[nodiscard]] static tensor_to_write scale_of(const output& o,
                                                std::array<unsigned char, 4>& memory) {
    const bfloat16 half = to_bfloat16(o.scale);
    const bool is_short = to_float(half) == o.scale;
    std::memcpy(memory.data(), &o.scale, 4);
    if (is_short) std::memcpy(memory.data(), &half.bits, 2);
    return {.name = o.name + "_scale",
            .type = is_short ? dtype::bf16 : dtype::f32,
            .shape = {1},
            .bytes = {memory.data(), is_short ? 2u : 4u}};
  }

  std::vector<std::array<unsigned char, 4>> scales_;
  std::vector<tensor_to_write> all_;
};

[[nodiscard]] inline status write_words(plan& p, atomic_directory& to) {
  const text::vocabulary& words = p.source.tokenizer.vocab();
  if (words.pieces.empty()) return done{};
  const bool is_sentencepiece = words.pre == pre_tokenizer::none;
  status ok = done{};
  if (tokenizer_json::can_say(words)) {
    ok = to.write("tokenizer.json", tokenizer_json(words).text());
  } else if (sentencepiece_model::can_say(words)) {
    ok = to.write("tokenizer.model", sentencepiece_model(words).text());
  } else {
    const std::vector<unsigned char> bytes = text::serialize(p.source.tokenizer);
    ok = to.write("tokenizer.trilith", {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    p.report.notes.emplace_back(
        "No file of Hugging Face says what this tokenizer does: it is tokenizer.trilith, which "
        "this library reads.");
  }
  if (ok) ok = to.write("tokenizer_config.json", tokenizer_config(p, is_sentencepiece));
  return ok ? to.write("generation_config.json", generation_config(words)) : std::move(ok);
}

[[nodiscard]] inline status write_as_hugging_face(plan& p, std::string_view path) {
  if (status ok = check_hugging_face(p); !ok) return ok;
  shorten_norms(p);
  atomic_directory to(path);
  status ok = to.open();
  const hf_tensors tensors(p);
  const metadata_pair format{"format", "pt"};
  if (ok)
    ok = write_safetensors(to.file("model.safetensors"), tensors.all(), {&format, 1},
                           p.options.report);
  if (ok) ok = to.write("config.json", hf_config_json(p).text());
  if (ok) ok = write_words(p, to);
  p.report.format = "Hugging Face, safetensors";
  p.report.bytes = to.bytes();
  return ok ? to.commit() : std::move(ok);
}

}  // namespace trilith::io::writing

#endif

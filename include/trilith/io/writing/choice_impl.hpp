#ifndef TRILITH_IO_WRITING_CHOICE_IMPL_HPP
#define TRILITH_IO_WRITING_CHOICE_IMPL_HPP

#include <trilith/io/writing/fit_impl.hpp>

/// The encoding of each tensor in the file.
namespace trilith::io::writing {

[[nodiscard]] inline encoding float_encoding(const source_tensor& t) noexcept {
  const bool is_plain = t.how == encoding::f32 || t.how == encoding::bf16;
  return is_plain ? t.how : encoding::f16;
}

[[nodiscard]] inline encoding natural_gguf(content what, std::size_t group,
                                           const source_tensor& t) noexcept {
  if (what == content::floats) return float_encoding(t);
  if (what == content::binary)
    return group % 128 == 0 && fits(encoding::q1_0, t) ? encoding::q1_0 : encoding::f16;
  if (group != 0)
    return group % 64 == 0 && fits(encoding::q2_0, t) ? encoding::q2_0 : encoding::f16;
  if (fits(encoding::tq2_0, t)) return encoding::tq2_0;
  return fits(encoding::i2_s, t) ? encoding::i2_s : encoding::f16;
}

/// Whether the scales of codes are numbers of binary16.
[[nodiscard]] inline bool has_half_scales(const source_tensor& t) {
  const std::size_t group = sources::codes_of(t).group == 0 ? t.cols : sources::codes_of(t).group;
  for (std::size_t r = 0; r < t.rows; ++r)
    for (std::size_t g = 0; g * group < t.cols; ++g) {
      const float scale = sources::scale_at(t, r, g);
      if (to_float(to_float16(scale)) != scale) return false;
    }
  return true;
}

[[nodiscard]] inline encoding natural_hugging_face(content what, std::size_t group,
                                                   const source_tensor& t) {
  if (what == content::ternary && group == 0) return encoding::hf_u8;
  if (what == content::floats) return float_encoding(t);
  return is_coded(t) && has_half_scales(t) ? encoding::f16 : encoding::f32;
}

[[nodiscard]] inline status check_options(const write_options& options) {
  for (const bool table : {false, true}) {
    const stored_as wanted = table ? options.embedding : options.matrices;
    if (wanted.is_natural() || has_encoding(options.format, wanted.how(), table)) continue;
    std::string known;
    for (const encoding how : all_encodings)
      if (has_encoding(options.format, how, table))
        known += join(known.empty() ? "" : ", ", name_of(how));
    return error{errc::invalid_argument, join(name_of(options.format), " files keep ",
                                              table ? "embeddings" : "the blocks' matrices", " as ",
                                              known, "; found ", name_of(wanted.how()), ".")};
  }
  return done{};
}

/// The encoding of one of the blocks' matrices.
[[nodiscard]] inline result<encoding> choose_matrix(const model_source& source,
                                                    const source_tensor& t,
                                                    const write_options& options) {
  const content what = content_of(source, t);
  if (what == content::latent)
    return error{errc::unsupported,
                 join(t.origin,
                      ": latent weights, which the model quantises as it runs. Load it "
                      "with io::load() and write the model's source().")};
  const std::size_t group = group_of(source, t);
  if (options.matrices.is_natural())
    return options.format == model_format::gguf ? natural_gguf(what, group, t)
                                                : natural_hugging_face(what, group, t);
  const encoding how = options.matrices.how();
  if (!may_hold(how, what, group, t)) return does_not_fit(options.format, how, what, group, t);
  return how;
}

/// The encoding of the embedding or the head.
[[nodiscard]] inline result<encoding> choose_table(const model_source& source,
                                                   const source_tensor& t,
                                                   const write_options& options) {
  if (!options.embedding.is_natural()) {
    const encoding how = options.embedding.how();
    if (fits(how, t)) return how;
    return error{
        errc::mismatch,
        join(t.origin, ": ", name_of(how), " needs columns in multiples of ", packing::q8_0::group,
             "; the matrix is ", spelled_shape(t), ". What fits: f32, f16, bf16.")};
  }
  const content what = content_of(source, t);
  if (what == content::floats) return float_encoding(t);
  if (options.format == model_format::gguf && what != content::latent) {
    const encoding how = what == content::binary ? encoding::q1_0 : encoding::q2_0;
    if (may_hold(how, what, group_of(source, t), t)) return how;
  }
  return encoding::f16;
}

}  // namespace trilith::io::writing

#endif

#ifndef TRILITH_ADAPT_SVF_CHANNELS_HPP
#define TRILITH_ADAPT_SVF_CHANNELS_HPP

#include <trilith/adapt/svf_expert.hpp>

namespace trilith::inline TRILITH_ABI {

/// An expert that scales outputs: y_o = z_o (W x)_o, so W' = diag(z) W. Codes stay codes and only
/// scales change, which a packed model takes without loss where each row has a scale.
///
/// A part of one z scales its whole matrix. In front of a norm that is no change at all: the norm
/// divides by it, and its gradient is zero (test/unit/adapt_svf_channel_learner.cpp).
struct channel_expert {
  std::vector<expert_part> parts;  ///< z: [Out], or [1]

  [[nodiscard]] const expert_part* find(std::string_view name) const noexcept {
    return find_part(parts, name);
  }
  [[nodiscard]] std::size_t parameters() const noexcept {
    std::size_t sum = 0;
    for (const expert_part& p : parts) sum += p.z.size();
    return sum;
  }
};

/// The factor of output o: z: [Out], or [1] for all.
[[nodiscard]] inline float channel_factor(std::span<const float> z, std::size_t o) noexcept {
  return z[z.size() == 1 ? 0 : o];
}

/// W = diag(z) W for floats.
inline void scale_channels(span2d<float> w, std::span<const float> z) noexcept {
  for (std::size_t o = 0; o < w.rows; ++o) scale_by(&w(o, 0), channel_factor(z, o), w.cols);
}

/// The same codes with a scale for each row: lossless, and what channels need.
///
///     tl::packed_matrix<tl::weights::ternary<>, P> trained = ...;   // one scale
///     auto rows = tl::with_row_scales(trained);
template <weights::CodedWeights W, packing::Packing P>
  requires(std::is_same_v<typename W::granularity, scale::per_tensor>)
[[nodiscard]] auto with_row_scales(const packed_matrix<W, P>& m) {
  packed_matrix<typename W::template with_scale<scale::per_row>, P> out;
  out.rows = m.rows;
  out.cols = m.cols;
  out.codes = m.codes;  // a row is one group in both
  out.scales = aligned_buffer<float>(m.rows);
  for (float& s : out.scales) s = m.scales[0];
  return out;
}

namespace detail {

/// Scales s: one for a matrix, each row, or each group in a row.
inline void scale_scales(std::span<float> s, std::size_t rows, std::span<const float> z) noexcept {
  const std::size_t of_row = s.size() < rows ? s.size() : s.size() / max_of<std::size_t>(rows, 1);
  for (std::size_t i = 0; i < s.size(); ++i) s[i] *= channel_factor(z, i / of_row);
}

}  // namespace detail

/// The same for a packed matrix: its scales are multiplied, and no code changes. z: [Out] needs
/// scales of rows or of groups in them; [1] any.
template <weights::CodedWeights W, packing::Packing P>
void scale_channels(packed_matrix<W, P>& m, std::span<const float> z) noexcept {
  TRILITH_PRECONDITION(z.size() == 1 || m.scales.size() >= m.rows,
                       "scale_channels() needs a scale for each row: with_row_scales().");
  detail::scale_scales(m.scales.span(), m.rows, z);
}

namespace detail {

template <class Matrix>
inline constexpr bool has_floats = requires(Matrix& m) { static_cast<float*>(m.elements.data()); };

/// Whether a matrix can be scaled so.
template <class Matrix>
[[nodiscard]] status expect_channels(const Matrix& m, const expert_part& part) {
  const auto wrong = [&](std::string_view expected, std::string_view found) {
    return unexpected(errc::mismatch, "channel_expert", part.name, expected, found);
  };
  const std::size_t n = part.z.size();
  if (n != 1 && n != m.rows) return wrong(join(m.rows, " factors, or one"), join(n));
  if constexpr (requires { m.scales; }) {
    if (n != 1 && m.scales.size() < m.rows)
      return wrong(join("a scale for each of ", m.rows, " rows, as of scale::per_row"),
                   "one for all");
  } else if constexpr (!has_floats<Matrix>) {
    return wrong("codes or f32", Matrix::weights::name);
  }
  return done{};
}

template <class Matrix>
void scale_matrix(Matrix& m, std::span<const float> z) noexcept {
  if constexpr (has_floats<Matrix>)
    scale_channels(span2d<float>(m.elements.data(), m.rows, m.cols), z);
  if constexpr (requires { m.scales; }) scale_scales(m.scales.span(), m.rows, z);
}

}  // namespace detail

/// An expert of channels becomes part of a model of any realisation. Of latent weights that share
/// one scale a row's factor changes the codes too.
///
/// Errors: mismatch for a matrix of another size, or a packed one whose rows share a scale; then
/// nothing is changed. Cost: of a packed model, its scales.
template <Realisation Model>
[[nodiscard]] status apply_expert(const channel_expert& expert, Model& model) {
  status good = done{};
  std::size_t found = 0;
  for_each_hidden_matrix(std::as_const(model), [&](const std::string& name, const auto& m, auto) {
    const expert_part* const p = expert.find(name);
    found += p != nullptr;
    if (good && p != nullptr) good = detail::expect_channels(m, *p);
  });
  if (good) good = detail::expect_all_found("apply_expert", expert.parts.size(), found);
  if (!good) return good;
  for_each_hidden_matrix(model, [&](const std::string& name, auto& m, auto) {
    if (const expert_part* const p = expert.find(name); p != nullptr) detail::scale_matrix(m, p->z);
  });
  return done{};
}

}  // namespace trilith::inline TRILITH_ABI

#endif

#ifndef TRILITH_ADAPT_DRAW_LATENTS_HPP
#define TRILITH_ADAPT_DRAW_LATENTS_HPP

#include <trilith/core/random.hpp>
#include <trilith/model/realisation.hpp>
#include <trilith/weights/binary.hpp>
#include <trilith/weights/decode.hpp>
#include <trilith/weights/ternary.hpp>

#include <vector>

namespace trilith::inline TRILITH_ABI {

namespace detail {

/// Weights that share a scale, and where their random numbers are.
struct drawn_group {
  const std::int8_t* codes;
  std::size_t count;
  float scale;
  std::uint64_t seed, stream, first;
  float* out;

  [[nodiscard]] float uniform_at(std::size_t i) const noexcept {
    return uniform(seed, stream, first + i);
  }
};

/// code 0: w uniform in s (-0.499, 0.499);  code +-1: |w| = s (1/2 + f e), e exponential and f such
/// that the mean of |w| is s, which is where absmean finds it again.
TRILITH_EXACT_FLOAT inline void draw_trits(const drawn_group& g) noexcept {
  TRILITH_EXACT_FLOAT_BODY
  double inside = 0, excess = 0;
  std::size_t outside = 0;
  for (std::size_t i = 0; i < g.count; ++i) {
    const float u = g.uniform_at(i);
    float& w = g.out[i];
    w = g.codes[i] == 0 ? 0.998f * (u - 0.5f) : 0.001f - __builtin_logf(1.0f - u);
    (g.codes[i] == 0 ? inside : excess) += static_cast<double>(w < 0 ? -w : w);
    outside += g.codes[i] != 0;
  }
  const double wanted = static_cast<double>(g.count) - inside - 0.5 * static_cast<double>(outside);
  const auto f = static_cast<float>(outside == 0 ? 0 : wanted / excess);
  for (std::size_t i = 0; i < g.count; ++i) {
    const auto code = static_cast<float>(g.codes[i]);
    g.out[i] = g.scale * (g.codes[i] == 0 ? g.out[i] : code * (0.5f + f * g.out[i]));
  }
}

/// |w| uniform; then those of either sign have the sum s count / 2, so that the mean of w is 0 and
/// that of |w| is s.
TRILITH_EXACT_FLOAT inline void draw_signs(const drawn_group& g) noexcept {
  TRILITH_EXACT_FLOAT_BODY
  double sums[2] = {};
  for (std::size_t i = 0; i < g.count; ++i) {
    g.out[i] = 0.01f + g.uniform_at(i);
    sums[g.codes[i] > 0] += static_cast<double>(g.out[i]);
  }
  const double half = 0.5 * static_cast<double>(g.count);
  const float f[2] = {static_cast<float>(half / sums[0]), static_cast<float>(half / sums[1])};
  for (std::size_t i = 0; i < g.count; ++i)
    g.out[i] *= g.scale * f[g.codes[i] > 0] * static_cast<float>(g.codes[i]);
}

template <class W>
inline constexpr bool is_ternary = W::min_code == -1 && W::max_code == 1 && W::code_step == 1;
template <class W>
inline constexpr bool is_binary = W::min_code == -1 && W::max_code == 1 && W::code_step == 2;
template <class W>
inline constexpr bool can_draw =
    !is_ternary<W> || requires { requires std::is_same_v<typename W::rule, rules::absmean>; };

template <weights::CodedWeights W, packing::Packing P>
void draw_matrix(const packed_matrix<W, P>& from, std::uint64_t seed, std::uint64_t stream,
                 plain_matrix<weights::f32>& to) {
  static_assert(can_draw<W>,
                "trilith::draw_latents(): what lies in front of ternary weights is known for "
                "rules::absmean; train latent weights of other rules instead (docs/errors.md).");
  std::vector<std::int8_t> codes(from.rows * from.cols);
  for (std::size_t r = 0; r < from.rows; ++r) unpack_codes(from, r, codes.data() + r * from.cols);
  const std::size_t group = from.scales.size() == 1 ? codes.size() : from.group();
  for (std::size_t r = 0, first = 0; first < codes.size(); ++r)
    for (const std::size_t end = from.scales.size() == 1 ? codes.size() : (r + 1) * from.cols;
         first < end;) {
      const std::size_t n = min_of(group, end - first), g = (first % from.cols) / from.group();
      const auto draw = is_ternary<W> ? draw_trits : draw_signs;
      draw({codes.data() + first, n, from.scale(r, g), seed, stream, first,
            to.elements.data() + first});
      first += n;
    }
}

struct draw_all {
  std::uint64_t seed;
  std::uint64_t stream = 0;
  void enter(std::string_view) {}
  void leave() {}
  template <class Field>
  void operator()(const Field&, parameter_vector& to, const parameter_vector& from) {
    to = from;
  }
  template <class Field, class From>
  void operator()(const Field&, plain_matrix<weights::f32>& to, const From& from) {
    if constexpr (weights::CodedWeights<typename From::weights> &&
                  (is_ternary<typename From::weights> || is_binary<typename From::weights>)) {
      draw_matrix(from, seed, stream, to);
    } else {
      for (std::size_t r = 0; r < from.rows; ++r) decode_row(from, r, to.row(r));
    }
    ++stream;
  }
};

}  // namespace detail

/// Latent weights for a model of which only the codes are left: drawn at random so that pack()
/// gives the codes again, bit for bit, and scales within 1e-6. What a code does not tell is drawn
/// as it is in trained models: many weights near the threshold, few far out. (Latents that are the
/// decoded codes themselves would all be half a scale away from the next code, where small changes
/// get lost: adapt/merge.hpp.)
///
///     auto teller = tl::io::load<tl::packed<shipped>>(path);
///     auto student = tl::draw_latents(teller->model, 1);
///
/// Embeddings, heads and gains are decoded as they are. Rows of ternary weights that are all zeros
/// stay so, without the scale they had.
template <Packed Model>
[[nodiscard]] latent<typename Model::blueprint> draw_latents(const Model& model,
                                                             std::uint64_t seed = 1) {
  latent<typename Model::blueprint> out(model.sizes, model.settings);
  detail::draw_all visit{seed};
  // hana hands out references; the source is only read
  fields::walk<typename Model::blueprint>(visit, out.parameters,
                                          const_cast<Model&>(model).parameters);
  return out;
}

}  // namespace trilith::inline TRILITH_ABI

#endif

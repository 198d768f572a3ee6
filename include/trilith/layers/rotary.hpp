#ifndef TRILITH_LAYERS_ROTARY_HPP
#define TRILITH_LAYERS_ROTARY_HPP

#include <trilith/backends/backend.hpp>
#include <trilith/backends/simd/row_kernels.hpp>
#include <trilith/core/aligned_buffer.hpp>
#include <trilith/core/numeric.hpp>
#include <trilith/core/policy.hpp>

/// Rotary positions: a head's values are taken in pairs, and pair i is turned by the angle
/// position * theta^(-2i / head_dim). Which values make a pair differs between families of files.
/// @see Su et al.: "RoFormer", arXiv 2104.09864.
namespace trilith::inline TRILITH_ABI {

/// The angles' cosines and sines for the tokens of one forward pass, shared by all layers and
/// heads.
class rotary_angles {
 public:
  rotary_angles() = default;
  rotary_angles(std::size_t tokens, std::size_t head_dim, float theta)
      : pairs_(head_dim / 2),
        frequencies_(head_dim / 2),
        cosines_(tokens * head_dim / 2),
        sines_(tokens * head_dim / 2) {
    // the power is rounded to float before it is inverted, as the float32 references do
    for (std::size_t i = 0; i < pairs_; ++i) {
      const double share = static_cast<double>(2 * i) / static_cast<double>(head_dim);
      frequencies_[i] = 1.0f / static_cast<float>(__builtin_pow(static_cast<double>(theta), share));
    }
  }
  /// The angles of token slot t at `position`.
  void set(std::size_t t, std::size_t position) noexcept {
    for (std::size_t i = 0; i < pairs_; ++i) {
      const float angle = static_cast<float>(position) * frequencies_[i];
      cosines_[t * pairs_ + i] = __builtin_cosf(angle);
      sines_[t * pairs_ + i] = __builtin_sinf(angle);
    }
  }
  [[nodiscard]] const float* cosines(std::size_t t) const noexcept {
    return cosines_.data() + t * pairs_;
  }
  [[nodiscard]] const float* sines(std::size_t t) const noexcept {
    return sines_.data() + t * pairs_;
  }

 private:
  std::size_t pairs_ = 0;
  aligned_buffer<float> frequencies_, cosines_, sines_;
};

/// Satisfied by the pairings below: turn(x, cosines, sines, head_dim) rotates one head in place.
template <class T>
concept Rotary = PolicyOf<T, rotary_kind> && requires(float* x, const float* c, std::size_t n) {
  { T::turn(x, c, c, n) } noexcept;
};

namespace rotary {

/// (a, b) -> (a cos - b sin, a sin + b cos)
TRILITH_EXACT_FLOAT constexpr void turn_pair(float& a, float& b, float c, float s) noexcept {
  TRILITH_EXACT_FLOAT_BODY
  const float turned = a * c - b * s;
  b = a * s + b * c;
  a = turned;
}

/// Pairs (i, i + head_dim / 2): Hugging Face checkpoints, GGUF of the bitnet family.
struct half_split {
  using policy_kind = rotary_kind;
  static constexpr std::string_view name = "half_split";
  TRILITH_EXACT_FLOAT static constexpr void turn(float* x, const float* c, const float* s,
                                                 std::size_t n) noexcept {
    TRILITH_EXACT_FLOAT_BODY
    for (std::size_t i = 0; i < n / 2; ++i) turn_pair(x[i], x[i + n / 2], c[i], s[i]);
  }
};

/// Pairs (2i, 2i + 1): Meta's original files, llama2.c, GGUF of the llama family.
struct interleaved {
  using policy_kind = rotary_kind;
  static constexpr std::string_view name = "interleaved";
  TRILITH_EXACT_FLOAT static constexpr void turn(float* x, const float* c, const float* s,
                                                 std::size_t n) noexcept {
    TRILITH_EXACT_FLOAT_BODY
    for (std::size_t i = 0; i < n / 2; ++i) turn_pair(x[2 * i], x[2 * i + 1], c[i], s[i]);
  }
};

}  // namespace rotary

namespace detail {
/// The row kernel of a pairing; none for one of a user's own.
template <Rotary R>
inline constexpr auto turn_kernel = nullptr;
template <>
inline constexpr auto turn_kernel<rotary::half_split> = &simd::row_kernels::turn_half_split;
template <>
inline constexpr auto turn_kernel<rotary::interleaved> = &simd::row_kernels::turn_interleaved;
}  // namespace detail

/// Turns x: [heads, head_dim] in place, with the row kernels if backend B has some.
template <Rotary R, class B>
void turn_heads(float* x, std::size_t heads, const float* cosines, const float* sines,
                std::size_t head_dim) noexcept {
  if constexpr (backends::uses_kernels<B> &&
                !std::is_null_pointer_v<decltype(detail::turn_kernel<R>)>)
    (simd::rows().*detail::turn_kernel<R>)(x, heads, cosines, sines, head_dim);
  else
    for (std::size_t h = 0; h < heads; ++h) R::turn(x + h * head_dim, cosines, sines, head_dim);
}

}  // namespace trilith::inline TRILITH_ABI

#endif

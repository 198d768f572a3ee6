#ifndef TRILITH_WEIGHTS_SCALE_HPP
#define TRILITH_WEIGHTS_SCALE_HPP

#include <trilith/core/name.hpp>
#include <trilith/core/numeric.hpp>
#include <trilith/core/policy.hpp>

/// How many weights of a matrix [rows, cols] share one scale.
namespace trilith::inline TRILITH_ABI::scale {

/// Satisfied by the granularities below: group(cols) weights along a row share a scale; scale (o,
/// g) is at o * row_step + g * group_step of `count` scales.
template <class T>
concept Granularity = PolicyOf<T, scale_kind> && requires(std::size_t n) {
  { T::group(n) } noexcept -> std::same_as<std::size_t>;
  { T::count(n, n) } noexcept -> std::same_as<std::size_t>;
  { T::row_step(n) } noexcept -> std::same_as<std::size_t>;
  { T::group_step } -> std::convertible_to<std::size_t>;
};

/// One scale for the whole matrix (BitNet b1 and b1.58).
struct per_tensor {
  using policy_kind = scale_kind;
  static constexpr std::string_view name = "per_tensor";
  static constexpr std::size_t group_step = 0;
  [[nodiscard]] static constexpr std::size_t group(std::size_t cols) noexcept { return cols; }
  [[nodiscard]] static constexpr std::size_t count(std::size_t, std::size_t) noexcept { return 1; }
  [[nodiscard]] static constexpr std::size_t row_step(std::size_t) noexcept { return 0; }
};

/// One scale for each output.
struct per_row {
  using policy_kind = scale_kind;
  static constexpr std::string_view name = "per_row";
  static constexpr std::size_t group_step = 0;
  [[nodiscard]] static constexpr std::size_t group(std::size_t cols) noexcept { return cols; }
  [[nodiscard]] static constexpr std::size_t count(std::size_t rows, std::size_t) noexcept {
    return rows;
  }
  [[nodiscard]] static constexpr std::size_t row_step(std::size_t) noexcept { return 1; }
};

namespace detail {
inline constexpr std::string_view per_group_name = "per_group<";
}

/// One scale for every N weights along a row; the last group of a row may be shorter.
template <std::size_t N>
struct per_group {
  static_assert(N > 0, "scale::per_group<N>: a group holds at least one weight.");
  using policy_kind = scale_kind;
  static constexpr std::string_view name =
      joined<detail::per_group_name, digits_of<N>::value, name_parts::angle>;
  static constexpr std::size_t group_step = 1;
  [[nodiscard]] static constexpr std::size_t group(std::size_t cols) noexcept {
    return min_of(N, cols);
  }
  [[nodiscard]] static constexpr std::size_t row_step(std::size_t cols) noexcept {
    return ceil_div(cols, N);
  }
  [[nodiscard]] static constexpr std::size_t count(std::size_t rows, std::size_t cols) noexcept {
    return rows * row_step(cols);
  }
};

}  // namespace trilith::inline TRILITH_ABI::scale

#endif

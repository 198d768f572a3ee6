#ifndef TRILITH_PACKING_FLOAT_LAYOUT_HPP
#define TRILITH_PACKING_FLOAT_LAYOUT_HPP

#include <trilith/config.hpp>
#include <trilith/core/policy.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>

namespace trilith::inline TRILITH_ABI::packing {

/// How another program stores a matrix [rows, cols] of weights that are floats in blocks of
/// `group`, such as the embedding of a ternary model.
///
///     decode_row(data, cols, r, out)   the cols floats of row r
template <class T>
concept FloatLayout =
    PolicyOf<T, layout_kind> && requires(std::size_t n, const std::uint8_t* data, float* out) {
      { T::group } -> std::convertible_to<std::size_t>;
      { T::fits(n, n) } noexcept -> std::same_as<bool>;
      { T::bytes(n, n) } noexcept -> std::same_as<std::size_t>;
      { T::decode_row(data, n, n, out) } noexcept;
    };

/// The functions of such a layout, for code that does not know its type.
struct float_layout_table {
  std::string_view name;
  std::size_t group = 0;
  bool (*fits)(std::size_t rows, std::size_t cols) noexcept = nullptr;
  std::size_t (*bytes)(std::size_t rows, std::size_t cols) noexcept = nullptr;
  void (*decode_row)(const std::uint8_t* data, std::size_t cols, std::size_t r,
                     float* out) noexcept = nullptr;
};

template <FloatLayout L>
[[nodiscard]] constexpr float_layout_table float_layout_table_of() noexcept {
  return {L::name, L::group, &L::fits, &L::bytes, &L::decode_row};
}

}  // namespace trilith::inline TRILITH_ABI::packing

#endif

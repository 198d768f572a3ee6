#ifndef TRILITH_CORE_SPAN2D_HPP
#define TRILITH_CORE_SPAN2D_HPP

#include <trilith/core/error.hpp>

#include <cstddef>
#include <span>
#include <type_traits>

namespace trilith {

/// A row-major view of `rows` x `cols` elements; row r starts at data + r * stride. Owns nothing.
template <class T>
struct span2d {
  T* data = nullptr;
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::size_t stride = 0;  ///< elements from one row to the next, at least cols

  constexpr span2d() noexcept = default;
  constexpr span2d(T* first, std::size_t r, std::size_t c) noexcept : span2d(first, r, c, c) {}
  constexpr span2d(T* first, std::size_t r, std::size_t c, std::size_t s) noexcept
      : data(first), rows(r), cols(c), stride(s) {}
  /// Views may lose constness, never gain it.
  constexpr operator span2d<const T>() const noexcept
    requires(!std::is_const_v<T>)
  {
    return {data, rows, cols, stride};
  }

  [[nodiscard]] constexpr std::span<T> row(std::size_t r) const noexcept {
    TRILITH_PRECONDITION(r < rows, "span2d::row() was asked for a row past the last one.");
    return {data + r * stride, cols};
  }
  [[nodiscard]] constexpr T& operator()(std::size_t r, std::size_t c) const noexcept {
    return data[r * stride + c];
  }
  /// The first `count` columns of every row.
  [[nodiscard]] constexpr span2d columns(std::size_t count) const noexcept {
    return {data, rows, count, stride};
  }
  /// Rows [first, first + count).
  [[nodiscard]] constexpr span2d rows_from(std::size_t first, std::size_t count) const noexcept {
    return {data + first * stride, count, cols, stride};
  }
};

}  // namespace trilith

#endif

#ifndef TRILITH_BACKENDS_EIGEN_HPP
#define TRILITH_BACKENDS_EIGEN_HPP

#include <trilith/backends/epilogue.hpp>

#if !__has_include(<Eigen/Core>)
#error \
    "trilith: backends::eigen needs Eigen 3.4 or newer on the include path; install libeigen3-dev, or use backends::automatic."
#endif
#include <Eigen/Core>

namespace trilith::inline TRILITH_ABI::backends {

/// Products through Eigen arrays over unpacked tiles: integers exactly, floats in sixteen running
/// sums, so that the bits agree with the other backends. For code bases that debug in Eigen.
struct eigen {
  using policy_kind = backend_kind;
  static constexpr std::string_view name = "eigen";

  template <Format F, class X>
    requires(packing::Packing<F> || std::is_same_v<X, float>)
  static void run(const product& p, std::size_t first, std::size_t last) noexcept {
    for_each_output<X>(p, first, last,
                       [](const std::uint8_t* row, std::size_t n, const X* x) noexcept {
                         if constexpr (std::is_same_v<X, float>)
                           return ordered_dot<F>(row, n, x);
                         else
                           return exact_dot<F>(row, n, x);
                       });
  }

 private:
  template <class T>
  using view = Eigen::Map<const Eigen::Array<T, Eigen::Dynamic, 1>>;
  using lane_array = Eigen::Array<float, static_cast<int>(lanes), 1>;

  template <packing::Packing P>
  [[nodiscard]] static std::int32_t exact_dot(const std::uint8_t* row, std::size_t n,
                                              const std::int8_t* x) noexcept {
    std::int8_t tile[P::block];
    std::int32_t sum = 0;
    for (std::size_t i = 0; i < n; i += P::block) {
      const auto count = static_cast<Eigen::Index>(packing::unpack_block<P>(row, n, i, tile));
      sum += (view<std::int8_t>(tile, count).template cast<std::int32_t>() *
              view<std::int8_t>(x + i, count).template cast<std::int32_t>())
                 .sum();
    }
    return sum;
  }

  /// The weights [first, first + count) of a row as floats; a tile holds a multiple of `lanes`.
  template <Format F>
  static std::size_t load_tile(const std::uint8_t* row, std::size_t n, std::size_t first,
                               float* tile) noexcept {
    if constexpr (packing::Packing<F>) {
      std::int8_t codes[F::block];
      const std::size_t count = packing::unpack_block<F>(row, n, first, codes);
      for (std::size_t k = 0; k < count; ++k) tile[k] = static_cast<float>(codes[k]);
      return count;
    } else {
      const auto* w = reinterpret_cast<const typename F::element*>(row);
      const std::size_t count = min_of(n - first, std::size_t{tile_size<F>});
      for (std::size_t k = 0; k < count; ++k) tile[k] = F::load(w[first + k]);
      return count;
    }
  }
  template <Format F>
  static constexpr std::size_t tile_size = [] {
    if constexpr (packing::Packing<F>)
      return F::block;
    else
      return std::size_t{256};
  }();

  template <Format F>
  [[nodiscard]] TRILITH_EXACT_FLOAT static float ordered_dot(const std::uint8_t* row, std::size_t n,
                                                             const float* x) noexcept {
    TRILITH_EXACT_FLOAT_BODY
    float tile[tile_size<F>];
    lane_array sum = lane_array::Zero();
    for (std::size_t i = 0; i < n; i += tile_size<F>) {
      const std::size_t count = load_tile<F>(row, n, i, tile);
      std::size_t k = 0;
      for (; k + lanes <= count; k += lanes) {
        const lane_array parts =
            Eigen::Map<const lane_array>(tile + k) * Eigen::Map<const lane_array>(x + i + k);
        sum += parts;
      }
      for (std::size_t l = 0; k + l < count; ++l)
        sum[static_cast<Eigen::Index>(l)] += tile[k + l] * x[i + k + l];
    }
    float parts[lanes];
    Eigen::Map<lane_array>{parts} = sum;
    return add_lanes(parts);
  }
};

}  // namespace trilith::inline TRILITH_ABI::backends

#endif

// A fragment of kernels-inl.hpp: keys and values of elements as the loops of attention take them.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

/// Keys as elements E lie: [positions / key_tile, n, key_tile].
template <class E>
struct key_elements {
  const E* at;
  std::size_t n;

  HWY_INLINE key_elements(const E* keys, std::size_t head_dim) : at(keys), n(head_dim) {}
  /// `position` is the first of a tile.
  [[nodiscard]] HWY_INLINE key_elements from(std::size_t position) const {
    return key_elements(at + position * n, n);
  }
  /// The first T tiles, of which vector(v, i) is element i of the v-th vector of positions.
  template <std::size_t T>
  [[nodiscard]] HWY_INLINE const key_elements& tiles() const {
    return *this;
  }
  [[nodiscard]] HWY_INLINE f32s vector(std::size_t v, std::size_t i) const {
    return load_floats(at + (v / vectors_per_sum * n + i) * key_tile +
                       v % vectors_per_sum * floats_per_vector);
  }
};

/// Values as elements E lie: [positions, n].
template <class E>
struct value_elements {
  struct row {
    const E* at;
    [[nodiscard]] HWY_INLINE f32s vector(std::size_t v) const {
      return load_floats(at + v * floats_per_vector);
    }
  };
  const E* at;
  std::size_t n;

  HWY_INLINE value_elements(const E* values, std::size_t head_dim) : at(values), n(head_dim) {}
  /// The elements from i on, a multiple of those of a vector.
  [[nodiscard]] HWY_INLINE value_elements from(std::size_t i) const {
    return value_elements(at + i, n);
  }
  [[nodiscard]] HWY_INLINE row of(std::size_t position) const { return {at + position * n}; }
};

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE

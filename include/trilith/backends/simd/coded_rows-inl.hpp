// A fragment of kernels-inl.hpp: keys and values of kv/coded.hpp as the loops of attention take
// them.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

/// Some tiles of coded_row<Bits>.
template <std::size_t Bits, std::size_t T>
struct coded_tiles {
  static constexpr std::size_t vectors = T * vectors_per_sum, unit = kv::code_unit<Bits>::bytes;
  const unsigned char* codes;
  std::size_t tile_bytes;
  values_of_lanes<Bits> values[vectors];

  HWY_INLINE coded_tiles(const unsigned char* at, std::size_t bytes)
      : codes(at + key_tile * sizeof(float16)), tile_bytes(bytes) {
    HWY_UNROLL(4)
    for (std::size_t v = 0; v < vectors; ++v) {
      const auto* const scales =
          reinterpret_cast<const float16*>(at + v / vectors_per_sum * tile_bytes);
      values[v] =
          values_of_lanes<Bits>(load_floats(scales + v % vectors_per_sum * floats_per_vector));
    }
  }
  [[nodiscard]] HWY_INLINE f32s vector(std::size_t v, std::size_t i) const {
    const unsigned char* const units =
        codes + v / vectors_per_sum * tile_bytes + i / lanes * key_tile * unit;
    return values[v].of(
        codes_of_positions<Bits>(units, v % vectors_per_sum * floats_per_vector, i % lanes));
  }
};

/// Keys as kv::coded has them, behind its front.
template <std::size_t Bits>
struct coded_keys {
  const unsigned char* at;
  std::size_t n, width;

  HWY_INLINE coded_keys(const unsigned char* keys, std::size_t head_dim)
      : at(keys), n(head_dim), width(kv::coded_row<Bits>::bytes(head_dim)) {}
  [[nodiscard]] HWY_INLINE coded_keys from(std::size_t position) const {
    coded_keys k = *this;
    k.at += position * width;
    return k;
  }
  template <std::size_t T>
  [[nodiscard]] HWY_INLINE coded_tiles<Bits, T> tiles() const {
    return coded_tiles<Bits, T>(at, key_tile * width);
  }
};

/// One row of coded_row<Bits>.
template <std::size_t Bits>
struct coded_floats {
  const unsigned char* units;
  values_of_row<Bits> values;

  /// @param first  a multiple of floats_per_vector: vector(0) begins there
  HWY_INLINE coded_floats(const unsigned char* row, std::size_t first)
      : units(row + sizeof(float16)),
        values(hn::Set(f32_tag{}, to_float(word_at<float16>(row)))),
        at(first) {}
  [[nodiscard]] HWY_INLINE f32s vector(std::size_t v) const {
    const std::size_t i = at + v * floats_per_vector;
    return values.of(
        codes_of_unit<Bits>(units + i / lanes * kv::code_unit<Bits>::bytes, i % lanes));
  }

 private:
  std::size_t at;
};

/// Values as kv::coded has them, behind its front.
template <std::size_t Bits>
struct coded_rows {
  const unsigned char* at;
  std::size_t width, first = 0;

  HWY_INLINE coded_rows(const unsigned char* values, std::size_t head_dim)
      : at(values), width(kv::coded_row<Bits>::bytes(head_dim)) {}
  [[nodiscard]] HWY_INLINE coded_rows from(std::size_t i) const {
    coded_rows r = *this;
    r.first += i;
    return r;
  }
  [[nodiscard]] HWY_INLINE coded_floats<Bits> of(std::size_t position) const {
    return coded_floats<Bits>(at + position * width, first);
  }
};

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE

// A fragment of kernels-inl.hpp: packed bytes to one byte a value.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

/// What a raw value is stored as: itself, or the code it stands for.
struct as_raw {
  template <class P>
  static HWY_INLINE u8s of(u8s raw) {
    return raw;
  }
};
struct as_code {
  template <class P>
  static HWY_INLINE u8s of(u8s raw) {
    static_assert(P::step == 1 || P::step == 2);
    return hn::Add(P::step == 2 ? hn::Add(raw, raw) : raw, all_bytes<(P::offset & 0xFF)>());
  }
};

inline constexpr std::size_t vectors_per_plane = plane / bytes_per_vector;

/// Field F and those after it: the plane of field f goes to `to + f * distance`. Ascending, so that
/// each overwrites what lies past the width of the one before.
template <class P, class As, std::size_t F>
static HWY_INLINE void store_planes(const typename fields_of<P>::opened* o, std::size_t distance,
                                    std::uint8_t* to) {
  HWY_UNROLL(4)
  for (std::size_t v = 0; v < vectors_per_plane; ++v)
    hn::StoreU(As::template of<P>(fields_of<P>::template raw<F>(o[v])), u8_tag{},
               to + F * distance + v * bytes_per_vector);
  if constexpr (F + 1 < P::fields) store_planes<P, As, F + 1>(o, distance, to);
}

/// The planes of the block at w, `distance` bytes apart. At a distance of the block's width the
/// values lie in order, with up to 64 bytes of no meaning after them.
template <class P, class As>
static HWY_INLINE void unpack_block(const std::uint8_t* w, std::size_t distance, std::uint8_t* to) {
  typename fields_of<P>::opened o[vectors_per_plane];
  HWY_UNROLL(4)
  for (std::size_t v = 0; v < vectors_per_plane; ++v)
    o[v] = fields_of<P>::open(hn::LoadU(u8_tag{}, w + v * bytes_per_vector));
  store_planes<P, As, 0>(o, distance, to);
}

/// The raw values of a block of `count` codes, in order, and 64 zeros after them, in a buffer of
/// P::block + 64.
template <class P>
static HWY_NOINLINE void unpack_rest(const std::uint8_t* w, std::size_t count,
                                     std::uint8_t* to) noexcept {
  unpack_block<P, as_raw>(w, (count + P::fields - 1) / P::fields, to);
  __builtin_memset(to + count, 0, plane);
}

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE

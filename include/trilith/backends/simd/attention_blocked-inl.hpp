// A fragment of kernels-inl.hpp: attention to the bits of kv/blocked.hpp.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

/// Widens n values; up to a vector more is read and written.
static HWY_NOINLINE void widen(const float16* from, std::size_t n, float* to) {
  for (std::size_t i = 0; i < n; i += floats_per_vector)
    hn::StoreU(load_floats(from + i), f32_tag{}, to + i);
}

/// Probabilities in float32.
struct exponential_shares {
  static HWY_INLINE f32s of(f32s x) { return falling_exponentials(x); }
};

/// The blocked order over binary16.
struct fused_order {
  using element = float16;
  static constexpr bool first_is_wider = false;
  static HWY_INLINE std::size_t front(std::size_t) { return 0; }
  static HWY_INLINE std::size_t key_width(std::size_t n) { return n; }
  static HWY_INLINE std::size_t value_width(std::size_t n) { return n; }
  using shares = exponential_shares;

  template <std::size_t R, class B, class Ahead>
  static HWY_INLINE void score(const query_rows<R>& rows, const B* keys, std::size_t n,
                               std::size_t count, float* scores, const Ahead& ahead) {
    const f32s scale = hn::Set(f32_tag{}, 1.0f / square_root(static_cast<float>(n)));
    score_rows<R, fused_sums>(rows, key_elements<B>(keys, n), count, scale, scores, attention_block,
                              ahead);
  }
  template <std::size_t R, class B, class Ahead>
  static HWY_INLINE void mix(const B* values, std::size_t n, std::size_t count, const float* p,
                             const float* shrink, float* mixed, std::size_t width,
                             const Ahead& ahead) {
    mix_rows<R, fused_sums>(value_elements<B>(values, n), count, p, attention_block, shrink, mixed,
                            width, ahead);
  }

  static HWY_INLINE void widen_keys(const element* from, std::size_t n, std::size_t base,
                                    std::size_t positions, float* to) {
    widen(from + base * n, round_up(positions, key_tile) * n, to);
  }
  static HWY_INLINE void widen_values(const element* from, std::size_t n, std::size_t base,
                                      std::size_t positions, float* to) {
    widen(from + base * n, positions * n, to);
  }
};

static HWY_NOINLINE void attend_blocked(const attention_job& a) noexcept {
  running_attention<fused_order> work(a);
  work.run();
}

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE

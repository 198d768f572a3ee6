// A fragment of kernels-inl.hpp: the instructions of AMX, written out: the compilers' intrinsics
// need flags that a program would have to set, and g++ 12 loses the memory that _tile_loadconfig
// reads.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

/// Rows of 64 bytes, `stride` bytes apart, to or from tile T.
template <int T>
static HWY_INLINE void tile_load(const void* at, std::size_t stride = 64) {
  __asm__ volatile("tileloadd (%0,%1,1), %%tmm%c2" : : "r"(at), "r"(stride), "i"(T) : "memory");
}
/// The same for what is not needed again soon: it does not drive the sums and the unpacked weights
/// out of the first cache (an eighth to a fifth faster with 512 tokens).
template <int T>
static HWY_INLINE void tile_stream(const void* at, std::size_t stride = 64) {
  __asm__ volatile("tileloaddt1 (%0,%1,1), %%tmm%c2" : : "r"(at), "r"(stride), "i"(T) : "memory");
}
template <int T>
static HWY_INLINE void tile_store(void* at, std::size_t stride = 64) {
  __asm__ volatile("tilestored %%tmm%c2, (%0,%1,1)" : : "r"(at), "r"(stride), "i"(T) : "memory");
}
template <int T>
static HWY_INLINE void tile_zero() {
  __asm__ volatile("tilezero %%tmm%c0" : : "i"(T) : "memory");
}
/// Tile Sum += tile W, of unsigned bytes, times tile X, of signed ones.
template <int Sum, int W, int X>
static HWY_INLINE void tile_dots() {
  __asm__ volatile("tdpbusd %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(Sum), "i"(W), "i"(X) : "memory");
}
/// The same with signed bytes in both.
template <int Sum, int W, int X>
static HWY_INLINE void tile_signed_dots() {
  __asm__ volatile("tdpbssd %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(Sum), "i"(W), "i"(X) : "memory");
}
/// Tile Sum += tile A times tile B of pairs of bfloat16, in the order of kv/paired.hpp.
template <int Sum, int A, int B>
static HWY_INLINE void tile_bf16_dots() {
  __asm__ volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0"
                   :
                   : "i"(Sum), "i"(A), "i"(B)
                   : "memory");
}

/// While it lives the thread's tiles are eight of 16 rows of 64 bytes.
struct tile_session {
  tile_session() noexcept {
    struct {
      std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
      std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
      std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
    } const shape;
    __asm__ volatile("ldtilecfg %0" : : "m"(shape) : "memory");
  }
  tile_session(const tile_session&) = delete;
  tile_session& operator=(const tile_session&) = delete;
  ~tile_session() { __asm__ volatile("tilerelease" : : : "memory"); }
};

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE

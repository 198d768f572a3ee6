// A fragment of kernels-inl.hpp: the instructions of AMX, which are written out: the compilers'
// intrinsics need flags that a program would have to set, and g++ 12 loses the memory that
// _tile_loadconfig reads. amx_end-inl.hpp takes the names away again.
#define TRILITH_TILE_LOAD_ROWS(tile, at, stride) \
  __asm__ volatile("tileloadd (%0,%1,1), %%tmm" #tile : : "r"(at), "r"(stride) : "memory")
#define TRILITH_TILE_LOAD(tile, at) TRILITH_TILE_LOAD_ROWS(tile, at, std::size_t{64})
#define TRILITH_TILE_STORE_ROWS(tile, at, stride) \
  __asm__ volatile("tilestored %%tmm" #tile ", (%0,%1,1)" : : "r"(at), "r"(stride) : "memory")
#define TRILITH_TILE_STORE(tile, at) TRILITH_TILE_STORE_ROWS(tile, at, std::size_t{64})
#define TRILITH_TILE_ZERO(tile) __asm__ volatile("tilezero %%tmm" #tile : : : "memory")
#define TRILITH_TILE_DOTS(sum, w, x) \
  __asm__ volatile("tdpbusd %%tmm" #x ", %%tmm" #w ", %%tmm" #sum : : : "memory")
#define TRILITH_TILE_SIGNED_DOTS(sum, w, x) \
  __asm__ volatile("tdpbssd %%tmm" #x ", %%tmm" #w ", %%tmm" #sum : : : "memory")
#define TRILITH_TILE_BF16_DOTS(sum, a, b) \
  __asm__ volatile("tdpbf16ps %%tmm" #b ", %%tmm" #a ", %%tmm" #sum : : : "memory")

namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

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

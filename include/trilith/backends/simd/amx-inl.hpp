// A fragment of kernels-inl.hpp: tiles of products with AMX int8.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

// The instructions are written out: the compilers' intrinsics need flags that a program would have
// to set, and g++ 12 loses the memory that _tile_loadconfig reads.
#define TRILITH_TILE_LOAD_ROWS(tile, at, stride) \
  __asm__ volatile("tileloadd (%0,%1,1), %%tmm" #tile : : "r"(at), "r"(stride) : "memory")
#define TRILITH_TILE_LOAD(tile, at) TRILITH_TILE_LOAD_ROWS(tile, at, std::size_t{64})
#define TRILITH_TILE_STORE(tile, at)                      \
  __asm__ volatile("tilestored %%tmm" #tile ", (%0,%1,1)" \
                   :                                      \
                   : "r"(at), "r"(std::size_t{64})        \
                   : "memory")
#define TRILITH_TILE_ZERO(tile) __asm__ volatile("tilezero %%tmm" #tile : : : "memory")
#define TRILITH_TILE_DOTS(sum, w, x) \
  __asm__ volatile("tdpbusd %%tmm" #x ", %%tmm" #w ", %%tmm" #sum : : : "memory")
#define TRILITH_TILE_SIGNED_DOTS(sum, w, x) \
  __asm__ volatile("tdpbssd %%tmm" #x ", %%tmm" #w ", %%tmm" #sum : : : "memory")

/// Two tiles of 16 rows times two of 16 tokens: sums in tiles 0 to 3, weights in 4 and 5,
/// activations in 6 and 7.
struct amx_tiles {
  static constexpr std::size_t values = 640;  ///< at a time, for which the first cache has room
  /// While it lives the thread's tiles are eight of 16 rows of 64 bytes.
  struct session {
    session() noexcept {
      struct {
        std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
        std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
        std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
      } const shape;
      __asm__ volatile("ldtilecfg %0" : : "m"(shape) : "memory");
    }
    session(const session&) = delete;
    session& operator=(const session&) = delete;
    ~session() { __asm__ volatile("tilerelease" : : : "memory"); }
  };

  static HWY_INLINE void add(batch_block& b, const std::int8_t* x, std::size_t x_tile,
                             std::size_t steps, bool clear, int, const finish& done) {
    const std::size_t tiles = b.token_tiles();
    std::int32_t* sums = b.sums;
    std::size_t c = 0;
    // rows past b.row_tiles() hold what an earlier block left there: their sums are not read
    for (; c + 2 <= tiles; c += 2, x += 2 * x_tile, sums += 2 * sum_tile) {
      add_two(b.raw, x, x + x_tile, steps, clear, sums, b.ahead);
      done(c, 2);
    }
    if (c == tiles) return;
    add_one(b.raw, x, steps, clear, sums, b.ahead);
    done(c, 1);
  }

 private:
  static constexpr std::size_t second_raw = raw_tiles * raw_tile,
                               second_sums = sum_tiles * sum_tile;

  static void add_two(const std::uint8_t* raw, const std::int8_t* x, const std::int8_t* y,
                      std::size_t steps, bool clear, std::int32_t* sums,
                      lines_ahead& ahead) noexcept {
    if (clear) {
      TRILITH_TILE_ZERO(0);
      TRILITH_TILE_ZERO(1);
      TRILITH_TILE_ZERO(2);
      TRILITH_TILE_ZERO(3);
    } else {
      TRILITH_TILE_LOAD(0, sums);
      TRILITH_TILE_LOAD(1, sums + second_sums);
      TRILITH_TILE_LOAD(2, sums + sum_tile);
      TRILITH_TILE_LOAD(3, sums + second_sums + sum_tile);
    }
    for (std::size_t k = 0; k < steps * raw_tile; k += raw_tile) {
      TRILITH_TILE_LOAD(4, raw + k);
      TRILITH_TILE_LOAD(6, x + k);
      TRILITH_TILE_LOAD(5, raw + second_raw + k);
      TRILITH_TILE_LOAD(7, y + k);
      ahead.step();
      TRILITH_TILE_DOTS(0, 4, 6);
      TRILITH_TILE_DOTS(1, 5, 6);
      TRILITH_TILE_DOTS(2, 4, 7);
      TRILITH_TILE_DOTS(3, 5, 7);
    }
    TRILITH_TILE_STORE(0, sums);
    TRILITH_TILE_STORE(1, sums + second_sums);
    TRILITH_TILE_STORE(2, sums + sum_tile);
    TRILITH_TILE_STORE(3, sums + second_sums + sum_tile);
  }

  static void add_one(const std::uint8_t* raw, const std::int8_t* x, std::size_t steps, bool clear,
                      std::int32_t* sums, lines_ahead& ahead) noexcept {
    if (clear) {
      TRILITH_TILE_ZERO(0);
      TRILITH_TILE_ZERO(1);
    } else {
      TRILITH_TILE_LOAD(0, sums);
      TRILITH_TILE_LOAD(1, sums + second_sums);
    }
    for (std::size_t k = 0; k < steps * raw_tile; k += raw_tile) {
      TRILITH_TILE_LOAD(4, raw + k);
      TRILITH_TILE_LOAD(6, x + k);
      TRILITH_TILE_LOAD(5, raw + second_raw + k);
      ahead.step();
      TRILITH_TILE_DOTS(0, 4, 6);
      TRILITH_TILE_DOTS(1, 5, 6);
    }
    TRILITH_TILE_STORE(0, sums);
    TRILITH_TILE_STORE(1, sums + second_sums);
  }
};

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE

#include <trilith/backends/simd/amx_bytes-inl.hpp>

#undef TRILITH_TILE_LOAD_ROWS
#undef TRILITH_TILE_LOAD
#undef TRILITH_TILE_STORE
#undef TRILITH_TILE_ZERO
#undef TRILITH_TILE_DOTS
#undef TRILITH_TILE_SIGNED_DOTS

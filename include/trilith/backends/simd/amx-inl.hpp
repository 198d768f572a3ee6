// A fragment of kernels-inl.hpp: tiles of products with AMX int8.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

// The instructions are written out: the compilers' intrinsics need flags that a program would have
// to set, and g++ 12 loses the memory that _tile_loadconfig reads.

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
static HWY_INLINE void tile_store(std::int32_t* at) {
  __asm__ volatile("tilestored %%tmm%c2, (%0,%1,1)"
                   :
                   : "r"(at), "r"(std::size_t{64}), "i"(T)
                   : "memory");
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
      tile_zero<0>();
      tile_zero<1>();
      tile_zero<2>();
      tile_zero<3>();
    } else {
      tile_load<0>(sums);
      tile_load<1>(sums + second_sums);
      tile_load<2>(sums + sum_tile);
      tile_load<3>(sums + second_sums + sum_tile);
    }
    for (std::size_t k = 0; k < steps * raw_tile; k += raw_tile) {
      tile_load<4>(raw + k);
      tile_stream<6>(x + k);
      tile_load<5>(raw + second_raw + k);
      tile_stream<7>(y + k);
      ahead.step();
      tile_dots<0, 4, 6>();
      tile_dots<1, 5, 6>();
      tile_dots<2, 4, 7>();
      tile_dots<3, 5, 7>();
    }
    tile_store<0>(sums);
    tile_store<1>(sums + second_sums);
    tile_store<2>(sums + sum_tile);
    tile_store<3>(sums + second_sums + sum_tile);
  }

  static void add_one(const std::uint8_t* raw, const std::int8_t* x, std::size_t steps, bool clear,
                      std::int32_t* sums, lines_ahead& ahead) noexcept {
    if (clear) {
      tile_zero<0>();
      tile_zero<1>();
    } else {
      tile_load<0>(sums);
      tile_load<1>(sums + second_sums);
    }
    for (std::size_t k = 0; k < steps * raw_tile; k += raw_tile) {
      tile_load<4>(raw + k);
      tile_stream<6>(x + k);
      tile_load<5>(raw + second_raw + k);
      ahead.step();
      tile_dots<0, 4, 6>();
      tile_dots<1, 5, 6>();
    }
    tile_store<0>(sums);
    tile_store<1>(sums + second_sums);
  }
};

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE

#include <trilith/backends/simd/amx_few-inl.hpp>

#include <trilith/backends/simd/amx_bytes-inl.hpp>

// A fragment of kernels-inl.hpp: tiles of products with AMX int8.
#include <trilith/backends/simd/amx_session-inl.hpp>

namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

/// Two tiles of 16 rows times two of 16 tokens: sums in tiles 0 to 3, weights in 4 and 5,
/// activations in 6 and 7.
struct amx_tiles {
  static constexpr std::size_t values = 640;  ///< at a time, for which the first cache has room
  using session = tile_session;

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

#include <trilith/backends/simd/amx_end-inl.hpp>

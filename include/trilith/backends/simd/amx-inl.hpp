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

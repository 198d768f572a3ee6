#ifndef TRILITH_CORE_SHAPE_HPP
#define TRILITH_CORE_SHAPE_HPP

#include <trilith/core/error.hpp>
#include <trilith/core/text.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace trilith {

/// The sizes of a decoder. 0 means: not given, read it from the file.
/// A structural type, so that a blueprint can carry it: fixed<shape{.dim = 2560, ...}>.
struct shape {
  std::size_t dim = 0;       ///< D, width of the residual stream
  std::size_t ffn_dim = 0;   ///< F, width inside the feed-forward network
  std::size_t layers = 0;    ///< transformer blocks
  std::size_t heads = 0;     ///< H, query heads
  std::size_t kv_heads = 0;  ///< K, key and value heads; H / K query heads share one
  std::size_t head_dim = 0;  ///< width of a head, usually D / H
  std::size_t vocab = 0;     ///< V, tokens
  std::size_t context = 0;   ///< most tokens in a sequence

  friend constexpr bool operator==(const shape&, const shape&) = default;
};

/// The numbers that are not sizes; a file's own values replace these.
struct settings {
  float norm_eps = 1e-5f;      ///< added to a mean square before its root
  float rope_theta = 10000.f;  ///< base of the rotary angles
  friend constexpr bool operator==(const settings&, const settings&) = default;
};

/// A size of the model, by meaning. A parameter's description is written in these.
enum class axis : std::uint8_t { dim, ffn_dim, query_dim, kv_dim, head_dim, vocab };

[[nodiscard]] constexpr std::size_t extent(const shape& s, axis a) noexcept {
  switch (a) {
    case axis::dim:
      return s.dim;
    case axis::ffn_dim:
      return s.ffn_dim;
    case axis::query_dim:
      return s.heads * s.head_dim;
    case axis::kv_dim:
      return s.kv_heads * s.head_dim;
    case axis::head_dim:
      return s.head_dim;
    case axis::vocab:
      return s.vocab;
  }
  return 0;
}

/// The members of a shape with their names, for messages, files and printing.
struct shape_member {
  std::string_view name;
  std::size_t shape::*value;
};
inline constexpr std::array<shape_member, 8> shape_members{{{"dim", &shape::dim},
                                                            {"ffn_dim", &shape::ffn_dim},
                                                            {"layers", &shape::layers},
                                                            {"heads", &shape::heads},
                                                            {"kv_heads", &shape::kv_heads},
                                                            {"head_dim", &shape::head_dim},
                                                            {"vocab", &shape::vocab},
                                                            {"context", &shape::context}}};

/// Sizes beyond these are a damaged file, not a model; they also keep products of sizes in 64 bits.
inline constexpr std::size_t largest_size = std::size_t{1} << 24;
inline constexpr std::size_t largest_layers = 4096;

/// Whether a decoder of this shape can be built; the error names `where` the shape came from.
[[nodiscard]] inline status check(const shape& s, std::string_view where) {
  for (const shape_member& m : shape_members) {
    const std::size_t most = m.value == &shape::layers ? largest_layers : largest_size;
    if (const std::size_t found = s.*m.value; found == 0 || found > most)
      return error{errc::invalid_value, join(where, ": ", m.name, " should be between 1 and ", most,
                                             ", found ", found, ".")};
  }
  if (s.heads % s.kv_heads != 0)
    return error{errc::invalid_value,
                 join(where, ": heads should be a multiple of kv_heads, found ", s.heads, " and ",
                      s.kv_heads, ".")};
  if (s.head_dim % 2 != 0)
    return error{errc::invalid_value, join(where,
                                           ": head_dim should be even, since rotary positions "
                                           "turn pairs of values, found ",
                                           s.head_dim, ".")};
  return done{};
}

/// Whether a file's shape agrees with the sizes that `wanted` gives; the error names both.
[[nodiscard]] inline status check_agreement(const shape& wanted, const shape& found,
                                            std::string_view where) {
  for (const shape_member& m : shape_members)
    if (wanted.*m.value != 0 && wanted.*m.value != found.*m.value)
      return error{errc::mismatch,
                   join(where, ": the program was compiled for ", m.name, " = ", wanted.*m.value,
                        ", the file has ", m.name, " = ", found.*m.value, ".")};
  return done{};
}

}  // namespace trilith

#endif

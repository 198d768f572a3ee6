#ifndef TRILITH_IO_GGUF_TYPE_HPP
#define TRILITH_IO_GGUF_TYPE_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace trilith::io {

/// What the bytes of a GGUF tensor are, once its number is resolved: several programs give the
/// numbers 36 to 42 meanings of their own. Values are the numbers in files where those are unique.
enum class ggml_type : std::uint32_t {
  f32 = 0,
  f16 = 1,
  q4_0 = 2,
  q4_1 = 3,
  q5_0 = 6,
  q5_1 = 7,
  q8_0 = 8,
  q8_1 = 9,
  q2_k = 10,
  q3_k = 11,
  q4_k = 12,
  q5_k = 13,
  q6_k = 14,
  q8_k = 15,
  iq2_xxs = 16,
  iq2_xs = 17,
  iq3_xxs = 18,
  iq1_s = 19,
  iq4_nl = 20,
  iq3_s = 21,
  iq2_s = 22,
  iq4_xs = 23,
  i8 = 24,
  i16 = 25,
  i32 = 26,
  i64 = 27,
  f64 = 28,
  iq1_m = 29,
  bf16 = 30,
  q4_0_4_4 = 31,
  q4_0_4_8 = 32,
  q4_0_8_8 = 33,
  tq1_0 = 34,
  tq2_0 = 35,
  i2_s = 36,
  i8_s = 37,
  tl1 = 38,
  mxfp4 = 39,
  nvfp4 = 40,
  q1_0 = 41,
  q2_0 = 42,
  iq1_bn = 134,
  iq2_bn = 135,
  pq2_0 = 142,
  ptq1_0 = 143,
  iq2_bn_r4 = 335,
  tl2 = 0x10027,       ///< 39 or 42 in files
  q1_0_g32 = 0x10028,  ///< 40 in files
  stq1_0 = 0x1002A,    ///< 42 in files
  unknown = 0xFFFFFFFF
};

/// How a type takes bytes: `block_bytes` for each `block_weights` of a row, `row_bytes` for each
/// row and `tail_bytes` for the tensor. The blocks of an `is_flat` type run on across rows.
struct ggml_traits {
  ggml_type type;
  std::uint32_t id;  ///< the number in files
  std::string_view name;
  std::uint32_t block_weights, block_bytes;
  std::uint32_t row_bytes = 0, tail_bytes = 0;
  bool is_flat = false;
};

/// Every known type; of those that share a number, upstream's first. TL2 has a rule of its own, see
/// gguf_tensor_bytes (io/gguf/size.hpp).
/// Sources: ggml's ggml.h and ggml-common.h (0 to 35, 39 to 42); the forks of bitnet.cpp (36 to 39,
/// 42), ik_llama.cpp (134, 135, 335) and PrismML (40, 142, 143).
inline constexpr std::array<ggml_traits, 50> ggml_types{{
    {ggml_type::f32, 0, "F32", 1, 4},
    {ggml_type::f16, 1, "F16", 1, 2},
    {ggml_type::q4_0, 2, "Q4_0", 32, 18},
    {ggml_type::q4_1, 3, "Q4_1", 32, 20},
    {ggml_type::q5_0, 6, "Q5_0", 32, 22},
    {ggml_type::q5_1, 7, "Q5_1", 32, 24},
    {ggml_type::q8_0, 8, "Q8_0", 32, 34},
    {ggml_type::q8_1, 9, "Q8_1", 32, 36},
    {ggml_type::q2_k, 10, "Q2_K", 256, 84},
    {ggml_type::q3_k, 11, "Q3_K", 256, 110},
    {ggml_type::q4_k, 12, "Q4_K", 256, 144},
    {ggml_type::q5_k, 13, "Q5_K", 256, 176},
    {ggml_type::q6_k, 14, "Q6_K", 256, 210},
    {ggml_type::q8_k, 15, "Q8_K", 256, 292},
    {ggml_type::iq2_xxs, 16, "IQ2_XXS", 256, 66},
    {ggml_type::iq2_xs, 17, "IQ2_XS", 256, 74},
    {ggml_type::iq3_xxs, 18, "IQ3_XXS", 256, 98},
    {ggml_type::iq1_s, 19, "IQ1_S", 256, 50},
    {ggml_type::iq4_nl, 20, "IQ4_NL", 32, 18},
    {ggml_type::iq3_s, 21, "IQ3_S", 256, 110},
    {ggml_type::iq2_s, 22, "IQ2_S", 256, 82},
    {ggml_type::iq4_xs, 23, "IQ4_XS", 256, 136},
    {ggml_type::i8, 24, "I8", 1, 1},
    {ggml_type::i16, 25, "I16", 1, 2},
    {ggml_type::i32, 26, "I32", 1, 4},
    {ggml_type::i64, 27, "I64", 1, 8},
    {ggml_type::f64, 28, "F64", 1, 8},
    {ggml_type::iq1_m, 29, "IQ1_M", 256, 56},
    {ggml_type::bf16, 30, "BF16", 1, 2},
    {ggml_type::q4_0_4_4, 31, "Q4_0_4_4", 32, 18},
    {ggml_type::q4_0_4_8, 32, "Q4_0_4_8", 32, 18},
    {ggml_type::q4_0_8_8, 33, "Q4_0_8_8", 32, 18},
    {ggml_type::tq1_0, 34, "TQ1_0", 256, 54},
    {ggml_type::tq2_0, 35, "TQ2_0", 256, 66},
    {ggml_type::i2_s, 36, "I2_S", 128, 32, 0, 32, true},
    {ggml_type::i8_s, 37, "I8_S", 1, 1},
    {ggml_type::tl1, 38, "TL1", 4, 1, 0, 32, true},
    {ggml_type::mxfp4, 39, "MXFP4", 32, 17},
    {ggml_type::tl2, 39, "TL2", 1, 0},
    {ggml_type::nvfp4, 40, "NVFP4", 64, 36},
    {ggml_type::q1_0_g32, 40, "Q1_0_G32", 32, 6},
    {ggml_type::q1_0, 41, "Q1_0", 128, 18},
    {ggml_type::q2_0, 42, "Q2_0", 64, 18},
    {ggml_type::tl2, 42, "TL2", 1, 0},
    {ggml_type::stq1_0, 42, "STQ1_0", 256, 42},
    {ggml_type::iq1_bn, 134, "IQ1_BN", 64, 13, 2},
    {ggml_type::iq2_bn, 135, "IQ2_BN", 64, 16, 4},
    {ggml_type::pq2_0, 142, "PQ2_0", 128, 34},
    {ggml_type::ptq1_0, 143, "PTQ1_0", 128, 28},
    {ggml_type::iq2_bn_r4, 335, "IQ2_BN_R4", 64, 16, 4},
}};

/// The first line of the table for a type, or null for `unknown`.
[[nodiscard]] constexpr const ggml_traits* traits_of(ggml_type type) noexcept {
  for (const ggml_traits& t : ggml_types)
    if (t.type == type) return &t;
  return nullptr;
}

[[nodiscard]] constexpr std::string_view name_of(ggml_type type) noexcept {
  const ggml_traits* const t = traits_of(type);
  return t == nullptr ? "unknown" : t->name;
}

}  // namespace trilith::io

#endif

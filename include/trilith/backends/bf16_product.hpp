#ifndef TRILITH_BACKENDS_BF16_PRODUCT_HPP
#define TRILITH_BACKENDS_BF16_PRODUCT_HPP

#include <trilith/backends/float_product.hpp>

namespace trilith::inline TRILITH_ABI {

/// out[m, n] = (adds ? out[m, n] : 0) + sum_k b(left(m, k)) b(right(k, n)), b: to bfloat16.
///
/// left: [M, K], right: [K, N], out: [M, N], which neither overlaps. b rounds to nearest, ties to
/// even, and what is below 2^-56 to 0 (simd::bf16_operand). A sum is one chain in ascending k,
/// starting from out or +0, rounded to float after each addition. It is the order of the
/// instruction VDPBF16PS where a pair has its lower k in the upper half. The products are exact,
/// so that it makes no difference whether they are fused, and all thread counts and targets give
/// the same bits (test/kernels/bf16_product.cpp), those of multiply_floats() for rounded operands.
/// Exempt are sums with a product beyond the largest float, and those that start from an out below
/// 2^-103 which this function did not compute: there they might become subnormal, and the
/// instruction takes that as 0.
///
/// Cost: 2 M K N operations, with AVX-512 BF16 1.5 to 1.9 times as fast as multiply_floats() on Zen
/// 5; elsewhere, and on CPUs with AMX, up to a tenth slower than it, for the rounding.
///
/// @param memory  float_product_memory(run.threads) floats, overwritten
/// @see Intel: Software Developer's Manual, VDPBF16PS.
inline void multiply_bf16(const float_matrix& left, const float_matrix& right, span2d<float> out,
                          bool adds, std::span<float> memory, const executor& run) noexcept {
  TRILITH_PRECONDITION(left.rows == out.rows && right.cols == out.cols && left.cols == right.rows,
                       "multiply_bf16() needs left [M, K], right [K, N] and out [M, N].");
  TRILITH_PRECONDITION(memory.size() >= float_product_memory(run.threads),
                       "multiply_bf16() needs float_product_memory(threads) floats.");
  detail::multiply_tiles(simd::gradients().multiply_bf16, left, right, out, adds, memory, run);
}

/// The same product with its sums in the order of instructions that multiply tiles: over each 32
/// steps k, ascending,
///
///     sum  = sum + (even + odd)       even: products 0, 2, 4 ... of the 32 added in this order,
///                                     from +0; odd: 1, 3, 5 ... likewise
///
/// Operands, exempt sums and parameters are those of multiply_bf16(), and so all thread counts and
/// targets give the same bits (test/kernels/bf16_tiles.cpp).
///
/// Cost: with AMX a fifth to a third of the time of multiply_floats() (Granite Rapids); elsewhere
/// up to twice as much as it, since sums leave the registers after each 32 steps.
///
/// @see Intel: Architecture Instruction Set Extensions, TDPBF16PS.
inline void multiply_bf16_tiles(const float_matrix& left, const float_matrix& right,
                                span2d<float> out, bool adds, std::span<float> memory,
                                const executor& run) noexcept {
  TRILITH_PRECONDITION(left.rows == out.rows && right.cols == out.cols && left.cols == right.rows,
                       "multiply_bf16_tiles() needs left [M, K], right [K, N] and out [M, N].");
  TRILITH_PRECONDITION(memory.size() >= float_product_memory(run.threads),
                       "multiply_bf16_tiles() needs float_product_memory(threads) floats.");
  detail::multiply_tiles(simd::gradients().multiply_bf16_tiles, left, right, out, adds, memory,
                         run);
}

}  // namespace trilith::inline TRILITH_ABI

#endif

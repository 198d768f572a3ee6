#ifndef TRILITH_TRAIN_OPTIMISERS_NEWTON_SCHULZ_HPP
#define TRILITH_TRAIN_OPTIMISERS_NEWTON_SCHULZ_HPP

#include <trilith/backends/float_product.hpp>
#include <trilith/train/gradients.hpp>
#include <trilith/train/optimisers/blend.hpp>

namespace trilith::inline TRILITH_ABI {

/// Floats that newton_schulz needs as memory for a matrix [rows, cols].
[[nodiscard]] constexpr std::size_t newton_schulz_floats(std::size_t rows, std::size_t cols,
                                                         std::size_t threads = 1) noexcept {
  const std::size_t p = min_of(rows, cols);
  return 2 * rows * cols + 2 * p * p + float_product_memory(threads);
}

/// Replaces a matrix U [m, n] by one that has its singular vectors and singular values near 1. With
/// X [p, q] = U, or its transpose where m > n, so that p <= q:
///
///     X <- X / (||X||_F + 1e-7)
///     five times:   A = X X^T      B = b A + c A A      X <- a X + B X
///
/// (a, b, c) = (3.4445, -4.7750, 2.0315). Each singular value s becomes p(p(p(p(p(s))))) with
/// p(s) = a s + b s^3 + c s^5, which is steep at 0 and by design does not converge: singular values
/// of at least 0.01 ||U||_F end in [0.68, 1.14]. A zero matrix stays zero, one
/// without elements as it is. The result does not depend on the size of U, and that of U^T is the
/// transpose (test/unit/train_newton_schulz.cpp). The same bits for any number of threads.
///
/// @param memory  newton_schulz_floats(m, n, threads.threads) floats, overwritten
/// Cost: 5 (4 p^2 q + 2 p^3) float operations, by multiply_floats.
/// @see Jordan et al.: "Muon: An optimizer for hidden layers in neural networks" (2024);
///      github.com/KellerJordan/Muon, muon.py, which computes in bfloat16.
inline void newton_schulz(const span2d<float>& u, std::span<float> memory,
                          const executor& threads = {}) noexcept {
  using namespace optimiser_detail;
  constexpr float a = 3.4445f, b = -4.7750f, c = 2.0315f;
  const std::size_t p = min_of(u.rows, u.cols), q = max_of(u.rows, u.cols);
  TRILITH_PRECONDITION(
      memory.size() >= newton_schulz_floats(p, q, threads.threads) && u.stride == u.cols,
      "newton_schulz() needs newton_schulz_floats() of memory.");
  if (p == 0) return;
  const span2d<float> x(memory.data(), p, q), next(x.data + p * q, p, q);
  const span2d<float> gram(next.data + p * q, p, p), poly(gram.data + p * p, p, p);

  const double norm = double_math::square_root(squared_norm({u.data, p * q}, threads));
  scale_gradient({u.data, p * q}, static_cast<float>(1 / (norm + 1e-7)), threads);
  if (u.rows > u.cols)
    transpose(u, x);
  else
    __builtin_memcpy(x.data, u.data, p * q * sizeof(float));
  const std::span<float> tiles = memory.subspan(2 * p * (p + q));
  for (int iteration = 0; iteration < 5; ++iteration) {
    multiply_floats(x, float_matrix(x).transposed(), gram, false, tiles, threads);
    scale_into(poly, b / c, gram, threads);
    multiply_floats(gram, gram, poly, true, tiles, threads);
    scale_into(next, a / c, x, threads);
    multiply_floats(poly, x, next, true, tiles, threads);
    scale_into(x, c, next, threads);
  }
  if (u.rows > u.cols)
    transpose(x, u);
  else
    __builtin_memcpy(u.data, x.data, p * q * sizeof(float));
}

}  // namespace trilith::inline TRILITH_ABI

#endif

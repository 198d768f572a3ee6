#ifndef TRILITH_ADAPT_SVF_DECOMPOSE_HPP
#define TRILITH_ADAPT_SVF_DECOMPOSE_HPP

#include <trilith/adapt/svf_file.hpp>
#include <trilith/adapt/svf_values.hpp>
#include <trilith/io/safetensors/progress.hpp>

/// Singular values of matrices and models. Eigen finds them: with CMake link trilith::svd; without
/// it define TRILITH_WITH_EIGEN beside TRILITH_IMPLEMENTATION. Factors can be made on one machine,
/// saved, and used where there is no Eigen.
namespace trilith::TRILITH_IMPLEMENTED {
/// w: [rows, cols], a row every `stride` floats; u: [rows, r], s: [r] descending, v: [cols, r], r =
/// min(rows, cols). In each column of u the first of the largest entries is positive. False where
/// the iteration did not end.
bool find_singular_values(const float* w, std::size_t rows, std::size_t cols, std::size_t stride,
                          float* u, float* s, float* v);
}  // namespace trilith::TRILITH_IMPLEMENTED

namespace trilith::inline TRILITH_ABI {

/// The singular values of a matrix of finite floats: W = U diag(S) V^T within 1e-7 |W|.
///
///     auto w = tl::singular_values_of({elements, rows, cols});
///
/// Errors: invalid_value for weights that are not finite. Cost: 0.07 s for 320 x 320, 0.15 s for
/// 864 x 320, and with the cube of the size.
[[nodiscard]] inline result<singular_values> singular_values_of(span2d<const float> w) {
  for (std::size_t r = 0; r < w.rows; ++r)
    if (!is_finite(absmax(w.data + r * w.stride, w.cols)))
      return error{errc::invalid_value, join("expected finite weights, found others in row ", r)};
  singular_values out(w.rows, w.cols, min_of(w.rows, w.cols));
  if (out.rank() != 0 && !TRILITH_IMPLEMENTED::find_singular_values(
                             w.data, w.rows, w.cols, w.stride, out.u.elements.data(), out.s.data(),
                             out.v.elements.data()))
    return error{errc::invalid_value, "the singular values did not converge"};
  return out;
}

namespace detail {

/// Decomposes what is wanted and not there yet, one matrix after the other.
template <class Wanted>
struct decompose_missing {
  svf_factors& factors;
  const Wanted& wanted;
  const io::progress& report;
  std::size_t count;  ///< of the matrices that are wanted
  std::size_t at = 0;
  status good = done{};
  aligned_buffer<float> memory = {};

  template <class Matrix>
  void operator()(const std::string& name, const Matrix& m, auto) {
    if (!good || !wanted(name)) return;
    const span2d<const float> w = floats_of(m, memory);
    const auto share = static_cast<double>(at++) / static_cast<double>(count);
    if (factors.find(name) != nullptr) {
      if (auto same = factors.expect(name, w); !same) good = std::move(same).error();
    } else if (!report(share, name)) {
      good =
          error{errc::cancelled, join(factors.origin, ": cancelled in front of ", name, ", with ",
                                      factors.matrices.size(), " matrices decomposed.")};
    } else if (auto values = singular_values_of(w); values) {
      factors.matrices.push_back({name, fingerprint_of(w), std::move(*values)});
    } else {
      good = error{values.error().code, join(name, ": ", values.error().message, ".")};
    }
  }
};

template <class Model, class Wanted>
[[nodiscard]] status decompose_into(svf_factors& factors, const Model& model, const Wanted& wanted,
                                    const io::progress& report) {
  std::size_t count = 0;
  for_each_hidden_matrix(
      model, [&](const std::string& name, const auto&, auto) { count += wanted(name); });
  decompose_missing<Wanted> visit{factors, wanted, report, count};
  for_each_hidden_matrix(model, visit);
  if (visit.good) (void)report(1.0, {});
  return std::move(visit.good);
}

}  // namespace detail

/// The singular values of a model's hidden matrices: decoded ones where they are packed.
///
///     auto factors = tl::decompose(model, tl::feed_forward_matrices{});
///
/// @param wanted  wanted(name) says which matrices
/// @param report  hears of each matrix in front of it; false cancels, and nothing is returned. At
///                the end it hears of 1 and no name.
/// Errors: invalid_value, naming the matrix; cancelled. Cost: see singular_values_of().
template <Realisation Model, class Wanted = every_matrix>
[[nodiscard]] result<svf_factors> decompose(const Model& model, const Wanted& wanted = {},
                                            const io::progress& report = {}) {
  svf_factors out;
  if (status good = detail::decompose_into(out, model, wanted, report); !good)
    return std::move(good).error();
  return out;
}

/// The same, kept in a file: what it has is read, the rest is decomposed and written. Where it is
/// cancelled, the file holds the matrices that were done, and the next call goes on behind them.
///
/// Errors: those of load_svf(), save_svf() and decompose(); mismatch where the file is of other
/// weights, which it does not replace: remove it, or choose another path.
template <Realisation Model, class Wanted = every_matrix>
[[nodiscard]] result<svf_factors> decompose_cached(std::string_view path, const Model& model,
                                                   const Wanted& wanted = {},
                                                   const io::progress& report = {}) {
  svf_factors out;
  out.origin = path;
  if (auto file = load_svf(path); file)
    out = std::move(*file);
  else if (file.error().code != errc::file_not_found)
    return std::move(file).error();
  const std::size_t had = out.matrices.size();
  const status good = detail::decompose_into(out, model, wanted, report);
  if (out.matrices.size() != had && (good || good.error().code == errc::cancelled))
    if (status saved = save_svf(path, out); !saved) return std::move(saved).error();
  if (!good) return good.error();
  return out;
}

}  // namespace trilith::inline TRILITH_ABI

#endif

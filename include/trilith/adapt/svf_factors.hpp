#ifndef TRILITH_ADAPT_SVF_FACTORS_HPP
#define TRILITH_ADAPT_SVF_FACTORS_HPP

#include <trilith/adapt/svf_fingerprint.hpp>
#include <trilith/adapt/svf_matrices.hpp>
#include <trilith/adapt/svf_values.hpp>
#include <trilith/core/text.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trilith::inline TRILITH_ABI {

/// One matrix of a model by its singular values.
struct svf_matrix {
  std::string name;             ///< "blocks.0.ffn.gate"
  std::uint64_t fingerprint{};  ///< of the weights it was made from
  singular_values values;
};

/// Matrices of a model by their singular values: decompose() (adapt/svf_decompose.hpp) makes them,
/// load_svf() reads them. They are of certain weights, and know these by their fingerprints.
struct svf_factors {
  std::vector<svf_matrix> matrices;
  std::string origin = "svf_factors";  ///< what errors call it: the path of its file

  /// The matrix of this name, or null.
  [[nodiscard]] const svf_matrix* find(std::string_view name) const noexcept {
    for (const svf_matrix& m : matrices)
      if (m.name == name) return &m;
    return nullptr;
  }
  /// The matrix of this name, which must be of these weights. Errors: mismatch where it is absent
  /// or of other weights.
  [[nodiscard]] result<const svf_matrix*> expect(std::string_view name,
                                                 span2d<const float> weights) const;
};

namespace detail {

/// "FILE: tensor NAME: expected X, found Y."
[[nodiscard]] inline error unexpected(errc code, std::string_view file, std::string_view tensor,
                                      std::string_view expected, std::string_view found) {
  return {code, join(file, ": tensor ", tensor, ": expected ", expected, ", found ", found, ".")};
}
[[nodiscard]] inline std::string sizes_of(std::size_t rows, std::size_t cols) {
  return join("[", rows, ", ", cols, "]");
}

}  // namespace detail

inline result<const svf_matrix*> svf_factors::expect(std::string_view name,
                                                     span2d<const float> weights) const {
  const svf_matrix* const m = find(name);
  const std::string wanted = detail::sizes_of(weights.rows, weights.cols);
  if (m == nullptr)
    return detail::unexpected(errc::mismatch, origin, name,
                              join("singular values of a matrix ", wanted), "none");
  if (m->values.out() != weights.rows || m->values.in() != weights.cols)
    return detail::unexpected(errc::mismatch, origin, name,
                              join("singular values of a matrix ", wanted),
                              detail::sizes_of(m->values.out(), m->values.in()));
  if (const std::uint64_t print = fingerprint_of(weights); print != m->fingerprint)
    return detail::unexpected(
        errc::mismatch, origin, name, join("weights with the fingerprint ", hexadecimal(print)),
        join(hexadecimal(m->fingerprint), ": the singular values are of other weights"));
  return m;
}

/// Whether every matrix of the factors is one of the model, with these weights. Errors: mismatch,
/// naming the file, the tensor, what was expected and what was found. Cost: a pass over the model.
template <Realisation Model>
[[nodiscard]] status expect_weights(const svf_factors& factors, const Model& model) {
  status good = done{};
  std::size_t found = 0;
  aligned_buffer<float> memory;
  for_each_hidden_matrix(model, [&](const std::string& name, const auto& m, auto) {
    if (!good || factors.find(name) == nullptr) return;
    ++found;
    if (auto same = factors.expect(name, floats_of(m, memory)); !same)
      good = std::move(same).error();
  });
  if (!good || found == factors.matrices.size()) return good;
  return error{errc::mismatch,
               join(factors.origin, ": expected matrices of the model alone, found ",
                    factors.matrices.size() - found, " others.")};
}

}  // namespace trilith::inline TRILITH_ABI

#endif

#ifndef TRILITH_ADAPT_SVF_MIXTURE_HPP
#define TRILITH_ADAPT_SVF_MIXTURE_HPP

#include <trilith/adapt/svf_expert.hpp>
#include <trilith/train/permutation.hpp>

#include <utility>

namespace trilith::inline TRILITH_ABI {

namespace detail {

/// sum_k a_k c_k z_k of one matrix; an expert that leaves it alone has c z = 1.
[[nodiscard]] TRILITH_EXACT_FLOAT inline std::vector<float> mix_part(
    const svf_matrix& m, std::span<const svf_expert> experts, std::span<const double> a) {
  TRILITH_EXACT_FLOAT_BODY
  std::vector<double> sum(m.values.rank());
  for (std::size_t k = 0; k < experts.size(); ++k) {
    const expert_part* const p = experts[k].find(m.name);
    const double c = p == nullptr ? 1 : experts[k].scaling(*p).factor(m.values);
    for (std::size_t i = 0; i < sum.size(); ++i)
      sum[i] += a[k] * (p == nullptr ? 1 : c * static_cast<double>(p->z[i]));
  }
  std::vector<float> z(sum.size());
  for (std::size_t i = 0; i < z.size(); ++i) z[i] = static_cast<float>(sum[i]);
  return z;
}

[[nodiscard]] inline status expect_mixable(const svf_factors& factors,
                                           std::span<const svf_expert> experts,
                                           std::size_t coefficients) {
  if (experts.empty() || coefficients != experts.size())
    return error{errc::invalid_argument,
                 join("mix_experts: expected a coefficient for each of at least one expert, found ",
                      coefficients, " for ", experts.size(), ".")};
  for (const svf_expert& e : experts) {
    if (e.renormalised != experts[0].renormalised)
      return error{errc::invalid_argument,
                   "mix_experts: expected experts that are all renormalised or none, found both."};
    if (status good = expect_parts(factors, e); !good) return good;
  }
  return done{};
}

[[nodiscard]] inline bool changes(std::span<const svf_expert> experts, std::string_view name) {
  for (const svf_expert& e : experts)
    if (e.find(name) != nullptr) return true;
  return false;
}

}  // namespace detail

/// The expert between experts:
///
///     z = sum_k a_k c_k z_k
///
/// of what the singular values are really multiplied by. (The published code adds up the numbers
/// that its sigmoid would be taken of, and takes none.) Where the a_k add up to 1 and no z is
/// negative, the mixture needs no other factor than 1; else it is renormalised as its experts are.
///
///     const auto found = tl::cem(objective, {}, tl::even_start(experts.size()));
///     auto best = tl::mix_experts(*factors, experts, found->best);
///
/// Errors: invalid_argument for experts of which some are renormalised and others not, or for
/// another number of coefficients; mismatch for an expert of other factors.
/// @see Sun et al.: "Transformer^2", arXiv 2501.06252, section 3.2.
[[nodiscard]] inline result<svf_expert> mix_experts(const svf_factors& factors,
                                                    std::span<const svf_expert> experts,
                                                    std::span<const double> a) {
  if (status good = detail::expect_mixable(factors, experts, a.size()); !good)
    return std::move(good).error();
  svf_expert out{.parts = {}, .renormalised = experts[0].renormalised};
  for (const svf_matrix& m : factors.matrices)
    if (detail::changes(experts, m.name))
      out.parts.push_back({m.name, detail::mix_part(m, experts, a)});
  return out;
}

/// The control of an experiment: the same numbers, each matrix's in another order, so that what is
/// left is their size and spread. The same seed gives the same order.
[[nodiscard]] inline svf_expert shuffled(const svf_expert& expert, std::uint64_t seed) {
  svf_expert out = expert;
  for (std::size_t k = 0; k < out.parts.size(); ++k) {
    std::vector<float>& z = out.parts[k].z;
    for (std::size_t i = 0; i < z.size(); ++i)
      z[i] = expert.parts[k].z[permuted(i, z.size(), seed, k)];
  }
  return out;
}

}  // namespace trilith::inline TRILITH_ABI

#endif

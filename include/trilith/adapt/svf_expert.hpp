#ifndef TRILITH_ADAPT_SVF_EXPERT_HPP
#define TRILITH_ADAPT_SVF_EXPERT_HPP

#include <trilith/adapt/svf_apply.hpp>
#include <trilith/adapt/svf_factors.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace trilith::inline TRILITH_ABI {

/// The factors that an expert has for one matrix.
struct expert_part {
  std::string name;      ///< "blocks.0.ffn.gate"
  std::vector<float> z;  ///< one for each singular value, channel, or matrix
};

/// The part of this name, or null.
[[nodiscard]] inline const expert_part* find_part(std::span<const expert_part> parts,
                                                  std::string_view name) noexcept {
  for (const expert_part& p : parts)
    if (p.name == name) return &p;
  return nullptr;
}

/// What an expert knows: a factor for each singular value of some matrices of a model,
///
///     W' = c U diag(S z) V^T      z: [r],  c as singular_scaling has it
///
/// and nothing for the others, which stay as they are. One of r = min(Out, In) numbers a matrix is
/// a few kilobytes where a change of rank 16 is some hundreds.
///
/// z begins as 1 and is multiplied as it is. (The published code multiplies by sigmoid(p) with p
/// near 0.1, so by 0.525 at first; where S is renormalised, that is the same beginning.)
/// @see Sun et al.: "Transformer^2: Self-adaptive LLMs", arXiv 2501.06252, section 3.1.
struct svf_expert {
  std::vector<expert_part> parts;
  bool renormalised = true;  ///< see singular_scaling

  [[nodiscard]] const expert_part* find(std::string_view name) const noexcept {
    return find_part(parts, name);
  }
  [[nodiscard]] std::size_t parameters() const noexcept {
    std::size_t sum = 0;
    for (const expert_part& p : parts) sum += p.z.size();
    return sum;
  }
  [[nodiscard]] singular_scaling scaling(const expert_part& p) const noexcept {
    return {p.z, renormalised};
  }
};

namespace detail {

/// Whether these factors have singular values for a part. Error: mismatch, or invalid_value.
[[nodiscard]] inline status expect_part(const svf_factors& factors, const expert_part& part) {
  const svf_matrix* const m = factors.find(part.name);
  if (m == nullptr)
    return unexpected(errc::mismatch, factors.origin, part.name,
                      join(part.z.size(), " singular values for an expert"), "none");
  if (m->values.rank() != part.z.size())
    return unexpected(errc::mismatch, factors.origin, part.name,
                      join(part.z.size(), " singular values for an expert"),
                      join(m->values.rank()));
  if (!is_finite(absmax(part.z.data(), part.z.size())))
    return error{errc::invalid_value, join("svf_expert: ", part.name, ": z is not finite.")};
  return done{};
}

[[nodiscard]] inline status expect_all_found(std::string_view who, std::size_t parts,
                                             std::size_t found) {
  if (parts == found) return done{};
  return error{errc::mismatch, join(who, ": the expert changes ", parts,
                                    " matrices, the model has ", found, " of them.")};
}

[[nodiscard]] inline status expect_parts(const svf_factors& factors, const svf_expert& expert) {
  for (const expert_part& p : expert.parts)
    if (status good = expect_part(factors, p); !good) return good;
  return done{};
}

/// Whether the weights of a model are those that the expert changes.
template <Realisation Model>
[[nodiscard]] status expect_model(const svf_expert& expert, const svf_factors& factors,
                                  const Model& model) {
  status good = expect_parts(factors, expert);
  std::size_t found = 0;
  for_each_hidden_matrix(model, [&](const std::string& name, const auto& m, auto) {
    if (!good || expert.find(name) == nullptr) return;
    ++found;
    if (auto same = factors.expect(name, {m.elements.data(), m.rows, m.cols}); !same)
      good = std::move(same).error();
  });
  return !good ? std::move(good) : expect_all_found("apply_expert", expert.parts.size(), found);
}

}  // namespace detail

/// An expert makes the weights of a latent or dense model its own: W becomes W'. The weights must
/// be those that the factors are of, so an expert is not applied on top of another one; keep the
/// model, or pack it, before.
///
///     auto factors = tl::load_svf("model.svf.safetensors");
///     if (auto good = tl::apply_expert(expert, *factors, model); !good) return good;
///
/// Errors: mismatch, naming the tensor; then nothing is changed. Cost: Out In r multiplications a
/// matrix.
template <Realisation Model>
  requires(HasFloats<Model>)
[[nodiscard]] status apply_expert(const svf_expert& expert, const svf_factors& factors,
                                  Model& model, const executor& run = {}) {
  if (status good = detail::expect_model(expert, factors, model); !good) return good;
  svf_room room(run);
  for_each_hidden_matrix(model, [&](const std::string& name, auto& m, auto) {
    if (const expert_part* const p = expert.find(name); p != nullptr)
      add_svf(factors.find(name)->values, expert.scaling(*p), {m.elements.data(), m.rows, m.cols},
              room);
  });
  return done{};
}

}  // namespace trilith::inline TRILITH_ABI

#endif

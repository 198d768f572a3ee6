#ifndef TRILITH_EXAMPLES_TERNARY_EXPERT_HPP
#define TRILITH_EXAMPLES_TERNARY_EXPERT_HPP

#include <trilith/adapt/draw_latents.hpp>
#include <trilith/adapt/merge_model.hpp>
#include <trilith/adapt/svf.hpp>

#include "shipped_teller.hpp"

// [latent]
/// Latent weights of the shipped model's codes that an expert has changed: packed, they are a
/// ternary model that keeps most of it.
inline trilith::latent<shipped_blueprint> in_latent_weights(const trilith::svf_expert& expert,
                                                            const trilith::svf_factors& factors,
                                                            const shipped_teller& teller,
                                                            std::uint64_t seed) {
  namespace tl = trilith;
  tl::adapter change;
  for (const tl::svf_matrix& m : factors.matrices)
    if (const tl::expert_part* const part = expert.find(m.name))
      change.parts.push_back(
          {m.name, tl::svf_correction(m.values, expert.scaling(*part), m.values.rank())});
  auto student = tl::draw_latents(teller.model, seed);
  tl::merge_into_latent(student, change);
  return student;
}
// [latent]

#endif

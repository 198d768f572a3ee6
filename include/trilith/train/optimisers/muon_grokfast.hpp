#ifndef TRILITH_TRAIN_OPTIMISERS_MUON_GROKFAST_HPP
#define TRILITH_TRAIN_OPTIMISERS_MUON_GROKFAST_HPP

#include <trilith/train/optimisers/grokfast.hpp>
#include <trilith/train/optimisers/muon.hpp>

namespace trilith::inline TRILITH_ABI {

/// Grokfast, then Muon for hidden matrices and AdamW for all others: gradients are amplified where
/// they persist, before any momentum; the weights it moves are the latent ones, float32, and
/// quantising them is left to the next forward pass. One rate serves both, by scaling::rms.
///
///     G <- G + lambda mu                        grokfast<ema>, every tensor
///     W <- muon(G) or adamw(G)                  by role
///
///     tl::muon_grokfast optimiser{.rate = 2e-3, .filter = {.lambda = 0.5}};
///     using long_memory = tl::muon_with<tl::scaling::rms, tl::grokfast<tl::filter::ma>>;
///
/// Cost and state: those of muon_with, and one float a weight for mu.
/// @see muon.hpp and grokfast.hpp for the papers.
using muon_grokfast = muon_with<scaling::rms, grokfast<filter::ema>>;

static_assert(Optimiser<muon_grokfast>);

}  // namespace trilith::inline TRILITH_ABI

#endif

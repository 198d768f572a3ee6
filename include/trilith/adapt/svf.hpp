#ifndef TRILITH_ADAPT_SVF_HPP
#define TRILITH_ADAPT_SVF_HPP

/// Singular value fine-tuning (SVF) and what is near it: docs/svf.md.

#include <trilith/adapt/svf_apply.hpp>
#include <trilith/adapt/svf_channel_learner.hpp>
#include <trilith/adapt/svf_channels.hpp>
#include <trilith/adapt/svf_channels_learned.hpp>
#include <trilith/adapt/svf_decompose.hpp>
#include <trilith/adapt/svf_expert.hpp>
#include <trilith/adapt/svf_expert_file.hpp>
#include <trilith/adapt/svf_factors.hpp>
#include <trilith/adapt/svf_file.hpp>
#include <trilith/adapt/svf_fingerprint.hpp>
#include <trilith/adapt/svf_learned.hpp>
#include <trilith/adapt/svf_learner.hpp>
#include <trilith/adapt/svf_matrices.hpp>
#include <trilith/adapt/svf_mixture.hpp>
#include <trilith/adapt/svf_product.hpp>
#include <trilith/adapt/svf_requantise.hpp>
#include <trilith/adapt/svf_tensors.hpp>
#include <trilith/adapt/svf_values.hpp>

#endif

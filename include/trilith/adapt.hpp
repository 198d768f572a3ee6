#ifndef TRILITH_ADAPT_HPP
#define TRILITH_ADAPT_HPP

/// Changes of few parameters to a model: how they are trained, baked and merged.

#include <trilith/adapt/adapted.hpp>
#include <trilith/adapt/adapter.hpp>
#include <trilith/adapt/advantages.hpp>
#include <trilith/adapt/agreement.hpp>
#include <trilith/adapt/bake.hpp>
#include <trilith/adapt/bake_batch.hpp>
#include <trilith/adapt/bake_cycle.hpp>
#include <trilith/adapt/bake_options.hpp>
#include <trilith/adapt/classify.hpp>
#include <trilith/adapt/code_changes.hpp>
#include <trilith/adapt/draw_latents.hpp>
#include <trilith/adapt/low_rank.hpp>
#include <trilith/adapt/low_rank_learner.hpp>
#include <trilith/adapt/merge.hpp>
#include <trilith/adapt/merge_model.hpp>
#include <trilith/adapt/merge_report.hpp>
#include <trilith/adapt/pass_learner.hpp>
#include <trilith/adapt/plateau.hpp>
#include <trilith/adapt/prompted.hpp>
#include <trilith/adapt/reinforce.hpp>
#include <trilith/adapt/reinforce_options.hpp>
#include <trilith/adapt/response_batch.hpp>
#include <trilith/adapt/svf.hpp>
#include <trilith/adapt/ternary_change.hpp>
#include <trilith/adapt/ternary_learner.hpp>
#include <trilith/adapt/ternary_sign.hpp>
#include <trilith/adapt/trajectory.hpp>

#endif

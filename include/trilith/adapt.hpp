#ifndef TRILITH_ADAPT_HPP
#define TRILITH_ADAPT_HPP

/// Changes of few parameters to a model, and what becomes of them when they are merged.

#include <trilith/adapt/low_rank.hpp>
#include <trilith/adapt/low_rank_learner.hpp>
#include <trilith/adapt/merge.hpp>
#include <trilith/adapt/merge_report.hpp>

#endif

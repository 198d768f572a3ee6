#ifndef TRILITH_SEARCH_HPP
#define TRILITH_SEARCH_HPP

/// Searches without gradients: the cross-entropy method for one figure, NSGA-II for several, and
/// what a front of several is worth.

#include <trilith/search/cem.hpp>
#include <trilith/search/indicators.hpp>
#include <trilith/search/nsga2.hpp>
#include <trilith/search/pareto_table.hpp>
#include <trilith/search/variation.hpp>

#endif

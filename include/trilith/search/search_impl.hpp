#ifndef TRILITH_SEARCH_SEARCH_IMPL_HPP
#define TRILITH_SEARCH_SEARCH_IMPL_HPP

/// Searches, compiled in one file of a program with the rest of the runtime.

#include <trilith/search/cem_impl.hpp>
#include <trilith/search/indicators_impl.hpp>
#include <trilith/search/nsga2_impl.hpp>
#include <trilith/search/pareto_svg_impl.hpp>
#include <trilith/search/pareto_table_impl.hpp>
#include <trilith/search/ranking_impl.hpp>

#endif

#ifndef TRILITH_SWEEP_HPP
#define TRILITH_SWEEP_HPP

/// Precision experiments: loops over schemes as types, and what they found.

#include <trilith/activations/f8.hpp>
#include <trilith/activations/fp4.hpp>
#include <trilith/activations/hadamard.hpp>
#include <trilith/activations/int4.hpp>
#include <trilith/activations/top_k.hpp>
#include <trilith/kv/coded.hpp>
#include <trilith/kv/f16.hpp>
#include <trilith/model/edged_block.hpp>
#include <trilith/sweep/sweep.hpp>

#endif

// A fragment of kernels-inl.hpp: all that products of packed codes with int8 activations need. It
// is included once more for each extension of an instruction set (kernels-inl.hpp).
#include <trilith/backends/simd/vectors-inl.hpp>

#include <trilith/backends/simd/floats-inl.hpp>

#include <trilith/backends/simd/fields-inl.hpp>

#include <trilith/backends/simd/pairs-inl.hpp>

#include <trilith/backends/simd/sums-inl.hpp>

#include <trilith/backends/simd/unpack-inl.hpp>

#include <trilith/backends/simd/int8-inl.hpp>

#include <trilith/backends/simd/listed_rows-inl.hpp>

#include <trilith/backends/simd/transpose-inl.hpp>

#include <trilith/backends/simd/arrange-inl.hpp>

#include <trilith/backends/simd/block_unpack-inl.hpp>

#include <trilith/backends/simd/block_outputs-inl.hpp>

#include <trilith/backends/simd/batch-inl.hpp>

#include <trilith/backends/simd/lane_tiles-inl.hpp>

#include <trilith/backends/simd/extended_tables-inl.hpp>

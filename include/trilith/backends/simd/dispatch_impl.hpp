#ifndef TRILITH_BACKENDS_SIMD_DISPATCH_IMPL_HPP
#define TRILITH_BACKENDS_SIMD_DISPATCH_IMPL_HPP

// The kernels of every instruction set, and the choice among them. A file that defines one or two
// of TRILITH_KERNELS_WITHOUT_PRODUCTS, ..._ROWS and ..._GRADIENTS leaves those parts to other
// files: they compile at once.

#if defined(HWY_HIGHWAY_INCLUDED) || defined(HIGHWAY_HWY_FOREACH_TARGET_H_)
#error \
    "trilith: include the Trilith header before any <hwy/...> header in the file that defines TRILITH_IMPLEMENTATION."
#endif
#if !__has_include(<hwy/highway.h>)
#error \
    "trilith: the kernels need Highway 1.0.3 or newer on the include path; install libhwy-dev (only its headers are used)."
#endif

#include <trilith/backends/simd/cpu.hpp>
#include <trilith/backends/simd/foreach.hpp>

#if !defined(TRILITH_KERNELS_WITHOUT_PRODUCTS)
#include <trilith/backends/simd/products_impl.hpp>
#endif
#if !defined(TRILITH_KERNELS_WITHOUT_ROWS)
#include <trilith/backends/simd/rows_impl.hpp>
#endif
#if !defined(TRILITH_KERNELS_WITHOUT_GRADIENTS)
#include <trilith/backends/simd/gradients_impl.hpp>
#endif

#endif

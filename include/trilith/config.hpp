#ifndef TRILITH_CONFIG_HPP
#define TRILITH_CONFIG_HPP

#include <trilith/version.hpp>

// Every macro a user may meet is defined here; docs/configuration.md lists them.

#if __cplusplus < 202002L
#error "trilith: C++20 is required; compile with -std=c++20 or newer."
#endif
#if defined(__FAST_MATH__)
#error "trilith: exact results need IEEE arithmetic; compile without -ffast-math."
#endif

// TRILITH_CHECKED: 1 checks preconditions at run time and stops with a sentence, 0 trusts the
// caller.
#if !defined(TRILITH_CHECKED)
#if defined(NDEBUG)
#define TRILITH_CHECKED 0
#else
#define TRILITH_CHECKED 1
#endif
#endif

#define TRILITH_DETAIL_CAT_(a, b, c) a##b##c
#define TRILITH_DETAIL_CAT(a, b, c) TRILITH_DETAIL_CAT_(a, b, c)
#if TRILITH_CHECKED
#define TRILITH_DETAIL_ABI_CHECKED _checked
#else
#define TRILITH_DETAIL_ABI_CHECKED
#endif
#if defined(__AVX512F__)
#define TRILITH_DETAIL_ABI_ISA _avx512
#elif defined(__AVX2__)
#define TRILITH_DETAIL_ABI_ISA _avx2
#elif defined(__AVX__)
#define TRILITH_DETAIL_ABI_ISA _avx
#else
#define TRILITH_DETAIL_ABI_ISA
#endif

// The inline namespace of everything that compiles differently under other flags, so that two
// files built with different -march or NDEBUG never share an inline function by accident
// (test/abi). Runtime parts that cross files (errors, tokenizers, the kernel table) stay outside.
#define TRILITH_ABI TRILITH_DETAIL_CAT(v0, TRILITH_DETAIL_ABI_CHECKED, TRILITH_DETAIL_ABI_ISA)

// Functions defined in the one implementation file live in this namespace, so that a linker that
// misses them prints the remedy.
#define TRILITH_IMPLEMENTED link_to_trilith_trilith_or_define_TRILITH_IMPLEMENTATION_in_one_cpp_file

// The same for the blueprints of published models, which cost compile time and are used by
// io::load(path) alone: cmake/families.cpp compiles them.
#define TRILITH_FAMILIES_IMPLEMENTED \
  link_to_trilith_families_or_define_TRILITH_IMPLEMENT_FAMILIES_beside_TRILITH_IMPLEMENTATION

// Floats are added and multiplied in one fixed order and never fused, so that every backend,
// target and thread count gives the same bits. g++ wants an attribute, clang a pragma in the body.
#if defined(__clang__)
#define TRILITH_EXACT_FLOAT
#define TRILITH_EXACT_FLOAT_BODY _Pragma("clang fp contract(off)")
#elif defined(__GNUC__)
#define TRILITH_EXACT_FLOAT __attribute__((optimize("fp-contract=off")))
#define TRILITH_EXACT_FLOAT_BODY
#else
#error "trilith: g++ 12, clang 14 or newer is required."
#endif

// One copy of a function for all its callers: g++ makes more, for arguments that are constants,
// also of those that are never inlined.
#if defined(__clang__)
#define TRILITH_ONE_COPY __attribute__((noinline))
#else
#define TRILITH_ONE_COPY __attribute__((noinline, noclone))
#endif

#endif

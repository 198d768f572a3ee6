#ifndef TRILITH_TRILITH_HPP
#define TRILITH_TRILITH_HPP

/// Everything but the parts that bring another library along (backends/eigen.hpp). Cheap to
/// include: no Eigen, no Highway, no JSON, no iostream.
///
/// The kernels and the runtime are compiled once per program: link trilith::trilith with CMake, or
/// define TRILITH_IMPLEMENTATION before this include in one .cpp file.

#include <trilith/activations/int8.hpp>
#include <trilith/activations/plain.hpp>
#include <trilith/backends/automatic.hpp>
#include <trilith/backends/portable.hpp>
#include <trilith/backends/reference.hpp>
#include <trilith/backends/simd.hpp>
#include <trilith/infer/generate.hpp>
#include <trilith/infer/session.hpp>
#include <trilith/io/checkpoint.hpp>
#include <trilith/layers/bit_linear.hpp>
#include <trilith/model/adopt.hpp>
#include <trilith/model/convert.hpp>
#include <trilith/model/describe_model.hpp>
#include <trilith/model/initialize.hpp>
#include <trilith/model/presets.hpp>
#include <trilith/packing/base3.hpp>
#include <trilith/packing/bits.hpp>
#include <trilith/text/load_tokenizer.hpp>
#include <trilith/weights/binary.hpp>
#include <trilith/weights/int8.hpp>
#include <trilith/weights/ternary.hpp>

#if defined(TRILITH_IMPLEMENTATION)
#include <trilith/backends/simd/dispatch_impl.hpp>
#include <trilith/io/load_impl.hpp>
#include <trilith/runtime_impl.hpp>
#include <trilith/text/byte_level_impl.hpp>
#include <trilith/train/data_impl.hpp>
#include <trilith/train/sentencepiece_impl.hpp>
#include <trilith/train/trainer_impl.hpp>
#if defined(TRILITH_IMPLEMENT_FAMILIES)
#include <trilith/io/families_impl.hpp>
#endif
#if defined(TRILITH_WITH_EIGEN)
#include <trilith/adapt/svf_decompose_impl.hpp>
#endif
#endif

#endif

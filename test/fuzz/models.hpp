#ifndef TRILITH_TEST_FUZZ_MODELS_HPP
#define TRILITH_TEST_FUZZ_MODELS_HPP

#include <trilith/activations/int8.hpp>
#include <trilith/io/families.hpp>
#include <trilith/model/convert.hpp>
#include <trilith/packing/base3.hpp>
#include <trilith/weights/int8.hpp>

#include <cstring>

#include "fuzz.hpp"

/// The tiny models that fuzzed files are read as.
namespace fuzz::models {

namespace tl = trilith;

template <class B>
using portable = typename B::template with_backend<tl::backends::portable>;

/// Published blueprints: trits with one scale a matrix, codes with scales for groups, floats.
using bitnet = portable<tl::families::bitnet<tl::relu_squared, tl::weights::bf16>>;
using bitlinear = portable<tl::families::llama_bitlinear<tl::weights::f16>>;
using binary = portable<tl::families::qwen3<tl::families::binary_128>>;
using ternary = portable<tl::families::qwen3<tl::families::ternary_64, tl::weights::f16>>;
using floats = portable<tl::presets::llama_f32<tl::rotary::interleaved>>;

/// Calls visit(parameters...) for every parameter of one model, or of two side by side.
template <class Visit>
struct each {
  Visit visit;
  void enter(std::string_view) {}
  void leave() {}
  template <class Field, class... Tensor>
  void operator()(const Field&, Tensor&... tensors) {
    visit(tensors...);
  }
};

template <class T>
[[nodiscard]] view memory_of(const tl::aligned_buffer<T>& buffer) {
  return {reinterpret_cast<const unsigned char*>(buffer.data()), buffer.size() * sizeof(T)};
}
template <class Tensor>
[[nodiscard]] view memory_of(const Tensor& t) {
  if constexpr (requires { t.codes; })
    return memory_of(t.codes);
  else if constexpr (requires { t.elements; })
    return memory_of(t.elements);
  else
    return memory_of(t.values);
}

/// What is loaded is what a model may have: finite numbers, scales above 0, memory that is there.
struct expect_sound {
  bool elements = true;  ///< false: they may lie in the file, unread
  template <class Tensor>
  void operator()(const Tensor& t) const {
    touch(memory_of(t));
    if constexpr (requires { t.codes; })
      for (const float scale : t.scales.span())
        expect(tl::is_finite(scale) && scale > 0, "a scale is no finite number above 0.");
    else if constexpr (requires { t.elements; })
      for (const auto& x : t.elements.span())
        expect(!elements || tl::is_finite(tl::to_float(x)), "an element is no finite number.");
    else
      for (const float x : t.values.span()) expect(tl::is_finite(x), "a gain is no finite number.");
  }
};
struct expect_equal {
  template <class Tensor>
  void operator()(const Tensor& a, const Tensor& b) const {
    const view left = memory_of(a), right = memory_of(b);
    expect(left.size() == right.size() && std::memcmp(left.data(), right.data(), left.size()) == 0,
           "a model depends on where its file lies in memory.");
  }
};

template <class M>
void check(const M& model, bool elements = true) {
  each<expect_sound> visit{{elements}};
  tl::fields::walk<typename M::blueprint>(visit, model.parameters);
}
template <class M>
void check_equal(const M& a, const M& b) {
  expect(a.sizes == b.sizes, "a model's shape depends on where its file lies in memory.");
  each<expect_equal> visit{};
  tl::fields::walk<typename M::blueprint>(visit, a.parameters, b.parameters);
}

}  // namespace fuzz::models

#endif

#ifndef TRILITH_TEST_MODEL_FIXTURE_HPP
#define TRILITH_TEST_MODEL_FIXTURE_HPP

#include <trilith/model/convert.hpp>
#include <trilith/model/initialize.hpp>
#include <trilith/model/presets.hpp>
#include <trilith/weights/int8.hpp>

#include <cstring>
#include <string>
#include <vector>

/// Small models for the tests of description and conversion.
namespace test {

namespace tl = trilith;

inline constexpr tl::shape small_shape{.dim = 48,
                                       .ffn_dim = 172,
                                       .layers = 3,
                                       .heads = 4,
                                       .kv_heads = 2,
                                       .head_dim = 12,
                                       .vocab = 50,
                                       .context = 32};

template <class W>
using small_scheme = tl::scheme<W, tl::activations::int8<>, tl::backends::portable>;

/// Norms, sub-norms, grouped-query attention, and a head of its own in int8.
template <class W>
using blueprint = tl::decoder<
    tl::transformer_block<tl::rms_norm<>, tl::attention<small_scheme<W>, tl::sub_norm<>>,
                          tl::gated_ffn<small_scheme<W>, tl::silu, tl::sub_norm<>>>,
    tl::separate_head<tl::weights::int8<>, tl::weights::bf16>>;

template <class B>
tl::dense<B> random_dense(std::uint64_t seed = 1) {
  tl::dense<B> model(small_shape, {.norm_eps = 1e-6f, .rope_theta = 5000.f});
  tl::fill_random(model, seed);
  return model;
}

/// One line of hexadecimal bytes per tensor: equal text means equal bits.
struct dump {
  tl::fields::path at;
  std::vector<std::string> names;
  std::string text;
  void enter(std::string_view name) { at.enter(name); }
  void leave() { at.leave(); }
  template <class Field, class Tensor>
  void operator()(const Field& field, const Tensor& t) {
    names.push_back(at / field.name);
    text += names.back() + ":";
    if constexpr (requires { t.codes; }) {
      append(t.codes.span());
      append(t.scales.span());
    } else if constexpr (requires { t.elements; }) {
      append(t.elements.span());
    } else {
      append(t.values.span());
    }
    text += '\n';
  }

 private:
  template <class Span>
  void append(Span values) {
    static constexpr char digits[] = "0123456789abcdef";
    const auto* bytes = reinterpret_cast<const unsigned char*>(values.data());
    for (std::size_t i = 0; i < values.size_bytes(); ++i) {
      text += digits[bytes[i] >> 4];
      text += digits[bytes[i] & 15];
    }
  }
};

template <class Model>
dump dumped(Model& model) {
  dump out;
  tl::fields::walk<typename Model::blueprint>(out, model.parameters);
  return out;
}
template <class Model>
std::string bits_of(Model model) {
  return dumped(model).text;
}

}  // namespace test

#endif

#ifndef TRILITH_TEST_CHECKPOINT_FIXTURE_HPP
#define TRILITH_TEST_CHECKPOINT_FIXTURE_HPP

#include <trilith/activations/int8.hpp>
#include <trilith/io/checkpoint.hpp>
#include <trilith/model/convert.hpp>
#include <trilith/weights/binary.hpp>
#include <trilith/weights/int8.hpp>
#include <trilith/weights/ternary.hpp>

#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "files.hpp"

/// Small models, and checkpoints taken apart.
namespace test::checkpoints {

namespace tl = trilith;
namespace io = trilith::io;
using trilith::errc;
using bytes = std::vector<unsigned char>;

template <class W, class Head>
using decoder_of =
    tl::decoder<tl::transformer_block<
                    tl::rms_norm<>,
                    tl::attention<tl::scheme<W, tl::activations::int8<>, tl::backends::portable>,
                                  tl::sub_norm<>>,
                    tl::gated_ffn<tl::scheme<W, tl::activations::int8<>, tl::backends::portable>,
                                  tl::silu, tl::sub_norm<>>>,
                Head>;
using ternary = decoder_of<tl::weights::ternary<>, tl::tied_head<tl::weights::bf16>>;
using grouped =
    decoder_of<tl::weights::ternary<tl::rules::absmean, tl::scale::per_group<8>>,
               tl::separate_head<tl::weights::int8<>, tl::weights::f16, tl::activations::int8<>>>;
using binary = decoder_of<tl::weights::binary<tl::scale::per_row>, tl::tied_head<tl::weights::f32>>;

constexpr tl::shape sizes{.dim = 20,
                          .ffn_dim = 43,
                          .layers = 2,
                          .heads = 2,
                          .kv_heads = 1,
                          .head_dim = 10,
                          .vocab = 31,
                          .context = 16};
/// Rows longer than a block of any packing.
constexpr tl::shape wide{.dim = 172,
                         .ffn_dim = 343,
                         .layers = 1,
                         .heads = 2,
                         .kv_heads = 2,
                         .head_dim = 86,
                         .vocab = 5,
                         .context = 4};

/// A file of this process alone, since tests run side by side.
const std::string scratch = "unit_checkpoint." + std::to_string(::getpid());

/// A walk that fills float parameters with different numbers.
struct fill {
  std::uint32_t state = 1;
  void enter(std::string_view) {}
  void leave() {}
  template <class Field, class Tensor>
  void operator()(const Field&, Tensor& t) {
    if constexpr (requires { t.elements; })
      for (float& x : t.elements) x = next();
    else
      for (float& x : t.values) x = next();
  }
  float next() {
    state = state * 1664525u + 1013904223u;
    return static_cast<float>(static_cast<std::int32_t>(state)) * 0x1p-33f;
  }
};

template <class M>
M filled(const tl::shape& s = sizes) {
  M model(s, {.norm_eps = 0.1f, .rope_theta = 12345.678f});
  fill visit;
  tl::fields::walk<typename M::blueprint>(visit, model.parameters);
  return model;
}

/// A walk of two models that counts differing bytes and sizes.
struct compare {
  int differences = 0, tensors = 0;
  void enter(std::string_view) {}
  void leave() {}
  template <class T>
  void buffers(const tl::aligned_buffer<T>& a, const tl::aligned_buffer<T>& b) {
    differences +=
        a.size() != b.size() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) != 0;
  }
  template <class Field, class Tensor>
  void operator()(const Field&, const Tensor& a, const Tensor& b) {
    ++tensors;
    if constexpr (requires { a.codes; }) {
      buffers(a.codes, b.codes);
      buffers(a.scales, b.scales);
    } else if constexpr (requires { a.elements; }) {
      buffers(a.elements, b.elements);
    } else {
      buffers(a.values, b.values);
    }
  }
};

template <class M>
void check_equal(const M& a, const M& b) {
  CHECK(a.sizes == b.sizes);
  CHECK(a.settings == b.settings);
  REQUIRE(a.parameters.blocks.size() == b.parameters.blocks.size());
  compare visit;
  tl::fields::walk<typename M::blueprint>(visit, a.parameters, b.parameters);
  CHECK(visit.differences == 0);
  CHECK(visit.tensors > 10);
}

template <class M>
void check_round_trip(const M& model) {
  REQUIRE(io::save(model, scratch));
  const auto back = io::load_checkpoint<M>(scratch);
  if (!back) FAIL(back.error().message);
  check_equal(model, *back);
  std::remove(scratch.c_str());
}

template <class M>
bytes saved(const M& model, const io::checkpoint_extras& extras = {}) {
  REQUIRE(io::save(model, scratch, extras));
  bytes out = bytes_of_file(scratch);
  std::remove(scratch.c_str());
  return out;
}

template <class M>
tl::result<M> load_bytes(const bytes& file) {
  const auto parsed = io::parse_safetensors(file, "toy");
  if (!parsed) return parsed.error();
  return io::load_checkpoint<M>(*parsed);
}

template <class M>
void check_refusal(const bytes& file, errc code, std::string_view words) {
  const auto back = load_bytes<M>(file);
  REQUIRE(!back);
  CHECK(back.error().code == code);
  CHECK_THAT(back.error().message,
             Catch::StartsWith("toy: ") && Catch::Contains(std::string(words)));
}

/// A checkpoint taken apart, changed, and put together again.
struct edited {
  bytes source;
  std::vector<io::tensor_to_write> tensors;
  std::vector<io::metadata_pair> metadata;
  std::vector<bytes> own;

  explicit edited(bytes file) : source(std::move(file)) {
    const auto parsed = io::parse_safetensors(source, "edited").value();
    for (const auto& t : parsed.tensors())
      tensors.push_back({t.name, t.type, t.shape, parsed.bytes(t)});
    metadata = parsed.metadata();
    own.reserve(16);
  }
  io::tensor_to_write& tensor(std::string_view name) {
    for (auto& t : tensors)
      if (t.name == name) return t;
    FAIL("no tensor " << name);
    return tensors[0];
  }
  /// The tensor's bytes, to be changed.
  bytes& data(std::string_view name) {
    io::tensor_to_write& t = tensor(name);
    own.emplace_back(t.bytes.begin(), t.bytes.end());
    t.bytes = own.back();
    return own.back();
  }
  void set_float(std::string_view name, std::size_t i, float value) {
    std::memcpy(data(name).data() + 4 * i, &value, 4);
  }
  std::string& fact(std::string_view key) {
    for (auto& m : metadata)
      if (m.key == key) return m.value;
    FAIL("no fact " << key);
    return metadata[0].value;
  }
  [[nodiscard]] bytes file() const {
    REQUIRE(io::write_safetensors(scratch, tensors, metadata));
    bytes out = bytes_of_file(scratch);
    std::remove(scratch.c_str());
    return out;
  }
};

const std::string query = "blocks.1.attention.query";

}  // namespace test::checkpoints

#endif

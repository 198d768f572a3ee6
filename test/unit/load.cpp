#include "load_fixture.hpp"

#include <trilith/activations/int8.hpp>
#include <trilith/model/presets.hpp>

#include <algorithm>
#include <cmath>

#include "catch.hpp"

namespace tl = trilith;
using Catch::Contains;

namespace {

/// Largest difference as a share of the largest logit.
double relative_difference(const std::vector<float>& got, const std::vector<float>& want) {
  double most = 0, top = 0;
  for (std::size_t i = 0; i < want.size(); ++i) {
    most = std::max(most, std::abs(static_cast<double>(got[i]) - static_cast<double>(want[i])));
    top = std::max(top, std::abs(static_cast<double>(want[i])));
  }
  return most / top;
}

std::size_t equal_argmaxes(const std::vector<float>& a, const std::vector<float>& b,
                           std::size_t vocab) {
  std::size_t equal = 0;
  for (std::size_t i = 0; i < a.size(); i += vocab)
    equal += test::argmax({&a[i], vocab}) == test::argmax({&b[i], vocab});
  return equal;
}

/// Logits, choices and greedy text as the reference has them.
template <class Model>
void check_against_reference(const Model& model, const std::string& name) {
  CAPTURE(name);
  const test::reference want = test::reference_of(name);
  const std::vector<float> got = test::logits_of(model, want.tokens);
  REQUIRE(got.size() == want.logits.size());
  CHECK(relative_difference(got, want.logits) < 1e-5);
  CHECK(equal_argmaxes(got, want.logits, model.sizes.vocab) == want.tokens.size());
  REQUIRE(want.greedy.size() == 64);
  CHECK(test::greedy_of(model, want.prompt, want.greedy.size()) == want.greedy);
}

}  // namespace

TEST_CASE("checkpoints of transformers compute what transformers computes", "[load]") {
  for (const char* name :
       {"bitnet_autobitlinear", "bitnet_bitlinear", "bitnet_online", "bitnet_odd_rows",
        "bitnet_1bitllm", "llama_bitlinear", "llama_dense", "qwen3_dense"}) {
    CAPTURE(name);
    auto m = tl::io::load(test::hf_model(name));
    if (!m) FAIL(m.error().message);
    check_against_reference(m->model, name);
  }
}

TEST_CASE("a GGUF file of binary groups computes what transformers computes", "[load]") {
  auto m = tl::io::load(test::hf_model("qwen3_binary/model.gguf"));
  if (!m) FAIL(m.error().message);
  CHECK(m->report.weights == "binary in q1_0, one scale for 128 weights");
  check_against_reference(m->model, "qwen3_binary");
}

TEST_CASE("a program that knows its blueprint loads it by type", "[load]") {
  using bitnet = tl::presets::b1_58_relu<>;
  auto bits2 = tl::io::load<tl::packed<bitnet>>(test::hf_model("bitnet_autobitlinear"));
  auto base3 =
      tl::io::load<tl::packed<bitnet, tl::packing::base3>>(test::hf_model("bitnet_autobitlinear"));
  if (!bits2) FAIL(bits2.error().message);
  if (!base3) FAIL(base3.error().message);
  check_against_reference(bits2->model, "bitnet_autobitlinear");
  const auto tokens = test::reference_of("bitnet_autobitlinear").tokens;
  CHECK(test::logits_of(bits2->model, tokens) == test::logits_of(base3->model, tokens));
}

TEST_CASE("an embedding loads as int8 where the type asks for it", "[load]") {
  using blueprint = tl::presets::b1_58_relu<tl::shape{}, tl::presets::int8_head>;
  using in_floats = tl::presets::b1_58_relu<tl::shape{}, tl::tied_head<tl::weights::f32>>;
  const std::string path = test::hf_model("bitnet_autobitlinear");
  const auto int8 = tl::io::load<tl::packed<blueprint, tl::packing::base3>>(path).value();
  auto floats = tl::io::load<tl::packed<in_floats>>(path).value();

  // Every value becomes the nearest of its row's 255.
  const auto& codes = int8.model.parameters.embedding;
  auto& elements = floats.model.parameters.embedding.elements;
  std::vector<float> row(codes.cols);
  for (std::size_t r = 0; r < codes.rows; ++r) {
    tl::decode_row(codes, r, row.data());
    float most = 0, apart = 0;
    for (std::size_t i = 0; i < row.size(); ++i) {
      float& element = elements[r * codes.cols + i];
      most = std::max(most, std::abs(element));
      apart = std::max(apart, std::abs(row[i] - element));
      element = row[i];
    }
    REQUIRE(apart <= most / 127 * 0.5001f);
  }

  // The model of these values in floats differs by the rounding of the head's activations alone.
  const auto tokens = test::reference_of("bitnet_autobitlinear").tokens;
  const auto logits = test::logits_of(int8.model, tokens);
  const double apart = relative_difference(logits, test::logits_of(floats.model, tokens));
  CAPTURE(apart);
  CHECK(apart > 0);
  CHECK(apart < 0.02);

  const test::scratch_directory scratch("unit_load_int8");
  REQUIRE(tl::io::save(int8.model, scratch.file("m.safetensors")));
  const auto again = tl::io::load<tl::packed<blueprint>>(scratch.file("m.safetensors")).value();
  CHECK(test::logits_of(again.model, tokens) == logits);
}

TEST_CASE("loaded models are the same for any number of threads", "[load]") {
  const auto tokens = test::reference_of("bitnet_online").tokens;
  const auto with = [&](std::size_t threads) {
    return test::logits_of(
        tl::io::load(test::hf_model("bitnet_online"), {.threads = threads}).value().model, tokens);
  };
  CHECK(with(1) == with(2));
  CHECK(with(1) == with(5));
}

TEST_CASE("codes and scales load as float32 too", "[load]") {
  using bitnet = tl::presets::b1_58_relu<>;
  const std::string path = test::hf_model("bitnet_autobitlinear");
  const auto packed = tl::io::load<tl::packed<bitnet>>(path).value();
  const auto dense = tl::io::load<tl::dense<bitnet>>(path).value();
  const auto& codes = packed.model.parameters.blocks[1].ffn.down;
  const auto& floats = dense.model.parameters.blocks[1].ffn.down;
  std::vector<float> row(codes.cols);
  for (std::size_t r = 0; r < codes.rows; ++r) {
    tl::decode_row(codes, r, row.data());
    REQUIRE(std::equal(row.begin(), row.end(), floats.row(r)));
  }
}

TEST_CASE("elements that the model stores as the file does are not copied", "[load]") {
  using bitnet = tl::presets::b1_58_relu<>;
  const auto m = tl::io::load<tl::packed<bitnet>>(test::hf_model("bitnet_autobitlinear")).value();
  CHECK(m.model.parameters.embedding.elements.is_view());
  const auto copy = m.model;
  CHECK_FALSE(copy.parameters.embedding.elements.is_view());
  const auto tokens = test::reference_of("bitnet_autobitlinear").tokens;
  CHECK(test::logits_of(copy, tokens) == test::logits_of(m.model, tokens));
}

TEST_CASE("the report says what a file was taken for", "[load]") {
  const auto m = tl::io::load(test::hf_model("llama_bitlinear")).value();
  CHECK_THAT(m.report.text(), Contains("architecture  LlamaForCausalLM") &&
                                  Contains("ternary in hf_u8, one scale a matrix") &&
                                  Contains("gate          silu") &&
                                  Contains("linear_class bitlinear: weight_scale is divided by."));
}

TEST_CASE("a model that was loaded saves as a native checkpoint and loads again", "[load]") {
  const test::scratch_directory scratch("unit_load");
  const auto m = tl::io::load(test::hf_model("bitnet_bitlinear")).value();
  REQUIRE(m.model.save(scratch.file("m.safetensors")));
  const auto again = tl::io::load(scratch.file("m.safetensors")).value();
  CHECK(again.report.format == "native checkpoint");
  CHECK(again.report.blueprint == m.report.blueprint);
  const auto tokens = test::reference_of("bitnet_bitlinear").tokens;
  CHECK(test::logits_of(again.model, tokens) == test::logits_of(m.model, tokens));
  using blueprint = tl::presets::b1_58_relu<>;
  const auto typed = tl::io::load<tl::packed<blueprint>>(scratch.file("m.safetensors")).value();
  CHECK(typed.report.format == "native checkpoint");
  CHECK(test::logits_of(typed.model, tokens) == test::logits_of(m.model, tokens));
}

TEST_CASE("loading is cancelled by its report, and tells how far it is", "[load]") {
  double last = 0;
  const auto listen = [&](double fraction, std::string_view) {
    CHECK(fraction >= last);
    last = fraction;
    return true;
  };
  REQUIRE(tl::io::load(test::hf_model("bitnet_online"), {.report = listen, .threads = 1}));
  CHECK(last == 1.0);
  const auto refuse = [](double, std::string_view) { return false; };
  const auto m = tl::io::load(test::hf_model("bitnet_online"), {.report = refuse});
  REQUIRE_FALSE(m);
  CHECK(m.error().code == tl::errc::cancelled);
  CHECK_THAT(m.error().message, Contains("loading was cancelled"));
}

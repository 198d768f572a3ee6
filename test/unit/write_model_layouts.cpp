#include "write_model_fixture.hpp"

#include <trilith/io/gguf.hpp>

#include <algorithm>
#include <filesystem>

namespace tl = trilith;
namespace io = trilith::io;
using Catch::Contains;
using io::encoding;
using io::model_format;

namespace {

using bitnet = tl::presets::b1_58_relu<>;
using llama = tl::families::llama_bitlinear<tl::weights::f16>;
using binary = tl::families::qwen3<tl::families::binary_128>;
using ternary = tl::families::qwen3<tl::families::ternary_64, tl::weights::f16>;

/// Every scale of a model's coded matrices, through `change`.
struct change_scales {
  float (*change)(float);
  void enter(std::string_view) {}
  void leave() {}
  template <class Field, class Tensor>
  void operator()(const Field&, Tensor& t) {
    if constexpr (requires { t.scales; })
      for (std::size_t i = 0; i < t.scales.size(); ++i) t.scales[i] = change(t.scales[i]);
  }
};
template <class Model>
void through(Model& model, float (*change)(float)) {
  change_scales visit{change};
  tl::fields::walk<typename Model::blueprint>(visit, model.parameters);
}
float as_half(float x) {
  return tl::to_float(tl::to_float16(x));
}

std::string types_of(const std::string& path) {
  const auto file = io::open_gguf(path).value();
  std::string out;
  for (const char* name : {"blk.0.attn_q.weight", "blk.1.ffn_down.weight"})
    out += std::string(io::name_of(file.find_tensor(name)->type)) + " ";
  return out;
}

/// A model whose scales are numbers of binary16 computes the same from each of the layouts.
template <class B>
void check_layouts(const std::vector<encoding>& layouts) {
  const test::scratch_directory scratch("unit_write_model_layouts");
  auto model = test::random_packed<B>();
  through(model, as_half);
  const auto source = io::source_of(model);
  const auto wanted = test::logits_of(model, test::some_tokens());
  for (const encoding how : layouts) {
    CAPTURE(static_cast<int>(how));
    const auto report = test::written(source, scratch.file("m.gguf"), {.matrices = how});
    CHECK(report.notes.empty());
    const auto again = test::loaded_from(scratch.file("m.gguf"));
    CHECK(test::logits_of(again.model, test::some_tokens()) == wanted);
    CHECK(test::difference(source, again.model.source()).is_none());
  }
}

}  // namespace

TEST_CASE("ternary matrices compute the same from every layout", "[write_model_layouts]") {
  const std::vector<encoding> all{encoding::i2_s, encoding::tq1_0, encoding::tq2_0, encoding::f32,
                                  encoding::f16};
  check_layouts<bitnet>(all);
  check_layouts<llama>(all);
}

TEST_CASE("groups of weights keep their scales", "[write_model_layouts]") {
  check_layouts<binary>({encoding::q1_0});
  check_layouts<ternary>({encoding::q2_0});
  const test::scratch_directory scratch("unit_write_model_groups");
  const auto model = test::random_packed<binary>();
  (void)test::written(io::source_of(model), scratch.file("m.gguf"));
  CHECK(types_of(scratch.file("m.gguf")) == "Q1_0 Q1_0 ");
  const auto again = test::loaded_from(scratch.file("m.gguf"));
  CHECK(again.report.weights == "binary in q1_0, one scale for 128 weights");
  CHECK(again.report.embedding == "q1_0, head of its own");
}

TEST_CASE("groups of weights are floats in a Hugging Face directory", "[write_model_layouts]") {
  const test::scratch_directory scratch("unit_write_model_group_floats");
  for (const bool is_half : {true, false}) {
    auto model = test::random_packed<ternary>();
    if (is_half) through(model, as_half);
    const std::string path = scratch.file(is_half ? "half" : "float");
    const auto report =
        test::written(io::source_of(model), path, {.format = model_format::hugging_face});
    CHECK(report.matrices == (is_half ? "f16 (14)" : "f32 (14)"));
    const auto again = io::open_model(path).value();
    CHECK(test::difference(io::source_of(model), again).is_none());
  }
}

TEST_CASE("the natural layout is chosen matrix by matrix", "[write_model_layouts]") {
  const test::scratch_directory scratch("unit_write_model_natural");
  const auto natural = [&](std::size_t dim, std::size_t ffn_dim) {
    tl::shape sizes = test::wide_shape;
    sizes.dim = dim;
    sizes.ffn_dim = ffn_dim;
    sizes.head_dim = dim / sizes.heads;
    const auto model = test::random_packed<bitnet>(sizes);
    (void)test::written(io::source_of(model), scratch.file("m.gguf"));
    const auto again = test::loaded_from(scratch.file("m.gguf"));
    const auto found = test::difference(io::source_of(model), again.model.source());
    CHECK(found.different_codes == 0);
    CHECK(found.scale_change < 0x1p-11);
    CHECK(found.float_change == 0);
    return types_of(scratch.file("m.gguf"));
  };
  CHECK(natural(256, 512) == "TQ2_0 TQ2_0 ");
  CHECK(natural(256, 384) == "TQ2_0 I2_S ");
  CHECK(natural(128, 96) == "I2_S F16 ");
  CHECK(natural(96, 256) == "F16 TQ2_0 ");
}

TEST_CASE("a note says how far scales were rounded", "[write_model_layouts]") {
  const test::scratch_directory scratch("unit_write_model_rounding");
  auto model = test::random_packed<bitnet>();
  const auto source = io::source_of(model);
  const auto wanted = test::logits_of(model, test::some_tokens());
  for (const encoding how : {encoding::tq1_0, encoding::tq2_0, encoding::f16}) {
    const auto report = test::written(source, scratch.file("m.gguf"), {.matrices = how});
    REQUIRE(report.notes.size() == 1);
    CHECK_THAT(report.notes[0], Contains("Scales were rounded to f16: largest relative change "));
    auto rounded = model;
    through(rounded, as_half);
    const auto again = test::loaded_from(scratch.file("m.gguf"));
    CHECK(test::logits_of(again.model, test::some_tokens()) ==
          test::logits_of(rounded, test::some_tokens()));
    const auto found = test::difference(source, again.model.source());
    CHECK(found.scale_change > 0);
    CHECK(found.scale_change <= 0x1p-11);
  }
  for (const encoding how : {encoding::i2_s, encoding::f32}) {
    CHECK(test::written(source, scratch.file("m.gguf"), {.matrices = how}).notes.empty());
    const auto again = test::loaded_from(scratch.file("m.gguf"));
    CHECK(test::logits_of(again.model, test::some_tokens()) == wanted);
  }
}

TEST_CASE("scales that binary16 cannot hold are errors", "[write_model_layouts]") {
  const test::scratch_directory scratch("unit_write_model_scales");
  auto model = test::random_packed<bitnet>();
  auto& scale = model.parameters.blocks[1].attention.value.scales[0];
  for (const float lost : {1e-9f, 1e6f}) {
    scale = lost;
    for (const encoding how : {encoding::tq2_0, encoding::f16}) {
      const tl::error why =
          test::refusal_of(io::source_of(model), scratch.file("m.gguf"), {.matrices = how});
      CHECK(why.code == tl::errc::invalid_value);
      CHECK_THAT(why.message, Contains("blocks.1.attention.value") && Contains("would become") &&
                                  Contains("f32 holds it"));
    }
    CHECK(test::written(io::source_of(model), scratch.file("m.gguf"), {.matrices = encoding::i2_s})
              .notes.empty());
  }
  std::filesystem::remove(scratch.file("m.gguf"));
  for (const float bad : {0.0f, -1.0f, tl::to_float(tl::float16{0x7E00}), 1.0f / 0x1p-149f}) {
    scale = bad;
    for (const encoding how : {encoding::tq2_0, encoding::i2_s}) {
      const tl::error why =
          test::refusal_of(io::source_of(model), scratch.file("m.gguf"), {.matrices = how});
      CHECK(why.code == tl::errc::invalid_value);
      CHECK_THAT(why.message, Contains("should be a finite number above 0"));
    }
  }
  CHECK(std::filesystem::is_empty(scratch.path()));
}

TEST_CASE("matrices that do not fit are refused, with what would", "[write_model_layouts]") {
  const test::scratch_directory scratch("unit_write_model_misfits");
  tl::shape sizes = test::wide_shape;
  sizes.ffn_dim = 384;
  const auto narrow = test::random_packed<bitnet>(sizes);
  const tl::error columns = test::refusal_of(io::source_of(narrow), scratch.file("m.gguf"),
                                             {.matrices = encoding::tq1_0});
  CHECK(columns.code == tl::errc::mismatch);
  CHECK_THAT(columns.message, Contains("blocks.0.ffn.down: tq1_0 needs ternary codes") &&
                                  Contains("columns in multiples of 256") &&
                                  Contains("[256, 384]") &&
                                  Contains("What fits: i2_s, q2_0, f32, f16, bf16."));

  const auto groups = test::random_packed<ternary>();
  const tl::error scales =
      test::refusal_of(io::source_of(groups), scratch.file("m.gguf"), {.matrices = encoding::i2_s});
  CHECK(scales.code == tl::errc::mismatch);
  CHECK_THAT(scales.message, Contains("i2_s needs ternary codes, one scale for the matrix") &&
                                 Contains("ternary codes with a scale for 64 weights") &&
                                 Contains("What fits: q2_0, f32, f16, bf16."));

  const auto model = test::random_packed<bitnet>();
  const tl::error codes =
      test::refusal_of(io::source_of(model), scratch.file("m.gguf"), {.matrices = encoding::q1_0});
  CHECK(codes.code == tl::errc::mismatch);
  CHECK_THAT(codes.message, Contains("q1_0 needs binary codes"));

  const auto floats = test::loaded_from(test::hf_model("llama_dense"));
  const tl::error dense =
      test::refusal_of(floats.model.source(), scratch.file("m.gguf"), {.matrices = encoding::i2_s});
  CHECK(dense.code == tl::errc::mismatch);
  CHECK_THAT(dense.message, Contains("floats, which trilith::pack() would quantise"));
  CHECK(std::filesystem::is_empty(scratch.path()));
}

TEST_CASE("encodings that a format does not have are refused", "[write_model_layouts]") {
  const test::scratch_directory scratch("unit_write_model_encodings");
  const auto model = test::random_packed<bitnet>();
  const auto refused = [&](const io::write_options& options) {
    const tl::error why = test::refusal_of(io::source_of(model), scratch.file("m"), options);
    CHECK(why.code == tl::errc::invalid_argument);
    return why.message;
  };
  CHECK_THAT(refused({.matrices = encoding::hf_u8}),
             Contains("GGUF files keep the blocks' matrices as i2_s, tq1_0, tq2_0, q1_0, q2_0, "
                      "f32, f16, bf16; found hf_u8."));
  CHECK_THAT(refused({.format = model_format::hugging_face, .matrices = encoding::tq2_0}),
             Contains("Hugging Face files keep the blocks' matrices as hf_u8, f32, f16, bf16; "
                      "found tq2_0."));
  CHECK_THAT(refused({.embedding = encoding::i2_s}),
             Contains("keep embeddings as q8_0, f32, f16, bf16; found i2_s."));
  CHECK_THAT(refused({.format = model_format::hugging_face, .embedding = encoding::q8_0}),
             Contains("keep embeddings as f32, f16, bf16; found q8_0."));
  const tl::error latent =
      test::refusal_of(io::source_of(model), scratch.file("m"),
                       {.format = model_format::hugging_face, .matrices = encoding::f32});
  CHECK(latent.code == tl::errc::unsupported);
  CHECK_THAT(latent.message, Contains("takes f32 for latent weights"));
  CHECK(std::filesystem::is_empty(scratch.path()));
}

TEST_CASE("the embedding changes its type where that is asked for", "[write_model_layouts]") {
  const test::scratch_directory scratch("unit_write_model_embedding");
  const auto model = test::random_packed<bitnet>();
  const auto source = io::source_of(model);
  const auto written = [&](encoding how) {
    const auto report = test::written(source, scratch.file("m.gguf"),
                                      {.matrices = encoding::i2_s, .embedding = how});
    const auto again = io::open_model(scratch.file("m.gguf")).value();
    CHECK(again.facts.embedding == how);
    return std::pair(report.notes.size(), test::difference(source, again).float_change);
  };
  CHECK(written(encoding::f32) == std::pair<std::size_t, double>(0, 0));
  CHECK(written(encoding::bf16) == std::pair<std::size_t, double>(0, 0));
  // bfloat16 fits binary16 but for numbers below its normal range
  CHECK(written(encoding::f16).first <= 1);
  const auto [notes, change] = written(encoding::q8_0);
  CHECK(notes == 1);
  CHECK(change > 0);
  CHECK(test::loaded_from(scratch.file("m.gguf")).report.embedding == "q8_0, also the head");
}

TEST_CASE("norms are shortened only where that changes nothing", "[write_model_layouts]") {
  const test::scratch_directory scratch("unit_write_model_norms");
  auto model = test::random_packed<bitnet>();
  model.parameters.blocks[1].ffn_norm.values[9] = 1.001f;  // no bfloat16
  const auto source = io::source_of(model);
  (void)test::written(source, scratch.file("m"), {.format = model_format::hugging_face});
  const auto again = io::open_model(scratch.file("m")).value();
  CHECK(again.find("blocks.0.ffn_norm")->how == encoding::bf16);
  CHECK(again.find("blocks.1.ffn_norm")->how == encoding::f32);
  CHECK(test::difference(source, again).is_none());
}

TEST_CASE("groups that no layout has are floats", "[write_model_layouts]") {
  const test::scratch_directory scratch("unit_write_model_groups_of_96");
  using odd =
      tl::families::qwen3<tl::weights::ternary<tl::rules::absmean, tl::scale::per_group<96>>,
                          tl::weights::f16>;
  tl::shape sizes = test::wide_shape;
  sizes.dim = 192;  // columns that q2_0 has, in groups that it has not
  sizes.ffn_dim = 384;
  auto model = test::random_packed<odd>(sizes);
  through(model, as_half);
  const auto source = io::source_of(model);
  const auto report = test::written(source, scratch.file("m.gguf"));
  CHECK(report.matrices == "f16 (14)");
  CHECK(test::difference(source, io::open_model(scratch.file("m.gguf")).value()).is_none());
  const tl::error why =
      test::refusal_of(source, scratch.file("m.gguf"), {.matrices = encoding::q2_0});
  CHECK(why.code == tl::errc::mismatch);
  CHECK_THAT(why.message, Contains("ternary codes with a scale for 96 weights. What fits: f32"));
}

TEST_CASE("floats that are not trits everywhere are refused", "[write_model_layouts]") {
  const test::scratch_directory scratch("unit_write_model_not_trits");
  const auto model = test::random_packed<bitnet>();
  (void)test::written(io::source_of(model), scratch.file("m.gguf"), {.matrices = encoding::f32});
  std::string bytes = test::contents_of(scratch.file("m.gguf"));
  const auto up = io::open_gguf(scratch.file("m.gguf")).value();
  const float other = 0.123f;
  std::memcpy(&bytes[up.find_tensor("blk.1.ffn_up.weight")->offset + 40], &other, 4);
  test::write_file(scratch.file("m.gguf"), bytes);
  const auto source = io::open_model(scratch.file("m.gguf")).value();
  for (const encoding how : {encoding::tq2_0, encoding::i2_s}) {
    const tl::error why = test::refusal_of(source, scratch.file("out.gguf"), {.matrices = how});
    CHECK(why.code == tl::errc::mismatch);
    CHECK_THAT(why.message, Contains("blk.1.ffn_up.weight: ") && Contains(" and 0.123") &&
                                Contains("What fits: f32, f16, bf16."));
  }
}

TEST_CASE("blocks of nothing but zeros agree with every scale", "[write_model_layouts]") {
  const test::scratch_directory scratch("unit_write_model_zeros");
  const auto model = test::random_packed<bitnet>();
  (void)test::written(io::source_of(model), scratch.file("m.gguf"), {.matrices = encoding::tq2_0});
  std::string bytes = test::contents_of(scratch.file("m.gguf"));
  const std::size_t at =
      io::open_gguf(scratch.file("m.gguf")).value().find_tensor("blk.0.ffn_up.weight")->offset;
  for (std::size_t i = 0; i < 64; ++i) bytes[at + i] = 0x55;  // codes 0
  bytes[at + 64] = bytes[at + 65] = 0;                        // and scale 0, as quantisers write it
  test::write_file(scratch.file("zeros.gguf"), bytes);
  const auto source = io::open_model(scratch.file("zeros.gguf")).value();
  for (const encoding how : {encoding::i2_s, encoding::tq1_0, encoding::f32}) {
    CHECK(test::written(source, scratch.file("out.gguf"), {.matrices = how}).notes.empty());
    const auto again = io::open_model(scratch.file("out.gguf")).value();
    CHECK(test::difference(source, again).is_none());
  }
  bytes[at + 1 * 66 + 64] ^= 1;  // a block with another scale
  test::write_file(scratch.file("two.gguf"), bytes);
  const auto two = io::open_model(scratch.file("two.gguf")).value();
  const tl::error why =
      test::refusal_of(two, scratch.file("out2.gguf"), {.matrices = encoding::i2_s});
  CHECK(why.code == tl::errc::mismatch);
  CHECK_THAT(why.message, Contains("blk.0.ffn_up.weight: i2_s needs") && Contains(": scales 0.") &&
                              Contains(" and 0."));
  CHECK(test::difference(two, io::open_model([&] {
                                (void)test::written(two, scratch.file("o.gguf"),
                                                    {.matrices = encoding::tq1_0});
                                return scratch.file("o.gguf");
                              }())
                                  .value())
            .is_none());
}

TEST_CASE("one scale that q2_0 repeats loads as the type it came from", "[write_model_layouts]") {
  const test::scratch_directory scratch("unit_write_model_repeated");
  auto model = test::random_packed<bitnet>();
  through(model, as_half);
  const auto report =
      test::written(io::source_of(model), scratch.file("m.gguf"), {.matrices = encoding::q2_0});
  REQUIRE(report.notes.size() == 1);
  CHECK_THAT(report.notes[0], Contains("name the model's type"));
  const auto again = io::load<tl::packed<bitnet>>(scratch.file("m.gguf"));
  if (!again) FAIL(again.error().message);
  CHECK(test::logits_of(again->model, test::some_tokens()) ==
        test::logits_of(model, test::some_tokens()));
}

TEST_CASE("invalid codes and floats of a file are found before anything is in place",
          "[write_model_layouts]") {
  const test::scratch_directory scratch("unit_write_model_damage");
  const auto model = test::random_packed<bitnet>();
  (void)test::written(io::source_of(model), scratch.file("good.gguf"),
                      {.matrices = encoding::i2_s});
  std::string bytes = test::contents_of(scratch.file("good.gguf"));
  const auto file = io::open_gguf(scratch.file("good.gguf")).value();
  const std::size_t at = file.find_tensor("blk.1.ffn_up.weight")->offset + 70;
  bytes[at] = static_cast<char>(0xFF);
  test::write_file(scratch.file("bad.gguf"), bytes);
  const auto bad = io::open_model(scratch.file("bad.gguf")).value();
  for (const model_format format : {model_format::gguf, model_format::hugging_face}) {
    const tl::error why = test::refusal_of(bad, scratch.file("out"), {.format = format});
    CHECK(why.code == tl::errc::invalid_value);
    CHECK_THAT(why.message, Contains("blk.1.ffn_up.weight, row 1, column 6: expected a code"));
    CHECK_FALSE(std::filesystem::exists(scratch.file("out")));
  }
  auto damaged = model;
  damaged.parameters.blocks[0].attention_norm.values[5] = 1.0f / 0x1p-149f;
  const tl::error why = test::refusal_of(io::source_of(damaged), scratch.file("out"));
  CHECK(why.code == tl::errc::invalid_value);
  CHECK_THAT(why.message, Contains("blocks.0.attention_norm, row 0, column 5"));
}

#include "write_model_fixture.hpp"

#include <trilith/io/gguf.hpp>

#include <cmath>
#include <filesystem>

namespace tl = trilith;
namespace io = trilith::io;
using Catch::Contains;
using io::encoding;
using io::model_format;

namespace {

using bitnet = tl::presets::b1_58_relu<>;

/// A fixture, written in a format and loaded again, computes the same bits.
void check_way_back(const std::string& name, const std::string& path,
                    const io::write_options& options) {
  CAPTURE(name);
  const auto m = test::loaded_from(test::hf_model(name));
  const std::string from = name == "qwen3_binary/model.gguf" ? "qwen3_binary" : name;
  const auto source = m.model.source();
  const io::write_report report = test::written(source, path, options);
  CHECK(report.bytes > 1000);
  const auto again = test::loaded_from(path);
  CHECK(again.report.gate == m.report.gate);
  CHECK(again.report.blueprint == m.report.blueprint);
  CHECK(again.model.settings == m.model.settings);
  CHECK(again.model.sizes == m.model.sizes);
  const auto tokens = test::reference_of(from).tokens;
  CHECK(test::logits_of(again.model, tokens) == test::logits_of(m.model, tokens));
  CHECK(test::difference(source, again.model.source()).is_none());
}

io::stored_as exact(const std::string& name) {
  return name.starts_with("qwen3") || name == "llama_dense" ? io::stored_as{} : encoding::f32;
}

}  // namespace

TEST_CASE("models of transformers compute the same from GGUF", "[write_model]") {
  const test::scratch_directory scratch("unit_write_model_gguf");
  for (const char* name : {"bitnet_autobitlinear", "bitnet_bitlinear", "bitnet_online",
                           "bitnet_odd_rows", "bitnet_1bitllm", "llama_bitlinear", "llama_dense",
                           "qwen3_dense", "qwen3_binary/model.gguf"})
    check_way_back(name, scratch.file("m.gguf"), {.matrices = exact(name)});
}

TEST_CASE("models of transformers compute the same from a Hugging Face directory",
          "[write_model]") {
  const test::scratch_directory scratch("unit_write_model_hf");
  for (const char* name :
       {"bitnet_autobitlinear", "bitnet_bitlinear", "bitnet_online", "bitnet_odd_rows",
        "bitnet_1bitllm", "llama_bitlinear", "llama_dense", "qwen3_dense"})
    check_way_back(name, scratch.file(name), {.format = model_format::hugging_face});
}

TEST_CASE("files that were opened and not loaded are written too", "[write_model]") {
  const test::scratch_directory scratch("unit_write_model_open");
  for (const char* name : {"bitnet_autobitlinear", "llama_bitlinear", "qwen3_binary/model.gguf"}) {
    const auto source = io::open_model(test::hf_model(name)).value();
    (void)test::written(source, scratch.file("m.gguf"));
    const auto again = io::open_model(scratch.file("m.gguf")).value();
    const auto found = test::difference(source, again);
    CHECK(found.different_codes == 0);
    CHECK(found.float_change < 0x1p-11);
    // and once more, from matrices that are trits in f16
    if (std::string(name) == "qwen3_binary/model.gguf") continue;
    (void)test::written(again, scratch.file(name), {.format = model_format::hugging_face});
    const auto third = io::open_model(scratch.file(name)).value();
    CHECK(third.facts.linear == encoding::hf_u8);
    CHECK(test::difference(again, third).is_none());
    CHECK(test::difference(source, third).codes > 10000);
    CHECK(test::difference(source, third).different_codes == 0);
  }
  const auto latent = io::open_model(test::hf_model("bitnet_online")).value();
  const tl::error why = test::refusal_of(latent, scratch.file("latent.gguf"));
  CHECK(why.code == tl::errc::unsupported);
  CHECK_THAT(why.message, Contains("latent weights") && Contains("io::load()"));
}

TEST_CASE("a model without sub-norms is llama, with rows in its order", "[write_model]") {
  const test::scratch_directory scratch("unit_write_model_order");
  const auto m = test::loaded_from(test::hf_model("llama_bitlinear"));
  const auto source = m.model.source();
  const auto report = test::written(source, scratch.file("m.gguf"), {.matrices = encoding::f32});
  CHECK(report.architecture == "llama");
  const auto file = io::open_gguf(scratch.file("m.gguf")).value();
  const auto in_file = [&](const char* name) {
    const auto bytes = file.bytes(*file.find_tensor(name));
    std::vector<float> out(bytes.size() / 4);
    std::memcpy(out.data(), bytes.data(), bytes.size());
    return out;
  };
  // rows 2i and 2i + 1 of a head of the file are rows i and i + 6 of the model
  const auto query = in_file("blk.1.attn_q.weight"), value = in_file("blk.1.attn_v.weight");
  const io::source_tensor &q = *source.find("blocks.1.attention.query"),
                          &v = *source.find("blocks.1.attention.value");
  REQUIRE(q.head_dim == 12);
  std::vector<std::int8_t> codes(q.cols);
  for (const bool is_query : {true, false})
    for (std::size_t r = 0; r < (is_query ? q : v).rows; ++r) {
      const io::source_tensor& t = is_query ? q : v;
      const std::size_t place = r % 12;
      const std::size_t row = is_query ? r - place + place / 2 + (place % 2) * 6 : r;
      t.packed.form.packing.unpack(t.memory.bytes.data() + row * (t.memory.bytes.size() / t.rows),
                                   t.cols, codes.data());
      for (std::size_t c = 0; c < t.cols; ++c)
        REQUIRE((is_query ? query : value)[r * t.cols + c] ==
                static_cast<float>(codes[c]) * t.packed.scales[0]);
    }
  CHECK(file.find_tensor("output.weight") != nullptr);
}

TEST_CASE("interleaved pairs go both ways", "[write_model]") {
  const test::scratch_directory scratch("unit_write_model_pairs");
  using scheme = tl::presets::b1_58_scheme;
  using pairs =
      tl::decoder<tl::transformer_block<tl::rms_norm<>,
                                        tl::attention<scheme, tl::no_norm, tl::rotary::interleaved>,
                                        tl::gated_ffn<scheme, tl::silu>>,
                  tl::separate_head<tl::weights::f16>>;
  const auto model = test::random_packed<pairs>();
  const auto wanted = test::logits_of(model, test::some_tokens());
  const auto source = io::source_of(model);
  for (const model_format format : {model_format::gguf, model_format::hugging_face}) {
    const std::string path = scratch.file(format == model_format::gguf ? "m.gguf" : "m");
    const io::stored_as how = format == model_format::gguf ? encoding::i2_s : encoding::hf_u8;
    (void)test::written(source, path, {.format = format, .matrices = how});
    const auto again = io::load<tl::packed<pairs>>(path);
    if (!again) FAIL(again.error().message);
    CHECK(test::logits_of(again->model, test::some_tokens()) == wanted);
    CHECK(test::difference(source, test::loaded_from(path).model.source()).is_none());
  }
}

TEST_CASE("a native checkpoint becomes GGUF", "[write_model]") {
  const test::scratch_directory scratch("unit_write_model_native");
  const auto model = test::random_packed<bitnet>();
  REQUIRE(io::save(model, scratch.file("m.safetensors")));
  const auto m = test::loaded_from(scratch.file("m.safetensors"));
  (void)test::written(m.model.source(), scratch.file("m.gguf"), {.matrices = encoding::i2_s});
  const auto again = test::loaded_from(scratch.file("m.gguf"));
  CHECK(test::logits_of(again.model, test::some_tokens()) ==
        test::logits_of(model, test::some_tokens()));
  CHECK(again.report.repairs.empty());
}

TEST_CASE("the metadata say what the official file of 2B4T leaves out", "[write_model]") {
  const test::scratch_directory scratch("unit_write_model_metadata");
  const auto model = test::random_packed<bitnet>();
  (void)test::written(io::source_of(model), scratch.file("m.gguf"),
                      {.name = "tiny", .licence = "MIT"});
  const auto file = io::open_gguf(scratch.file("m.gguf")).value();
  const auto text = [&](const char* key) {
    std::string_view out = "nothing";
    if (const io::gguf_value* v = file.find(key); v != nullptr) (void)v->as_string(out);
    return std::string(out);
  };
  const auto number = [&](const char* key) {
    double out = -1;
    if (const io::gguf_value* v = file.find(key); v != nullptr) (void)v->as_float(out);
    return out;
  };
  CHECK(text("general.architecture") == "bitnet-b1.58");
  CHECK(text("general.name") == "tiny");
  CHECK(text("general.license") == "MIT");
  CHECK(text("bitnet-b1.58.hidden_act") == "relu2");
  CHECK(text("tokenizer.ggml.model") == "no_vocab");
  CHECK(number("bitnet-b1.58.rope.freq_base") == 12345);
  CHECK(file.find("general.file_type") == nullptr);
  CHECK(file.find_tensor("token_embd.weight")->type == io::ggml_type::bf16);
  CHECK(file.find_tensor("blk.1.ffn_sub_norm.weight")->type == io::ggml_type::f32);
  CHECK(file.find_tensor("output.weight") == nullptr);
  CHECK(file.tensors().front().name == "token_embd.weight");
}

TEST_CASE("writing is cancelled, tells how far it is, and leaves nothing behind", "[write_model]") {
  const test::scratch_directory scratch("unit_write_model_cancel");
  const auto model = test::random_packed<bitnet>();
  const auto source = io::source_of(model);
  for (const model_format format : {model_format::gguf, model_format::hugging_face}) {
    double last = 0;
    std::size_t calls = 0;
    const auto listen = [&](double fraction, std::string_view) {
      CHECK(fraction >= last);
      last = fraction;
      ++calls;
      return true;
    };
    (void)test::written(source, scratch.file("whole"), {.format = format, .report = listen});
    CHECK(last == 1.0);
    CHECK(calls > 20);
    std::filesystem::remove_all(scratch.file("whole"));
    for (std::size_t stop = 1; stop < calls; stop += 5) {
      std::size_t left = stop;
      const auto refuse = [&](double, std::string_view) { return --left != 0; };
      const tl::error why =
          test::refusal_of(source, scratch.file("part"), {.format = format, .report = refuse});
      CHECK(why.code == tl::errc::cancelled);
      CHECK_THAT(why.message, Contains("cancelled"));
      CHECK(std::filesystem::is_empty(scratch.path()));
    }
  }
}

TEST_CASE("places that cannot be written to are errors", "[write_model]") {
  const test::scratch_directory scratch("unit_write_model_places");
  const auto model = test::random_packed<bitnet>();
  const auto source = io::source_of(model);
  const io::write_options hf{.format = model_format::hugging_face};
  const tl::error none = test::refusal_of(source, scratch.file("absent/m.gguf"));
  CHECK(none.code == tl::errc::file_not_found);
  CHECK_THAT(none.message, Contains("absent/m.gguf") && Contains("No such file"));
  CHECK(test::refusal_of(source, scratch.file("absent/m"), hf).code == tl::errc::file_not_found);

  std::filesystem::create_directories(scratch.file("full"));
  test::write_file(scratch.file("full/mine"), "keep");
  const tl::error taken = test::refusal_of(source, scratch.file("full"), hf);
  CHECK(taken.code == tl::errc::io_failure);
  CHECK_THAT(taken.message, Contains("expected a name that is free"));
  CHECK(test::contents_of(scratch.file("full/mine")) == "keep");
  CHECK(test::refusal_of(source, scratch.file("full")).code == tl::errc::io_failure);
  std::size_t entries = 0;
  for ([[maybe_unused]] const auto& e : std::filesystem::directory_iterator(scratch.path()))
    ++entries;
  CHECK(entries == 1);

  std::filesystem::create_directories(scratch.file("empty"));
  CHECK(test::written(source, scratch.file("empty/"), hf).bytes > 0);
  CHECK(test::loaded_from(scratch.file("empty")).report.architecture == "BitNetForCausalLM");
}

TEST_CASE("models that no architecture describes are refused", "[write_model]") {
  const test::scratch_directory scratch("unit_write_model_refused");
  const auto b1 = test::random_packed<tl::presets::b1<>>();
  const tl::error norm = test::refusal_of(io::source_of(b1), scratch.file("m.gguf"));
  CHECK(norm.code == tl::errc::unsupported);
  CHECK_THAT(norm.message, Contains("attention_norm, the model has none"));

  const auto model = test::random_packed<bitnet>();
  auto source = io::source_of(model);
  source.facts.gate = "";
  const tl::error gate = test::refusal_of(source, scratch.file("m.gguf"));
  CHECK(gate.code == tl::errc::unsupported);
  CHECK_THAT(gate.message, Contains("gate unknown, sub-norms") && Contains("io::save()"));

  auto extra = io::source_of(model);
  extra.tensors.push_back(extra.tensors.front());
  extra.tensors.back().name = "vision";
  const tl::error unknown = test::refusal_of(extra, scratch.file("m.gguf"));
  CHECK(unknown.code == tl::errc::unsupported);
  CHECK_THAT(unknown.message, Contains("bitnet-b1.58 has no tensor vision"));
  CHECK(std::filesystem::is_empty(scratch.path()));
}

TEST_CASE("comparing finds every kind of change", "[write_model]") {
  auto model = test::random_packed<bitnet>();
  const auto same = model;
  CHECK(test::difference(io::source_of(same), io::source_of(model)).is_none());
  auto& down = model.parameters.blocks[1].ffn.down;
  down.codes[3] ^= 1;  // 0, 1 or 2 becomes another
  auto found = test::difference(io::source_of(same), io::source_of(model));
  CHECK(found.different_codes >= 1);
  CHECK(found.worst == "blocks.1.ffn.down");
  model = same;
  model.parameters.blocks[0].attention.value.scales[0] *= 1.5f;
  found = test::difference(io::source_of(same), io::source_of(model));
  CHECK(found.different_codes == 0);
  CHECK(found.scale_change == Approx(0.5));
  model = same;
  model.parameters.final_norm.values[7] = 2;
  found = test::difference(io::source_of(same), io::source_of(model));
  CHECK(found.float_change > 0);
  CHECK(found.worst == "final_norm");

  auto less = io::source_of(same);
  less.tensors.pop_back();
  const auto missing = io::compare(io::source_of(same), less);
  REQUIRE_FALSE(missing);
  CHECK_THAT(missing.error().message, Contains("has no final_norm"));
  const auto other = test::random_packed<bitnet>(test::wide_shape, 1);
  auto wider = test::wide_shape;
  wider.vocab = 71;
  const auto larger = test::random_packed<bitnet>(wider);
  const auto shapes = io::compare(io::source_of(other), io::source_of(larger));
  REQUIRE_FALSE(shapes);
  CHECK(shapes.error().code == tl::errc::mismatch);
  CHECK_THAT(shapes.error().message, Contains("expected [70, 256]") && Contains("found [71, 256]"));
  const auto refuse = [](double, std::string_view) { return false; };
  const auto cancelled = io::compare(io::source_of(same), io::source_of(model), refuse);
  REQUIRE_FALSE(cancelled);
  CHECK(cancelled.error().code == tl::errc::cancelled);
}

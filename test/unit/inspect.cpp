#include <trilith/io/inspect.hpp>

#include <trilith/io/checkpoint.hpp>
#include <trilith/io/gguf.hpp>
#include <trilith/model/convert.hpp>
#include <trilith/model/describe_model.hpp>

#include <algorithm>

#include "catch.hpp"
#include "data.hpp"
#include "load_fixture.hpp"
#include "model_fixture.hpp"
#include "text_fixture.hpp"

namespace tl = trilith;
using Catch::Contains;
using Catch::EndsWith;
using Catch::StartsWith;
using sizes = std::vector<std::uint64_t>;

namespace {

tl::io::inspection inspected(const std::string& path) {
  auto found = tl::io::inspect(path);
  if (!found) FAIL(found.error().message);
  return std::move(found).value();
}

std::string fixture(const std::string& name) {
  return std::string(TRILITH_TEST_FIXTURES_DIR) + "/" + name;
}

std::string value_of(const tl::io::inspection& of, std::string_view key) {
  for (const auto& pair : of.metadata)
    if (pair.key == key) return pair.value;
  return "(none)";
}
tl::io::inspected_tensor tensor_of(const tl::io::inspection& of, std::string_view name) {
  for (const auto& t : of.tensors)
    if (t.name == name) return t;
  FAIL("no tensor " << name);
  return {};
}
bool has_note(const tl::io::inspection& of, const std::string& words) {
  return std::any_of(of.notes.begin(), of.notes.end(),
                     [&](const std::string& note) { return note.find(words) != note.npos; });
}

void refuses(const std::string& path, tl::errc code, const std::string& words) {
  const auto found = tl::io::inspect(path);
  REQUIRE(!found);
  CHECK(found.error().code == code);
  CHECK_THAT(found.error().message, StartsWith(path) && Contains(words));
}

/// The least a GGUF file needs: counts, metadata, a tensor table; then `data` zeros.
struct gguf_bytes {
  std::string out = "GGUF";
  template <class T>
  gguf_bytes& add(T value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
    return *this;
  }
  gguf_bytes& text(std::string_view s) {
    add(std::uint64_t{s.size()});
    out += s;
    return *this;
  }
};

std::string odd_gguf() {
  gguf_bytes file;
  file.add(3u).add(std::uint64_t{2}).add(std::uint64_t{2});
  file.text("general.architecture").add(8u).text("new\x1b[31m-one");
  file.text("k.long").add(9u).add(4u).add(std::uint64_t{9});
  for (unsigned i = 0; i < 9; ++i) file.add(i);
  file.text("blk.0.odd")
      .add(2u)
      .add(std::uint64_t{64})
      .add(std::uint64_t{2})
      .add(77u)
      .add(std::uint64_t{0});
  file.text("last").add(1u).add(std::uint64_t{8}).add(0u).add(std::uint64_t{64});
  file.out.resize((file.out.size() + 31) / 32 * 32);
  file.out.resize(file.out.size() + 64 + 32);
  return file.out;
}

}  // namespace

TEST_CASE("GGUF: types, shapes as [Out, In], metadata in words", "[inspect]") {
  const auto found = inspected(fixture("hf_models/qwen3_binary/model.gguf"));
  CHECK(found.format == "GGUF v3");
  CHECK(found.architecture == "qwen3");
  CHECK(value_of(found, "qwen3.attention.layer_norm_rms_epsilon") == "1e-06");
  const auto key = tensor_of(found, "blk.0.attn_k.weight");
  CHECK(key.type == "Q1_0");
  CHECK(key.shape == sizes{32, 128});
  CHECK(key.bytes == 576);
  CHECK(key.bits_per_weight() == 1.125);
  CHECK(found.all.tensors == 13);
  CHECK(found.all.weights == 98'752);
  CHECK(found.layer_matrices.tensors == 7);
  CHECK(found.layer_matrices.bits_per_weight() == 1.125);
  const auto package = inspected(fixture("gguf/package.gguf"));
  CHECK(value_of(package, "toy.i64") == "-9223372036854775808");
  CHECK(value_of(package, "toy.f32") == "0.1");
  CHECK(value_of(package, "toy.f64") == "0.1");
  CHECK(value_of(package, "toy.true") == "true");
  CHECK(value_of(package, "toy.array.bool") == "[true, false, true]");
  CHECK(value_of(package, "toy.array.f32") == "[-0.5, 1e+30]");
}

TEST_CASE("GGUF: what nothing here knows is shown, not refused", "[inspect]") {
  const test::scratch_directory scratch("inspect_odd");
  const std::string path = scratch.file("odd.gguf");
  test::write_file(path, odd_gguf());
  const auto found = inspected(path);
  const auto odd = tensor_of(found, "blk.0.odd");
  CHECK(odd.type == "type 77");
  CHECK(odd.shape == sizes{2, 64});
  CHECK(odd.bytes == 64);
  CHECK_THAT(odd.remark, Contains("found 77"));
  CHECK(has_note(found, "found 77"));
  CHECK(value_of(found, "k.long") == "[0, 1, 2, 3, 4, 5, ...]  (9 values of type u32)");
  CHECK_THAT(found.text(), Contains("new\\x1B[31m-one"));  // no colours from a file
  CHECK(found.text().find('\x1b') == std::string::npos);
}

TEST_CASE("a Hugging Face directory: config.json beside the tensors", "[inspect]") {
  const std::string directory = fixture("hf_models/bitnet_autobitlinear");
  const auto found = inspected(directory);
  CHECK(found.format == "safetensors");
  CHECK(found.architecture == "BitNetForCausalLM");
  CHECK(value_of(found, "quantization_config.linear_class") == "autobitlinear");
  CHECK(value_of(found, "rms_norm_eps") == "1e-05");
  const auto packed = tensor_of(found, "model.layers.0.mlp.gate_proj.weight");
  CHECK(packed.shape == sizes{24, 64});
  CHECK(packed.type == "U8, 4 weights each");
  CHECK(packed.weights == 96 * 64);
  CHECK(packed.bits_per_weight() == 2.0);
  for (const char* inside : {"/config.json", "/model.safetensors"}) {
    const auto same = inspected(directory + inside);
    CHECK(same.architecture == found.architecture);
    CHECK(same.all.bytes == found.all.bytes);
  }
}

TEST_CASE("shards are one model; a class that nothing here runs is shown", "[inspect]") {
  const test::scratch_directory scratch("inspect_shards");
  const std::vector<float> numbers(8);
  const std::span<const unsigned char> bytes(reinterpret_cast<const unsigned char*>(numbers.data()),
                                             32);
  const auto write = [&](const char* file, const char* tensor) {
    const tl::io::tensor_to_write t{tensor, tl::io::dtype::f32, {2, 4}, bytes};
    REQUIRE(tl::io::write_safetensors(scratch.file(file), {&t, 1}));
  };
  write("model-1.safetensors", "model.layers.10.a");
  write("model-2.safetensors", "model.layers.2.a");
  test::write_file(scratch.file("model.safetensors.index.json"),
                   R"({"metadata": {"total_size": 64}, "weight_map": {
                      "model.layers.10.a": "model-1.safetensors",
                      "model.layers.2.a": "model-2.safetensors"}})");
  test::write_file(scratch.file("config.json"),
                   R"({"architectures": ["Strange"], "list": [1, 2, 3, 4, 5, 6, 7, null]})");
  test::write_file(scratch.file("tokenizer.json"), "{}");
  for (const std::string& path : {scratch.path(), scratch.file("model.safetensors.index.json"),
                                  scratch.file("config.json")}) {
    const auto found = inspected(path);
    CHECK(found.format == "safetensors in 2 shards");
    CHECK(found.architecture == "Strange");
    CHECK(value_of(found, "list") == "[1, 2, 3, 4, 5, 6, ...]  (8 values)");
    CHECK(has_note(found, "tokenizer.json"));
    CHECK(found.all.tensors == 2);
    const std::string text = found.text(false);
    CHECK(text.find("model.layers.2\n") < text.find("model.layers.10\n"));
    CHECK_THAT(found.text(), Contains("model.layers.2 ... 10  (2 alike)"));
  }
  test::write_file(scratch.file("config.json"), "[]");
  const auto broken = tl::io::inspect(scratch.path());
  REQUIRE(!broken);
  CHECK(broken.error().code == tl::errc::malformed);
  CHECK_THAT(broken.error().message, Contains("config.json"));
}

TEST_CASE("a native checkpoint: codes and scales are one tensor again", "[inspect]") {
  const test::scratch_directory scratch("inspect_native");
  using blueprint = test::blueprint<tl::weights::ternary<>>;
  const auto floats = test::random_dense<blueprint>();
  const auto model = tl::change_packing<tl::packing::base3>(tl::pack(floats));
  const std::string path = scratch.file("m.safetensors");
  const std::vector<unsigned char> words{1, 2, 3};
  REQUIRE(tl::io::save(model, path, {.tokenizer = words, .metadata = {{"name", "small"}}}));
  const auto found = inspected(path);
  CHECK(found.format == "native checkpoint");
  CHECK(found.architecture == blueprint::name());
  CHECK(value_of(found, "name") == "small");
  CHECK(has_note(found, "tokenizer inside, 3 bytes"));
  const auto gate = tensor_of(found, "blocks.2.ffn.gate");
  CHECK(gate.shape == sizes{172, 48});
  CHECK_THAT(gate.type, EndsWith("in base3"));
  CHECK(gate.bytes == 172 * 10 + 4);  // ceil(48 / 5) bytes a row, and a scale
  CHECK(tensor_of(found, "blocks.0.ffn.down").shape == sizes{48, 172});
  CHECK(tensor_of(found, "blocks.0.attention.output").shape == sizes{48, 48});
  CHECK_THAT(tensor_of(found, "head").type, EndsWith("in bits8"));
  CHECK(tensor_of(found, "embedding").type == "BF16");
  CHECK_THAT(tl::describe(model), Contains(tl::grouped(found.all.weights) + " parameters"));
  CHECK(found.all.bytes == tl::parameter_bytes(model));
  const std::string text = found.text();
  CHECK_THAT(text, Contains("blocks.0 ... 2  (3 alike)") && Contains("total: "));
  CHECK(text.find(".codes") == text.npos);
}

TEST_CASE("files of llama2.c and bitllama2c by their header", "[inspect]") {
  const std::string floats = test::data_file("models/stories260K.bin");
  const std::string trits = test::data_file("models/bitnet-stories-1M/model.bin");
  if (floats.empty() || trits.empty()) return;
  const auto llama = inspected(floats);
  CHECK(llama.format == "llama2.c");
  CHECK(value_of(llama, "layers") == "5");
  CHECK(llama.all.weights == 260'032);
  const auto bitnet = inspected(trits);
  CHECK(bitnet.format == "bitllama2.c, version 1");
  CHECK(tensor_of(bitnet, "blocks.7.ffn.down").shape == sizes{128, 256});
  CHECK(bitnet.all.bytes == test::contents_of(trits).size() - 256);
  const test::scratch_directory scratch("inspect_llama2c");
  const std::string cut = scratch.file("cut.bin");
  test::write_file(cut, test::contents_of(trits).substr(0, 5000));
  refuses(cut, tl::errc::truncated, "should hold");
}

TEST_CASE("tokenizers are named", "[inspect]") {
  const test::scratch_directory scratch("inspect_words");
  const auto words = tl::text::make_tokenizer(test::toy_vocabulary({"a", "b"}), "toy").value();
  const auto bytes = tl::text::serialize(words);
  const std::string path = scratch.file("words.bin");
  test::write_file(path, {bytes.begin(), bytes.end()});
  const auto found = inspected(path);
  CHECK(found.format == "tokenizer, SentencePiece");
  CHECK(value_of(found, "tokens") == "261");
  CHECK(value_of(found, "begin of text") == "1  <s>");
  CHECK(found.tensors.empty());
  CHECK(found.text().find("total") == std::string::npos);
}

TEST_CASE("what is none of these is refused in words", "[inspect]") {
  const test::scratch_directory scratch("inspect_refused");
  refuses(scratch.file("none"), tl::errc::file_not_found, "cannot be opened");
  refuses(scratch.path(), tl::errc::file_not_found, "model.safetensors");
  const std::string text = scratch.file("text");
  test::write_file(text, "To be, or not to be, that is the question.");
  refuses(text, tl::errc::unsupported, "expected GGUF, safetensors");
}

TEST_CASE("no file, however damaged, does harm", "[inspect]") {
  const test::scratch_directory scratch("inspect_damage");
  const std::string path = scratch.file("damaged");
  const std::string whole = odd_gguf();
  std::size_t opened = 0;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    test::write_file(path, whole.substr(0, size));
    const auto found = tl::io::inspect(path);
    opened += found.has_value();
    if (!found) CHECK(!found.error().message.empty());
  }
  CHECK(opened <= 32);  // where only the last tensor's padding is missing
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x81);
    test::write_file(path, flipped);
    const auto found = tl::io::inspect(path);
    if (found) CHECK(!found->text().empty());
  }
}

TEST_CASE("JSON holds the same, whatever bytes a file has", "[inspect]") {
  tl::io::inspection made{"a \"b\"", "GGUF v3", "x\xFF\n"};
  made.metadata.push_back({"k", "\xC3"});
  made.tensors.push_back({"t", "F32", {2, 3}, 6, 24, "odd"});
  made.notes.push_back("n");
  const auto json = made.json();
  REQUIRE(json);
  CHECK_THAT(*json, Contains(R"("file": "a \"b\"")") && Contains("\"x\xEF\xBF\xBD\\n\"") &&
                        Contains("[\"k\", \"\xEF\xBF\xBD\"]") &&
                        Contains(R"("shape": [2, 3], "weights": 6, "bytes": 24)") &&
                        Contains(R"("bits_per_weight": 32.0)"));
}

#include "load_fixture.hpp"

#include <trilith/io/gguf.hpp>
#include <trilith/io/source_of.hpp>
#include <trilith/io/write_model.hpp>
#include <trilith/model/convert.hpp>
#include <trilith/model/initialize.hpp>
#include <trilith/model/presets.hpp>
#include <trilith/packing/q6_k.hpp>
#include <trilith/packing/q8_0.hpp>
#include <trilith/text/byte_level.hpp>

#include <algorithm>
#include <limits>

#include "catch.hpp"

namespace tl = trilith;
namespace io = trilith::io;
using Catch::Contains;
using blueprint = tl::presets::b1_58_relu<>;

namespace {

/// 256 bytes, two merges, and LLaMA-3's control pieces.
tl::text::tokenizer small_words() {
  tl::text::vocabulary v;
  v.pre = tl::text::pre_tokenizer::llama3;
  v.ignore_merges = true;
  v.dummy_prefix = false;
  for (int b = 0; b < 256; ++b) v.pieces.push_back({.text = std::string(1, static_cast<char>(b))});
  v.pieces.push_back({.text = "th"});
  v.pieces.push_back({.text = "the"});
  v.merges = {{'t', 'h'}, {256, 'e'}};
  for (const char* name : {"<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>"})
    v.pieces.push_back({.text = name, .kind = tl::text::piece_kind::control});
  v.bos = 258;
  v.eos = 259;
  v.stop = {260};
  return tl::text::make_byte_level_tokenizer(std::move(v), "small").value();
}

tl::packed<blueprint> small_model() {
  const tl::shape sizes{.dim = 256,
                        .ffn_dim = 512,
                        .layers = 2,
                        .heads = 4,
                        .kv_heads = 2,
                        .head_dim = 64,
                        .vocab = 261,
                        .context = 64};
  tl::latent<blueprint> random(sizes, tl::presets::bitnet_2b4t_settings);
  tl::fill_random(random, 5);
  auto model = tl::pack(random);
  for (auto& block : model.parameters.blocks) block.ffn.down.scales[0] = 0.125f;
  return model;
}

/// A file of the small model that a test may take apart and write again.
class gguf_under_test {
 public:
  explicit gguf_under_test(io::encoding matrices) : scratch_("unit_load_gguf") {
    const auto model = small_model();
    auto source = io::source_of(model);
    source.tokenizer = small_words();
    const auto written = io::write_model(source, scratch_.file("m.gguf"), {.matrices = matrices});
    if (!written) FAIL(written.error().message);
    const auto file = io::open_gguf(scratch_.file("m.gguf")).value();
    for (const io::gguf_field& f : file.metadata())
      metadata.push_back({std::string(f.key), io::gguf_owned_value(f.value)});
    for (const io::gguf_tensor& t : file.tensors()) {
      const auto bytes = file.bytes(t);
      tensors.push_back({t.name, t.dims, t.type, {bytes.begin(), bytes.end()}});
    }
  }

  struct tensor {
    std::string name;
    std::vector<std::uint64_t> dims;
    io::ggml_type type;
    std::vector<unsigned char> bytes;
  };
  std::vector<io::gguf_pair> metadata;
  std::vector<tensor> tensors;

  void drop_key(const std::string& key) {
    std::erase_if(metadata, [&](const io::gguf_pair& p) { return p.key == key; });
  }
  void set_key(const std::string& key, io::gguf_owned_value value) {
    drop_key(key);
    metadata.push_back({key, std::move(value)});
  }
  tensor& find(const std::string& name) {
    for (tensor& t : tensors)
      if (t.name == name) return t;
    FAIL("no tensor " << name);
    return tensors.front();
  }
  tl::result<io::loaded<tl::any_model>> load() {
    std::vector<io::gguf_tensor_to_write> list;
    for (const tensor& t : tensors)
      list.push_back({t.name, t.dims, t.type, {t.bytes.data(), t.bytes.size()}});
    if (auto ok = io::write_gguf(scratch_.file("n.gguf"), list, metadata); !ok)
      FAIL(ok.error().message);
    return io::load(scratch_.file("n.gguf"));
  }
  void check_refusal(tl::errc code, const std::string& words) {
    const auto m = load();
    REQUIRE_FALSE(m);
    INFO(m.error().message);
    CHECK(m.error().code == code);
    CHECK_THAT(m.error().message, Contains("n.gguf") && Contains(words));
  }

 private:
  test::scratch_directory scratch_;
};

const std::vector<std::int32_t> tokens{258, 256, 12, 77, 200, 257, 3, 3, 90};
const std::string gate = "blk.1.ffn_gate.weight";

}  // namespace

TEST_CASE("a GGUF file of ours needs no repair and computes the same", "[load_gguf]") {
  for (const io::encoding how : {io::encoding::i2_s, io::encoding::f32}) {
    auto m = gguf_under_test(how).load();
    if (!m) FAIL(m.error().message);
    CHECK(m->report.repairs.empty());
    CHECK(m->report.chat == "bitnet");
    CHECK(m->report.gate == "relu_squared");
    CHECK(test::logits_of(m->model, tokens) == test::logits_of(small_model(), tokens));
    CHECK(m->tokenizer.encode("the th").value() == std::vector<std::int32_t>{258, 257, ' ', 256});
  }
}

TEST_CASE("the defects of the official 2B4T file are repaired", "[load_gguf]") {
  gguf_under_test file(io::encoding::i2_s);
  file.drop_key("bitnet-b1.58.hidden_act");
  file.drop_key("tokenizer.ggml.pre");
  file.drop_key("tokenizer.ggml.eot_token_id");
  file.set_key("tokenizer.chat_template",
               std::string("{% for message in messages %}Human: {{ message['content'] }}"
                           "\n\nBITNETAssistant: {% endfor %}"));
  auto m = file.load();
  if (!m) FAIL(m.error().message);
  const std::string text = m->report.text();
  CHECK_THAT(text, Contains("repaired      No activation in the metadata: squared ReLU"));
  CHECK_THAT(text, Contains("repaired      No pre-tokeniser in the metadata: llama-bpe"));
  CHECK_THAT(text, Contains("repaired      The chat template is missing or a placeholder"));
  CHECK(m->report.chat == "bitnet");
  CHECK(m->report.gate == "relu_squared");
  CHECK(test::logits_of(m->model, tokens) == test::logits_of(small_model(), tokens));
  CHECK(m->tokenizer.vocab().pre == tl::text::pre_tokenizer::llama3);
  const auto& stop = m->tokenizer.vocab().stop;
  CHECK(std::find(stop.begin(), stop.end(), 260) != stop.end());
}

TEST_CASE("an activation that the file states is believed", "[load_gguf]") {
  gguf_under_test file(io::encoding::i2_s);
  file.set_key("bitnet-b1.58.hidden_act", std::string("silu"));
  auto m = file.load();
  if (!m) FAIL(m.error().message);
  CHECK(m->report.gate == "silu");
  CHECK(test::logits_of(m->model, tokens) != test::logits_of(small_model(), tokens));
  file.set_key("bitnet-b1.58.hidden_act", std::string("gelu"));
  file.check_refusal(tl::errc::unsupported,
                     "key bitnet-b1.58.hidden_act: expected silu or relu2, found gelu.");
}

TEST_CASE("damaged codes and scales of a GGUF file are refused with their place", "[load_gguf]") {
  gguf_under_test code(io::encoding::i2_s);
  code.find(gate).bytes[64 * 5 + 3] |= 0xC0;  // row 5, weight 3 of its first block
  code.check_refusal(tl::errc::invalid_value,
                     "tensor " + gate + ", row 5, column 3: expected a code of i2_s");
  for (const float bad : {0.0f, -1.0f, std::numeric_limits<float>::quiet_NaN()}) {
    gguf_under_test scale(io::encoding::i2_s);
    auto& bytes = scale.find(gate).bytes;
    std::memcpy(bytes.data() + bytes.size() - 32, &bad, 4);
    scale.check_refusal(tl::errc::invalid_value, gate + ": the scale should be a finite number");
  }
}

TEST_CASE("blocks of one matrix must agree on its scale", "[load_gguf]") {
  const auto check = [](unsigned scale_of_block_3, tl::errc code, const std::string& words) {
    gguf_under_test file(io::encoding::tq2_0);
    auto& bytes = file.find(gate).bytes;
    bytes[66 * 3 + 64] = static_cast<unsigned char>(scale_of_block_3 & 0xFF);
    bytes[66 * 3 + 65] = static_cast<unsigned char>(scale_of_block_3 >> 8);
    file.check_refusal(code, words);
  };
  check(0x3555, tl::errc::mismatch,
        gate + ", row 3: expected one scale for the whole matrix, found ");
  check(0, tl::errc::invalid_value,
        gate + ", row 3, column 0: the scale should be a finite number");
  check(0x7E00, tl::errc::invalid_value, "found nan");
}

TEST_CASE("a block of zeros needs no scale", "[load_gguf]") {
  gguf_under_test file(io::encoding::tq2_0);
  auto& bytes = file.find(gate).bytes;
  std::fill_n(bytes.begin() + 66 * 3, 64, 0x55);
  bytes[66 * 3 + 64] = bytes[66 * 3 + 65] = 0;
  auto m = file.load();
  if (!m) FAIL(m.error().message);
}

TEST_CASE("keys that are missing, wrong or not computed here are refused", "[load_gguf]") {
  gguf_under_test missing(io::encoding::i2_s);
  missing.drop_key("bitnet-b1.58.block_count");
  missing.check_refusal(tl::errc::malformed,
                        "key bitnet-b1.58.block_count: expected a whole number, found none.");
  gguf_under_test huge(io::encoding::i2_s);
  huge.set_key("bitnet-b1.58.embedding_length", std::uint64_t{1} << 63);
  huge.check_refusal(tl::errc::invalid_value, "dim should be between 1 and ");
  gguf_under_test architecture(io::encoding::i2_s);
  architecture.set_key("general.architecture", std::string("mamba"));
  architecture.check_refusal(tl::errc::unsupported, "found mamba.");
  gguf_under_test partial(io::encoding::i2_s);
  partial.set_key("bitnet-b1.58.rope.dimension_count", std::uint32_t{32});
  partial.check_refusal(tl::errc::unsupported, "the width of a head, found 32.");
  gguf_under_test scaled(io::encoding::i2_s);
  scaled.set_key("bitnet-b1.58.rope.scaling.type", std::string("yarn"));
  scaled.check_refusal(tl::errc::unsupported, "found yarn");
}

TEST_CASE("a vocabulary that contradicts the model is refused", "[load_gguf]") {
  gguf_under_test file(io::encoding::i2_s);
  file.set_key("tokenizer.ggml.tokens", std::vector<std::string>(260, "x"));
  file.check_refusal(tl::errc::mismatch, "expected 261 tokens, one for each row");
  gguf_under_test bos(io::encoding::i2_s);
  bos.set_key("tokenizer.ggml.bos_token_id", std::uint32_t{261});
  bos.check_refusal(tl::errc::invalid_value, "expected a token below 261, found 261.");
}

TEST_CASE("tensors of other types and unknown tensors are refused", "[load_gguf]") {
  gguf_under_test other(io::encoding::i2_s);
  auto& tensor = other.find(gate);
  tensor.type = io::ggml_type::q4_0;
  tensor.bytes.resize(512 * 256 / 32 * 18);
  other.check_refusal(tl::errc::unsupported, gate + ": expected F32, F16, BF16");
  gguf_under_test bias(io::encoding::i2_s);
  bias.tensors.push_back(
      {"blk.0.attn_q.bias", {4}, io::ggml_type::f32, std::vector<unsigned char>(16)});
  bias.check_refusal(tl::errc::unsupported, "blk.0.attn_q.bias");
}

TEST_CASE("a factor beside a matrix multiplies its scale", "[load_gguf]") {
  gguf_under_test file(io::encoding::i2_s);
  const float factor = 2.0f;
  std::vector<unsigned char> bytes(4);
  std::memcpy(bytes.data(), &factor, 4);
  file.tensors.push_back({"blk.1.ffn_gate.scale", {1}, io::ggml_type::f32, bytes});
  auto model = small_model();
  model.parameters.blocks[1].ffn.gate.scales[0] *= factor;
  auto m = file.load();
  if (!m) FAIL(m.error().message);
  CHECK(test::logits_of(m->model, tokens) == test::logits_of(model, tokens));
}

TEST_CASE("embeddings in blocks become f16, value by value", "[load_gguf]") {
  const auto check = [](io::ggml_type type, std::size_t block_bytes, std::size_t scale_at,
                        auto decode) {
    gguf_under_test file(io::encoding::i2_s);
    auto& embedding = file.find("token_embd.weight");
    embedding.type = type;
    embedding.bytes.resize(261 * 256 / (type == io::ggml_type::q6_k ? 256u : 32u) * block_bytes);
    for (std::size_t i = 0; i < embedding.bytes.size(); ++i)
      embedding.bytes[i] = static_cast<unsigned char>(i * 197 + i / 251);
    for (std::size_t b = 0; b < embedding.bytes.size(); b += block_bytes) {
      embedding.bytes[b + scale_at] = static_cast<unsigned char>(b);
      embedding.bytes[b + scale_at + 1] = 0x0C;  // a scale of about 2^-12
    }
    const std::vector<unsigned char> bytes = embedding.bytes;
    auto m = file.load();
    if (!m) FAIL(m.error().message);
    CHECK_THAT(m->report.embedding, Contains(type == io::ggml_type::q6_k ? "q6_k" : "q8_0"));
    const auto source = m->model.source();
    const io::source_tensor* const found = source.find("embedding");
    REQUIRE(found->how == io::encoding::f16);
    std::vector<float> row(256);
    for (std::size_t r = 0; r < 261; ++r) {
      decode(bytes.data(), 256, r, row.data());
      for (std::size_t c = 0; c < 256; ++c) {
        tl::float16 stored;
        std::memcpy(&stored, found->memory.bytes.data() + 2 * (r * 256 + c), 2);
        REQUIRE(tl::to_float(stored) == tl::to_float(tl::to_float16(row[c])));
      }
    }
  };
  check(io::ggml_type::q6_k, 210, 208, &tl::packing::q6_k::decode_row);
  check(io::ggml_type::q8_0, 34, 0, &tl::packing::q8_0::decode_row);
}

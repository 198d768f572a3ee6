// Writes the first seeds of every fuzz target into OUT/<target>/: files made here and fixtures.
//
//   make_seeds OUT FIXTURES [DATA]
//
// The committed corpora are what fuzzing made of them (docs/fuzzing.md).
#include <trilith/io/checkpoint.hpp>
#include <trilith/io/gguf.hpp>
#include <trilith/io/hf_names.hpp>
#include <trilith/model/initialize.hpp>
#include <trilith/packing/hf_u8.hpp>
#include <trilith/packing/i2_s.hpp>
#include <trilith/packing/q1_0.hpp>
#include <trilith/packing/q2_0.hpp>
#include <trilith/packing/q8_0.hpp>
#include <trilith/packing/tq1_0.hpp>
#include <trilith/packing/tq2_0.hpp>
#include <trilith/text/byte_level.hpp>
#include <trilith/text/load_tokenizer.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <tuple>

#include "checkpoint_models.hpp"
#include "vocabularies.hpp"

namespace fs = std::filesystem;
namespace tl = trilith;
using fuzz::bytes;
using tl::io::ggml_type;

namespace {

fs::path out, fixtures, data;

[[nodiscard]] bytes contents_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void write(const fs::path& path, const bytes& contents) {
  fs::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(contents.data()), std::ssize(contents));
}
void write(const fs::path& path, std::string_view text) {
  write(path, bytes(text.begin(), text.end()));
}
/// Copies a file that may be absent, and is no seed where it is large.
void copy_seed(const fs::path& from, const fs::path& to) {
  if (fs::is_regular_file(from) && fs::file_size(from) < 32768) write(to, contents_of(from));
}
[[nodiscard]] bytes divided(bytes first, const bytes& second) {
  first.push_back(0);
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

// --- GGUF models ---------------------------------------------------------------------------------

/// One coded row after the other, of the codes `lowest`, `lowest` + step, ..., all with one scale.
template <class L>
[[nodiscard]] bytes coded(std::size_t rows, std::size_t cols) {
  bytes to(L::bytes(rows, cols));
  std::vector<std::int8_t> codes(cols);
  const std::vector<float> scales(cols, 0.5f);
  const std::size_t kinds = static_cast<std::size_t>(L::max_code - L::min_code) / L::code_step + 1;
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < cols; ++c)
      codes[c] =
          static_cast<std::int8_t>(L::min_code + static_cast<int>((r + c) % kinds) * L::code_step);
    L::pack_row(codes.data(), scales.data(), rows, cols, r, to.data());
  }
  return to;
}
[[nodiscard]] bytes eights(std::size_t rows, std::size_t cols) {
  bytes to(rows * cols / 32 * 34);
  const std::vector<float> row(cols, 0.5f);
  for (std::size_t r = 0; r < rows; ++r)
    tl::packing::q8_0::encode_row(row.data(), cols, r, to.data());
  return to;
}
/// Plus and minus a half.
template <class Element>
[[nodiscard]] bytes plain(std::size_t count, Element half, Element minus_half) {
  bytes to(count * sizeof(Element));
  for (std::size_t i = 0; i < count; ++i)
    std::memcpy(to.data() + i * sizeof(Element), i % 3 == 0 ? &minus_half : &half, sizeof(Element));
  return to;
}
[[nodiscard]] bytes data_of(ggml_type type, std::size_t rows, std::size_t cols) {
  switch (type) {
    case ggml_type::i2_s:
      return coded<tl::packing::i2_s>(rows, cols);
    case ggml_type::tq1_0:
      return coded<tl::packing::tq1_0>(rows, cols);
    case ggml_type::tq2_0:
      return coded<tl::packing::tq2_0>(rows, cols);
    case ggml_type::q1_0:
      return coded<tl::packing::q1_0>(rows, cols);
    case ggml_type::q2_0:
      return coded<tl::packing::q2_0>(rows, cols);
    case ggml_type::q8_0:
      return eights(rows, cols);
    case ggml_type::q6_k:
      return bytes(rows * cols / 256 * 210, 1);
    case ggml_type::f16:
      return plain(rows * cols, tl::to_float16(0.5f), tl::to_float16(-0.5f));
    case ggml_type::bf16:
      return plain(rows * cols, tl::to_bfloat16(0.5f), tl::to_bfloat16(-0.5f));
    default:
      return plain(rows * cols, 0.5f, -0.5f);
  }
}

struct model_seed {
  std::string name, architecture;
  ggml_type matrix, embedding;
  bool sub_norms, head_norms, own_head;
  std::size_t dim, ffn, head_dim;
  std::string words = {};  ///< "", "llama" or "gpt2"
};

class gguf_seed {
 public:
  explicit gguf_seed(const model_seed& m) : m_(m) {}

  void make(const fs::path& path) {
    const std::size_t vocab = words_.pieces.size() > 0 ? words_.pieces.size() : 4;
    add("token_embd.weight", m_.embedding, vocab, m_.dim);
    add("output_norm.weight", ggml_type::f32, 0, m_.dim);
    if (m_.own_head) add("output.weight", m_.embedding, vocab, m_.dim);
    add_block();
    add_keys(vocab);
    fs::create_directories(path.parent_path());
    std::vector<tl::io::gguf_tensor_to_write> tensors;
    for (std::size_t i = 0; i < names_.size(); ++i)
      tensors.push_back({names_[i], dims_[i], types_[i], {data_[i].data(), data_[i].size()}});
    const auto ok = tl::io::write_gguf(path.string(), {tensors.data(), tensors.size()},
                                       {pairs_.data(), pairs_.size()});
    fuzz::expect(static_cast<bool>(ok), ok ? "" : ok.error().message);
  }
  void use(tl::text::vocabulary words) { words_ = std::move(words); }

 private:
  /// A matrix whose rows are no whole blocks is F16.
  void add(const std::string& name, ggml_type type, std::size_t rows, std::size_t cols) {
    if (cols % tl::io::traits_of(type)->block_weights != 0) type = ggml_type::f16;
    names_.push_back(name);
    types_.push_back(type);
    dims_.push_back({cols});
    if (rows != 0) dims_.back().push_back(rows);
    data_.push_back(data_of(type, rows == 0 ? 1 : rows, cols));
  }
  void add_block() {
    const std::size_t heads = 2, query = heads * m_.head_dim, d = m_.dim;
    const auto norm = [&](const char* name, std::size_t size) {
      add("blk.0." + std::string(name) + ".weight", ggml_type::f32, 0, size);
    };
    const auto matrix = [&](const char* name, std::size_t rows, std::size_t cols) {
      add("blk.0." + std::string(name) + ".weight", m_.matrix, rows, cols);
    };
    norm("attn_norm", d);
    matrix("attn_q", query, d);
    matrix("attn_k", m_.head_dim, d);
    matrix("attn_v", m_.head_dim, d);
    matrix("attn_output", d, query);
    norm("ffn_norm", d);
    matrix("ffn_gate", m_.ffn, d);
    matrix("ffn_up", m_.ffn, d);
    matrix("ffn_down", d, m_.ffn);
    if (m_.sub_norms) norm("attn_sub_norm", query);
    if (m_.sub_norms) norm("ffn_sub_norm", m_.ffn);
    if (m_.head_norms) norm("attn_q_norm", m_.head_dim);
    if (m_.head_norms) norm("attn_k_norm", m_.head_dim);
  }
  void add_keys(std::size_t vocab) {
    const auto size = [&](const char* name, std::size_t n) {
      pairs_.push_back({m_.architecture + "." + name, static_cast<std::uint32_t>(n)});
    };
    pairs_.push_back({"general.architecture", m_.architecture});
    size("embedding_length", m_.dim);
    size("feed_forward_length", m_.ffn);
    size("block_count", 1);
    size("attention.head_count", 2);
    size("attention.head_count_kv", 1);
    size("attention.key_length", m_.head_dim);
    size("context_length", 8);
    size("vocab_size", vocab);
    pairs_.push_back({m_.architecture + ".attention.layer_norm_rms_epsilon", 1e-5f});
    pairs_.push_back({m_.architecture + ".rope.freq_base", 10000.0f});
    if (!m_.words.empty()) add_words();
  }
  void add_words() {
    const auto key = [](const char* name) { return std::string("tokenizer.ggml.") + name; };
    std::vector<std::string> tokens, merges;
    std::vector<float> scores;
    std::vector<std::int32_t> types;
    for (const tl::text::piece& p : words_.pieces) {
      tokens.push_back(p.kind == tl::text::piece_kind::normal && m_.words == "gpt2"
                           ? fuzz::spell_bytes(p.text)
                           : p.text);
      scores.push_back(p.score);
      types.push_back(tl::io::writing::token_type(p.kind));
    }
    const auto text = [&](std::int32_t id) { return tokens[static_cast<std::size_t>(id)]; };
    for (const auto& [left, right] : words_.merges)
      merges.push_back(text(left) + " " + text(right));
    pairs_.push_back({key("model"), m_.words});
    pairs_.push_back({key("pre"), "llama-bpe"});
    pairs_.push_back({key("tokens"), tokens});
    pairs_.push_back({key("token_type"), types});
    if (m_.words == "llama") pairs_.push_back({key("scores"), scores});
    if (m_.words == "gpt2") pairs_.push_back({key("merges"), merges});
    pairs_.push_back({key("bos_token_id"), std::uint32_t{1}});
    pairs_.push_back({key("eos_token_id"), std::uint32_t{2}});
    pairs_.push_back({key("add_bos_token"), true});
  }

  model_seed m_;
  tl::text::vocabulary words_;
  std::vector<std::string> names_;
  std::vector<std::vector<std::uint64_t>> dims_;
  std::vector<ggml_type> types_;
  std::vector<bytes> data_;
  std::vector<tl::io::gguf_pair> pairs_;
};

void make_models() {
  using enum ggml_type;
  const model_seed all[] = {
      {"i2_s", "bitnet-b1.58", i2_s, bf16, true, false, false, 128, 4, 2},
      {"tq1_0", "bitnet-b1.58", tq1_0, bf16, true, false, false, 256, 4, 2},
      {"tq2_0", "bitnet-25", tq2_0, f16, true, false, false, 256, 2, 2},
      {"trits", "bitnet", f32, bf16, true, false, false, 4, 4, 2},
      {"llama_i2_s", "llama", i2_s, f16, false, false, true, 128, 4, 4},
      {"llama_floats", "llama", f16, f32, false, false, true, 4, 4, 4},
      {"llama_eights", "llama", q8_0, q8_0, false, false, false, 32, 32, 4},
      {"llama_sixes", "llama", i2_s, q6_k, false, false, false, 256, 4, 4},
      {"qwen3_q1_0", "qwen3", q1_0, q1_0, false, true, false, 128, 4, 2},
      {"qwen3_q2_0", "qwen3", q2_0, f16, false, true, false, 64, 4, 2},
      {"words_llama", "llama", f16, f16, false, false, true, 2, 2, 2, "llama"},
      {"words_gpt2", "bitnet-b1.58", bf16, bf16, true, false, false, 2, 2, 2, "gpt2"},
  };
  for (const model_seed& m : all) {
    gguf_seed seed(m);
    if (m.words == "llama") seed.use(fuzz::sentencepiece_vocabulary(false));
    if (m.words == "gpt2") seed.use(fuzz::byte_level_vocabulary(tl::text::pre_tokenizer::llama3));
    seed.make(out / "model" / m.name);
    copy_seed(out / "model" / m.name, out / "gguf" / m.name);
  }
  for (const auto& file : fs::directory_iterator(fixtures / "gguf"))
    copy_seed(file.path(), out / "gguf" / file.path().filename());
}

// --- Hugging Face models -------------------------------------------------------------------------

/// A directory of one small block, as config.json and model.safetensors divided by a byte 0.
class hf_seed {
 public:
  hf_seed(std::string name, tl::io::hf_family family, std::string config)
      : name_(std::move(name)), family_(family), config_(std::move(config)) {}

  void make(bool is_packed, bool sub_norms, tl::io::dtype type) {
    type_ = type;
    add("embedding", 5, 8, false);
    if (!sub_norms) add("head", 5, 8, false);
    add("final_norm", 0, 8, false);
    add_in_block("attention_norm", 0, 8, false);
    add_in_block("ffn_norm", 0, 8, false);
    for (const auto& [part, rows, cols] : {std::tuple{"attention.query", 8, 8},
                                           {"attention.key", 4, 8},
                                           {"attention.value", 4, 8},
                                           {"attention.output", 8, 8},
                                           {"ffn.gate", 6, 8},
                                           {"ffn.up", 6, 8},
                                           {"ffn.down", 8, 6}})
      add_in_block(part, rows, cols, is_packed);
    if (family_ == tl::io::hf_family::qwen3)
      for (const char* const part : {"attention.query_norm", "attention.key_norm"})
        add_in_block(part, 0, 4, false);
    if (sub_norms) add_in_block("attention.sub_norm", 0, 8, false);
    if (sub_norms) add_in_block("ffn.sub_norm", 0, 6, false);
    write_seed();
  }

 private:
  void add_in_block(const std::string& part, int rows, int cols, bool is_packed) {
    add("blocks.0." + part, rows, cols, is_packed);
  }
  void add(const std::string& canonical, int rows, int cols, bool is_packed) {
    const std::string name = tl::io::hf_name(family_, canonical);
    fuzz::expect(!name.empty(), canonical);
    const auto r = static_cast<std::size_t>(rows == 0 ? 1 : rows);
    const auto c = static_cast<std::size_t>(cols);
    if (is_packed) {
      own_.push_back(coded<tl::packing::hf_u8>(r, c));
      push(name, tl::io::dtype::u8, {(r + 3) / 4, c});
      own_.push_back(plain(1, tl::to_bfloat16(1.5f), tl::to_bfloat16(1.5f)));
      push(name + "_scale", tl::io::dtype::bf16, {1});
      return;
    }
    own_.push_back(type_ == tl::io::dtype::f16
                       ? plain(r * c, tl::to_float16(0.5f), tl::to_float16(-0.5f))
                       : plain(r * c, tl::to_bfloat16(0.5f), tl::to_bfloat16(-0.5f)));
    push(name, type_, rows == 0 ? std::vector<std::uint64_t>{c} : std::vector<std::uint64_t>{r, c});
  }
  void push(std::string name, tl::io::dtype type, std::vector<std::uint64_t> shape) {
    tensors_.push_back({std::move(name), type, std::move(shape), {}});
  }
  void write_seed() {
    for (std::size_t i = 0; i < own_.size(); ++i)
      tensors_[i].bytes = {own_[i].data(), own_[i].size()};
    const fs::path path = out / "safetensors" / name_;
    fs::create_directories(path.parent_path());
    const auto ok = tl::io::write_safetensors(path.string(), {tensors_.data(), tensors_.size()});
    fuzz::expect(static_cast<bool>(ok), ok ? "" : ok.error().message);
    write(out / "hf_model" / name_,
          divided(bytes(config_.begin(), config_.end()), contents_of(path)));
  }

  std::string name_;
  tl::io::hf_family family_;
  std::string config_;
  tl::io::dtype type_ = tl::io::dtype::bf16;
  std::vector<bytes> own_;
  std::vector<tl::io::tensor_to_write> tensors_;
};

[[nodiscard]] std::string config_of(const std::string& first) {
  return "{" + first +
         R"(,"hidden_size":8,"intermediate_size":6,"max_position_embeddings":16,)"
         R"("num_attention_heads":2,"num_hidden_layers":1,"num_key_value_heads":1,)"
         R"("rms_norm_eps":1e-05,"rope_theta":10000.0,"vocab_size":5,"torch_dtype":"bfloat16"})";
}

void make_hf_models() {
  using tl::io::dtype;
  using tl::io::hf_family;
  const std::string relu2 = R"("architectures":["BitNetForCausalLM"],"model_type":"bitnet",)"
                            R"("hidden_act":"relu2","tie_word_embeddings":true)";
  const std::string llama = R"("architectures":["LlamaForCausalLM"],"model_type":"llama",)"
                            R"("hidden_act":"silu","tie_word_embeddings":false)";
  const auto quantized = [](const std::string& linear, const std::string& mode) {
    return R"(,"quantization_config":{"quant_method":"bitnet","linear_class":")" + linear +
           R"(","quantization_mode":")" + mode + R"("})";
  };
  const auto make = [](const char* name, hf_family family, const std::string& config, bool packed,
                       dtype type) {
    const bool sub_norms = family == hf_family::bitnet_2b4t || family == hf_family::bitnet_1bitllm;
    hf_seed(name, family, config_of(config)).make(packed, sub_norms, type);
  };
  make("packed_divide", hf_family::bitnet_2b4t, relu2 + quantized("bitlinear", "offline"), true,
       dtype::bf16);
  make("packed_multiply", hf_family::bitnet_2b4t, relu2 + quantized("autobitlinear", "offline"),
       true, dtype::bf16);
  make("latent", hf_family::bitnet_2b4t, relu2 + quantized("autobitlinear", "online"), false,
       dtype::bf16);
  make("llama_packed", hf_family::llama, llama + quantized("bitlinear", "offline"), true,
       dtype::f16);
  make("llama_plain", hf_family::llama, llama, false, dtype::bf16);
  make("1bitllm", hf_family::bitnet_1bitllm,
       R"("architectures":["BitnetForCausalLM"],"model_type":"llama","hidden_act":"silu",)"
       R"("tie_word_embeddings":true,"weight_bits":1,"input_bits":8,"rope_scaling":null)",
       false, dtype::f16);
  make("qwen3", hf_family::qwen3,
       R"("architectures":["Qwen3ForCausalLM"],"model_type":"qwen3","hidden_act":"silu",)"
       R"("head_dim":4,"tie_word_embeddings":false,"use_sliding_window":false)",
       false, dtype::f16);
}

// --- checkpoints ---------------------------------------------------------------------------------

template <class B, class Convert>
void make_checkpoint(const std::string& name, Convert convert,
                     const tl::io::checkpoint_extras& extras = {}) {
  tl::dense<B> model(fuzz::models::small_shape, {.norm_eps = 1e-5f, .rope_theta = 10000.0f});
  tl::fill_random(model, 1);
  const fs::path path = out / "checkpoint" / name;
  fs::create_directories(path.parent_path());
  const auto ok = tl::io::save(convert(model), path.string(), extras);
  fuzz::expect(static_cast<bool>(ok), ok ? "" : ok.error().message);
  copy_seed(path, out / "safetensors" / name);
}

void make_checkpoints() {
  using namespace fuzz::models;
  const auto words = tl::text::make_tokenizer(fuzz::sentencepiece_vocabulary(false), "toy");
  const auto embedded = tl::text::serialize(*words);
  make_checkpoint<small_ternary>("ternary", [](const auto& m) { return tl::pack(m); },
                                 {.tokenizer = embedded, .metadata = {{"name", "toy"}}});
  make_checkpoint<small_ternary>("ternary_base3",
                                 [](const auto& m) { return tl::pack<tl::packing::base3>(m); });
  make_checkpoint<small_grouped>("grouped",
                                 [](const auto& m) { return tl::pack<tl::packing::base3>(m); });
  make_checkpoint<small_grouped>("grouped_bits2", [](const auto& m) { return tl::pack(m); });
  make_checkpoint<small_binary>("binary", [](const auto& m) { return tl::pack(m); });
  make_checkpoint<small_ternary>("dense", [](const auto& m) { return m; });
}

// --- tokenizers, configurations ------------------------------------------------------------------

void make_tokenizer_files() {
  const fs::path to = out / "tokenizer_file";
  for (const bool collapse : {false, true}) {
    const auto words = tl::text::make_tokenizer(fuzz::sentencepiece_vocabulary(collapse), "toy");
    write(to / (collapse ? "own_collapse" : "own"), tl::text::serialize(*words));
  }
  for (int pre = 1; pre <= 5; ++pre) {
    auto words = tl::text::make_byte_level_tokenizer(
        fuzz::byte_level_vocabulary(static_cast<tl::text::pre_tokenizer>(pre)), "toy");
    if (words) write(to / ("own_bytes" + std::to_string(pre)), tl::text::serialize(*words));
  }
  write(to / "sentencepiece.model", fuzz::sentencepiece_model());
  write(to / "byte_level.json", fuzz::byte_level_json());
  write(to / "sentencepiece.json", fuzz::sentencepiece_json());
  write(to / "ranks.tiktoken", fuzz::tiktoken_ranks());
  copy_seed(data / "tokenizers/tok512.model", to / "tok512.model");
  copy_seed(data / "models/tok512.bin", to / "tok512.bin");
}

void make_texts() {
  const std::string_view texts[] = {
      "Once upon a time, there was a little girl.",
      "  two  spaces \t\r\n\n  and it's they'LL 1234567 \xC3\xA4\xE2\x96\x81\xF0\x9F\x9A\x80",
      "<s>the</s><|eot|> <tag> <0x0A>", "\xFF\xC3(\xED\xA0\x80\xF4\x90\x80\x80",
      "e\xCC\x81 \xE1\x84\x80\xE1\x85\xA1 \xC2\xA0\xE3\x80\x80x"};
  int number = 0;
  for (unsigned char which = 0; which < 8; ++which)
    for (const std::string_view text : texts) {
      bytes seed{which, static_cast<unsigned char>(number * 37)};
      seed.insert(seed.end(), text.begin(), text.end());
      write(out / "tokenizer_text" / std::to_string(number++), seed);
    }
}

void make_indices() {
  const fs::path to = out / "shards";
  const std::string map = R"("weight_map":{"x":"a.safetensors","y":"a.safetensors",)";
  write(to / "whole", R"({"metadata":{"total_size":6,"more":[1,{"a":null}]},)" + map +
                          R"("z":"b.safetensors","w":"b.safetensors"}})");
  write(to / "part", "{" + map + R"("z":"b.safetensors"},"other":[[],"x",-1.5e3,true]})");
  write(to / "outside", "{" + map + R"("z":"../b.safetensors"}})");
  write(to / "cyclic", R"({"weight_map":{"x":"model.safetensors.index.json"}})");
}

void make_hugging_face() {
  for (const char* const folder : {"hf_configs", "hf_models"})
    for (const auto& model : fs::directory_iterator(fixtures / folder)) {
      if (!model.is_directory()) continue;
      const fs::path at = model.path();
      const std::string name = at.filename().string();
      const bytes config = contents_of(at / "config.json");
      write(out / "config" / name, divided(config, contents_of(at / "generation_config.json")));
      for (const auto& file : fs::directory_iterator(at))
        if (file.path().filename().string().starts_with("model-0000"))
          copy_seed(file.path(), out / "safetensors" / file.path().filename());
    }
  if (!data.empty() && fs::is_directory(data / "configs"))
    for (const auto& file : fs::directory_iterator(data / "configs"))
      copy_seed(file.path(), out / "config" / file.path().filename());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::puts("make_seeds OUT FIXTURES [DATA]");
    return 2;
  }
  out = argv[1];
  fixtures = argv[2];
  if (argc > 3) data = argv[3];
  make_models();
  make_hf_models();
  make_checkpoints();
  make_tokenizer_files();
  make_texts();
  make_hugging_face();
  make_indices();
}

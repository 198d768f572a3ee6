#include <trilith/io/hf_names.hpp>

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "hf_fixture.hpp"

namespace io = trilith::io;
using io::hf_family;

namespace {

constexpr hf_family families[] = {hf_family::bitnet_2b4t, hf_family::bitnet_1bitllm,
                                  hf_family::llama, hf_family::qwen3};

const std::vector<std::string> shared{"embedding",       "final_norm",       "head",
                                      "attention_norm",  "attention.query",  "attention.key",
                                      "attention.value", "attention.output", "ffn_norm",
                                      "ffn.gate",        "ffn.up",           "ffn.down"};
const std::vector<std::string> sub_norms{"attention.sub_norm", "ffn.sub_norm"};
const std::vector<std::string> head_norms{"attention.query_norm", "attention.key_norm"};

/// The parameters of a family, those of a block for these blocks.
std::vector<std::string> parameters_of(hf_family family) {
  std::vector<std::string> rows = shared;
  const bool bitnet = family == hf_family::bitnet_2b4t || family == hf_family::bitnet_1bitllm;
  if (bitnet) rows.insert(rows.end(), sub_norms.begin(), sub_norms.end());
  if (family == hf_family::qwen3) rows.insert(rows.end(), head_norms.begin(), head_norms.end());
  std::vector<std::string> all(rows.begin(), rows.begin() + 3);
  for (const std::string_view block : {"0", "7", "10", "4095"})
    for (std::size_t i = 3; i < rows.size(); ++i)
      all.push_back(trilith::join("blocks.", block, ".", rows[i]));
  return all;
}

}  // namespace

TEST_CASE("canonical names and Hugging Face names are each other's inverse", "[io]") {
  for (const hf_family family : families) {
    std::set<std::string> seen;
    for (const std::string& canonical : parameters_of(family)) {
      const std::string name = io::hf_name(family, canonical);
      CAPTURE(canonical, name);
      CHECK_THAT(name, Catch::EndsWith(".weight"));
      CHECK(seen.insert(name).second);
      CHECK(io::canonical_of_hf(family, name) == canonical);
    }
  }
}

TEST_CASE("canonical names and GGUF names are each other's inverse", "[io]") {
  std::set<std::string> canonical, gguf;
  for (const hf_family family : families)
    for (const std::string& name : parameters_of(family)) canonical.insert(name);
  for (const std::string& name : canonical) {
    const std::string spelled = io::gguf_name(name);
    CAPTURE(name, spelled);
    CHECK(gguf.insert(spelled).second);
    CHECK(io::canonical_of_gguf(spelled) == name);
  }
  CHECK(gguf.size() == 3 + 4 * 13);
}

TEST_CASE("the names of the formats are as their projects spell them", "[io]") {
  const auto f = hf_family::bitnet_2b4t;
  CHECK(io::hf_name(f, "embedding") == "model.embed_tokens.weight");
  CHECK(io::hf_name(f, "final_norm") == "model.norm.weight");
  CHECK(io::hf_name(f, "head") == "lm_head.weight");
  CHECK(io::hf_name(f, "blocks.29.attention_norm") == "model.layers.29.input_layernorm.weight");
  CHECK(io::hf_name(f, "blocks.3.ffn_norm") == "model.layers.3.post_attention_layernorm.weight");
  CHECK(io::hf_name(f, "blocks.3.attention.output") == "model.layers.3.self_attn.o_proj.weight");
  CHECK(io::hf_name(f, "blocks.0.attention.sub_norm") ==
        "model.layers.0.self_attn.attn_sub_norm.weight");
  CHECK(io::hf_name(f, "blocks.0.ffn.sub_norm") == "model.layers.0.mlp.ffn_sub_norm.weight");
  const auto old = hf_family::bitnet_1bitllm;
  CHECK(io::hf_name(old, "blocks.0.attention.sub_norm") ==
        "model.layers.0.self_attn.inner_attn_ln.weight");
  CHECK(io::hf_name(old, "blocks.0.ffn.sub_norm") == "model.layers.0.mlp.ffn_layernorm.weight");
  CHECK(io::hf_name(hf_family::qwen3, "blocks.1.attention.query_norm") ==
        "model.layers.1.self_attn.q_norm.weight");
  CHECK(io::gguf_name("embedding") == "token_embd.weight");
  CHECK(io::gguf_name("final_norm") == "output_norm.weight");
  CHECK(io::gguf_name("head") == "output.weight");
  CHECK(io::gguf_name("blocks.12.attention.output") == "blk.12.attn_output.weight");
  CHECK(io::gguf_name("blocks.12.attention_norm") == "blk.12.attn_norm.weight");
  CHECK(io::gguf_name("blocks.1.attention.query_norm") == "blk.1.attn_q_norm.weight");
  CHECK(io::gguf_name("blocks.1.attention.key_norm") == "blk.1.attn_k_norm.weight");
  CHECK(io::gguf_name("blocks.1.attention.sub_norm") == "blk.1.attn_sub_norm.weight");
  CHECK(io::gguf_name("blocks.1.ffn.sub_norm") == "blk.1.ffn_sub_norm.weight");
  CHECK(io::gguf_name("blocks.1.ffn.gate") == "blk.1.ffn_gate.weight");
}

TEST_CASE("every tensor that transformers saves has a canonical name", "[io]") {
  const auto check = [](std::string_view directory, hf_family family) {
    for (const std::string& name : test::fixture_names(directory)) {
      const std::string canonical = io::canonical_of_hf(family, name);
      CAPTURE(name);
      CHECK(!canonical.empty());
      CHECK(io::hf_name(family, canonical) == name);
    }
  };
  check("bitnet", hf_family::bitnet_2b4t);
  check("qwen3", hf_family::qwen3);
  check("sharded", hf_family::llama);
}

TEST_CASE("a family does not have the parameters of another", "[io]") {
  CHECK(io::hf_name(hf_family::llama, "blocks.0.attention.sub_norm").empty());
  CHECK(io::hf_name(hf_family::llama, "blocks.0.attention.query_norm").empty());
  CHECK(io::hf_name(hf_family::qwen3, "blocks.0.ffn.sub_norm").empty());
  const std::string old = "model.layers.0.self_attn.inner_attn_ln.weight";
  CHECK(io::canonical_of_hf(hf_family::bitnet_2b4t, old).empty());
  CHECK(io::canonical_of_hf(hf_family::bitnet_1bitllm, old) == "blocks.0.attention.sub_norm");
}

TEST_CASE("names that are none are unknown", "[io]") {
  const auto f = hf_family::bitnet_2b4t;
  for (const std::string_view name :
       {"", ".", "blocks", "blocks.", "blocks.0", "blocks.0.", "blocks..attention.query",
        "blocks.00.attention.query", "blocks.-1.ffn.up", "blocks.1x.ffn.up", "blocks.0.embedding",
        "attention.query", "blocks.1234567.ffn.up", "blocks.18446744073709551616.ffn.up",
        "blocks.0.attention", "blocks.0.attention.query.", "embedding.weight", "Embedding"}) {
    CAPTURE(name);
    CHECK(io::hf_name(f, name).empty());
    CHECK(io::gguf_name(name).empty());
  }
  for (const std::string_view name :
       {"", ".weight", "model.norm", "model.norm.bias", "model.layers.weight",
        "model.layers.0.weight", "model.layers.0..weight", "model.layers..mlp.up_proj.weight",
        "model.layers.01.mlp.up_proj.weight", "model.layers.0.mlp.up_proj.weight_scale",
        "model.layers.0.self_attn.q_proj.bias", "model.layers.0.lm_head.weight",
        "mlp.up_proj.weight", "model.layers.0.self_attn.rotary_emb.inv_freq"}) {
    CAPTURE(name);
    CHECK(io::canonical_of_hf(f, name).empty());
  }
  for (const std::string_view name :
       {"", "blk", "blk.0.weight", "blk.x.attn_q.weight", "blk.0.attn_q", "blk.0.attn_q.scale",
        "blk.0.token_embd.weight", "rope_freqs.weight", "token_embd", "attn_q.weight"}) {
    CAPTURE(name);
    CHECK(io::canonical_of_gguf(name).empty());
  }
}

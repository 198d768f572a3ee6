#include <trilith/io/hf_config.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "data.hpp"
#include "hf_fixture.hpp"

namespace io = trilith::io;
using io::hf_family;
using io::hf_rope_scaling;
using io::scale_meaning;
using test::check_error;
using test::noted;
using test::replaced;
using trilith::errc;
using trilith::shape;
using tokens = std::vector<std::int32_t>;

namespace {

const std::string llama = R"({
  "architectures": ["LlamaForCausalLM"], "model_type": "llama",
  "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2,
  "num_attention_heads": 4, "vocab_size": 100, "max_position_embeddings": 128,
  "rms_norm_eps": 1e-06, "torch_dtype": "float32"})";

/// The configuration with one more member.
std::string with(std::string_view members, const std::string& config = llama) {
  return trilith::join(config.substr(0, config.size() - 1), ", ", members, "}");
}
/// The configuration as another class.
std::string as_class(std::string_view name, const std::string& config = llama) {
  return replaced(config, "LlamaForCausalLM", name);
}

io::hf_config parsed(const std::string& text) {
  auto config = io::parse_hf_config(text, "config.json");
  if (!config) FAIL(config.error().message);
  return std::move(config).value();
}

void refused(const std::string& text, errc code, const std::vector<std::string>& words) {
  CAPTURE(text);
  const auto config = io::parse_hf_config(text, "config.json");
  check_error(config, code, words);
  CHECK_THAT(config.error().message, Catch::StartsWith("config.json: "));
}

void refused_member(std::string_view members, errc code, const std::vector<std::string>& words) {
  refused(with(members), code, words);
}

}  // namespace

TEST_CASE("the config of BitNet b1.58 2B4T", "[io]") {
  const std::string path = test::data_file("configs/bitnet-b1.58-2B-4T_config.json");
  if (path.empty()) return;
  const io::hf_config c = io::read_hf_config(path).value();
  CHECK(c.source == path);
  CHECK(c.family == hf_family::bitnet_2b4t);
  CHECK(c.architecture == "BitNetForCausalLM");
  CHECK(c.model_type == "bitnet");
  CHECK(c.sizes == shape{.dim = 2560,
                         .ffn_dim = 6912,
                         .layers = 30,
                         .heads = 20,
                         .kv_heads = 5,
                         .head_dim = 128,
                         .vocab = 128256,
                         .context = 4096});
  CHECK(c.settings == trilith::settings{1e-5f, 500000.f});
  CHECK(c.rope_scaling == hf_rope_scaling{});
  CHECK(c.hidden_act == "relu2");
  CHECK(c.tie_word_embeddings);
  CHECK(c.bos_token == 128000);
  CHECK(c.eos_tokens == tokens{128001});
  CHECK(c.dtype == "bfloat16");
  CHECK(c.quantization.method == "bitnet");
  CHECK(c.quantization.linear_class == "autobitlinear");
  CHECK(c.quantization.mode == "offline");
  CHECK(c.quantization.scale == scale_meaning::multiply);
  CHECK(c.weight_bits == 0);
  CHECK(c.notes.empty());
}

TEST_CASE("the config of 1bitLLM's bitnet_b1_58-large", "[io]") {
  const std::string path = test::data_file("configs/bitnet_b1_58-large_config.json");
  if (path.empty()) return;
  const io::hf_config c = io::read_hf_config(path).value();
  CHECK(c.family == hf_family::bitnet_1bitllm);
  CHECK(c.model_type == "llama");
  CHECK(c.sizes == shape{.dim = 1536,
                         .ffn_dim = 4096,
                         .layers = 24,
                         .heads = 16,
                         .kv_heads = 16,
                         .head_dim = 96,
                         .vocab = 32002,
                         .context = 2048});
  CHECK(c.settings == trilith::settings{1e-5f, 10000.f});
  CHECK(c.hidden_act == "silu");
  CHECK(c.tie_word_embeddings);
  CHECK(c.bos_token == 1);
  CHECK(c.eos_tokens == tokens{2});
  CHECK(c.dtype == "float16");
  CHECK(c.weight_bits == 1);
  CHECK(c.input_bits == 8);
  CHECK(c.quantization.method.empty());
  CHECK(c.notes.empty());
}

TEST_CASE("the config of Llama3-8B-1.58, with a member that stands twice", "[io]") {
  const std::string path = test::data_file("configs/Llama3-8B-1.58-100B-tokens_config.json");
  if (path.empty()) return;
  const io::hf_config c = io::read_hf_config(path).value();
  CHECK(c.family == hf_family::llama);
  CHECK(c.sizes == shape{.dim = 4096,
                         .ffn_dim = 14336,
                         .layers = 32,
                         .heads = 32,
                         .kv_heads = 8,
                         .head_dim = 128,
                         .vocab = 128256,
                         .context = 8192});
  CHECK(c.settings == trilith::settings{1e-5f, 500000.f});
  CHECK(c.eos_tokens == tokens{128009});
  CHECK_FALSE(c.tie_word_embeddings);
  CHECK(c.is_bitnet_config);
  CHECK(c.quantization.method == "bitnet");
  CHECK(c.quantization.linear_class == "bitlinear");
  CHECK(c.quantization.scale == scale_meaning::divide);
  CHECK(c.quantization.not_converted.empty());
  REQUIRE(c.notes.size() == 1);
  CHECK(noted(c.notes, path + ": \"quantization_config\" stands twice, with the same meaning."));
}

TEST_CASE("every cut and every changed bit of the real configs is an error or a config", "[io]") {
  for (const std::string_view name :
       {"Llama3-8B-1.58-100B-tokens", "bitnet-b1.58-2B-4T", "bitnet_b1_58-large"}) {
    const std::string path = test::data_file(trilith::join("configs/", name, "_config.json"));
    if (path.empty()) return;
    std::string whole = test::contents_of(path);
    while (whole.back() != '}') whole.pop_back();
    for (std::size_t n = 0; n < whole.size(); ++n)
      if (io::parse_hf_config(whole.substr(0, n), "cut")) FAIL("read from " << n << " bytes");
    for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
      std::string damaged = whole;
      damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
      const auto config = io::parse_hf_config(damaged, "damaged");
      if (config)
        CHECK(trilith::check(config->sizes, "damaged"));
      else
        CHECK_THAT(config.error().message, Catch::StartsWith("damaged: "));
    }
  }
}

TEST_CASE("configs that transformers wrote are read", "[io]") {
  const auto bitnet = io::read_hf_config(test::config_fixture("bitnet/config.json")).value();
  CHECK(bitnet.family == hf_family::bitnet_2b4t);
  CHECK(bitnet.tie_word_embeddings);
  CHECK(bitnet.dtype == "bfloat16");
  CHECK(bitnet.eos_tokens == tokens{2});
  CHECK(bitnet.settings.rope_theta == 500000.f);
  const auto qwen = io::read_hf_config(test::config_fixture("qwen3/config.json")).value();
  CHECK(qwen.family == hf_family::qwen3);
  CHECK(qwen.sizes.head_dim == 8);
  CHECK(qwen.bos_token == -1);
  const auto scaled = io::read_hf_config(test::config_fixture("sharded/config.json")).value();
  CHECK(scaled.family == hf_family::llama);
  CHECK(scaled.rope_scaling == hf_rope_scaling{hf_rope_scaling::kind::llama3, 8.0, 1.0, 4.0, 16.0});
  CHECK(scaled.eos_tokens == tokens{2, 3});
  for (const auto* c : {&bitnet, &qwen, &scaled}) CHECK(c->notes.empty());
}

TEST_CASE("defaults are those of the model's class", "[io]") {
  const io::hf_config c = parsed(llama);
  CHECK(c.sizes.kv_heads == 4);
  CHECK(c.sizes.head_dim == 16);
  CHECK(c.settings == trilith::settings{1e-6f, 10000.f});
  CHECK(c.hidden_act == "silu");
  CHECK_FALSE(c.tie_word_embeddings);
  CHECK(c.bos_token == -1);
  CHECK(c.eos_tokens.empty());
  CHECK(c.quantization.method.empty());
  CHECK(c.dtype == "float32");
  const io::hf_config bitnet = parsed(as_class("BitNetForCausalLM"));
  CHECK(bitnet.hidden_act == "relu2");
  CHECK(bitnet.settings.rope_theta == 500000.f);
  CHECK_FALSE(bitnet.tie_word_embeddings);
  const io::hf_config qwen = parsed(as_class("Qwen3ForCausalLM"));
  CHECK(qwen.sizes.head_dim == 128);
  CHECK(qwen.hidden_act == "silu");
}

TEST_CASE("null says what absence says", "[io]") {
  const io::hf_config c = parsed(with(R"("head_dim": null, "num_key_value_heads": null,
    "rope_scaling": null, "rope_parameters": null, "eos_token_id": null, "bos_token_id": null,
    "quantization_config": null, "hidden_act": null, "tie_word_embeddings": null,
    "layer_types": null, "attention_bias": null, "dtype": null, "rope_theta": null)"));
  CHECK(c.sizes == parsed(llama).sizes);
  CHECK(c.hidden_act == "silu");
  refused(replaced(llama, "\"hidden_size\": 64", "\"hidden_size\": null"), errc::malformed,
          {"hidden_size: expected a whole number, found null"});
}

TEST_CASE("members that a class does not need are passed over", "[io]") {
  const io::hf_config c = parsed(with(R"("auto_map": {"AutoConfig": "x.Y"}, "use_cache": true,
    "x": [1, [2, {"y": null}]], "initializer_range": 0.02, "pad_token_id": -1,
    "sliding_window": 4096, "attention_bias": false, "mlp_bias": false,
    "layer_types": ["full_attention", "full_attention"], "partial_rotary_factor": 1.0)"));
  CHECK(c.notes.empty());
}

TEST_CASE("a family is known by its class, model type and bits", "[io]") {
  CHECK(parsed(as_class("BitnetForCausalLM")).family == hf_family::bitnet_1bitllm);
  CHECK(parsed(with(R"("weight_bits": 1)", as_class("BitnetForCausalLM"))).weight_bits == 1);
  const io::hf_config tagged = parsed(with(R"("weight_bits": 1, "input_bits": 8)"));
  CHECK(tagged.family == hf_family::bitnet_1bitllm);
  CHECK(noted(tagged.notes, "weight_bits makes it a model of 1bitLLM"));
  const std::string classless = replaced(llama, R"("architectures": ["LlamaForCausalLM"], )", "");
  const io::hf_config by_type = parsed(classless);
  CHECK(by_type.family == hf_family::llama);
  CHECK(by_type.architecture == "LlamaForCausalLM");
  CHECK(noted(by_type.notes, "\"llama\" is taken for LlamaForCausalLM"));
  CHECK(parsed(replaced(classless, "\"llama\"", "\"bitnet\"")).family == hf_family::bitnet_2b4t);
  CHECK(parsed(replaced(classless, "\"llama\"", "\"qwen3\"")).family == hf_family::qwen3);
  refused(replaced(classless, "\"llama\"", "\"gpt2\""), errc::unsupported,
          {"model_type: expected one of BitNetForCausalLM", "found \"gpt2\""});
  refused(replaced(classless, R"("model_type": "llama",)", ""), errc::unsupported,
          {"found neither architectures nor model_type"});
}

TEST_CASE("other classes are refused with a list of the known ones", "[io]") {
  refused(as_class("GPT2LMHeadModel"), errc::unsupported,
          {"architectures: expected one of BitNetForCausalLM, BitnetForCausalLM, "
           "LlamaForCausalLM, Qwen3ForCausalLM, found \"GPT2LMHeadModel\""});
  refused(as_class("bitnetforcausallm"), errc::unsupported, {"bitnetforcausallm"});
  refused(replaced(llama, R"(["LlamaForCausalLM"])", R"("LlamaForCausalLM")"), errc::malformed,
          {"architectures: expected a list of texts, found \"Llama"});
  refused(replaced(llama, R"(["LlamaForCausalLM"])", "[3]"), errc::malformed,
          {"architectures: expected a list of texts, found 3"});
  const std::string old = as_class("BitnetForCausalLM");
  refused(with(R"("weight_bits": 2)", old), errc::unsupported,
          {"weight_bits: expected 1, which means ternary weights, found 2"});
  refused(with(R"("weight_bits": 1, "input_bits": 4)", old), errc::unsupported,
          {"input_bits: expected 8, found 4"});
  refused(with(R"("weight_bits": 0)", old), errc::invalid_value, {"weight_bits"});
  refused(replaced(old, "\"llama\"", "\"bitnet\""), errc::unsupported,
          {"weight_bits: expected 1, or the model_type llama", "found the model_type \"bitnet\""});
}

TEST_CASE("every size must be there, whole, positive and not too large", "[io]") {
  const std::pair<std::string_view, std::string_view> sizes[] = {
      {"hidden_size", "64"},      {"intermediate_size", "96"},
      {"num_hidden_layers", "2"}, {"num_attention_heads", "4"},
      {"vocab_size", "100"},      {"max_position_embeddings", "128"}};
  for (const auto& size : sizes) {
    const std::string_view key = size.first, number = size.second;
    const std::string member = trilith::join("\"", key, "\": ", number, ",");
    const std::string name(key);
    refused(replaced(llama, member, ""), errc::malformed,
            {name + ": expected a whole number, found nothing"});
    const auto wrong = [&](std::string_view value, errc code, const std::string& words) {
      refused(replaced(llama, member, trilith::join("\"", key, "\": ", value, ",")), code,
              {name + ": expected a whole number", words});
    };
    wrong("\"64\"", errc::malformed, "found \"64\"");
    wrong("[64]", errc::malformed, "found a list");
    wrong("{}", errc::malformed, "found an object");
    wrong("true", errc::malformed, "found true");
    wrong("0", errc::invalid_value, "from 1 to");
    wrong("-1", errc::invalid_value, "found -1");
    wrong("64.0", errc::invalid_value, "found 64.0");
    wrong("64.5", errc::invalid_value, "found 64.5");
    wrong("16777217", errc::invalid_value, "found 16777217");
    wrong("9223372036854775808", errc::invalid_value, "found 9223372036854775808");
    wrong("18446744073709551616", errc::invalid_value, "found 18446744073709551616");
    wrong("-9223372036854775808", errc::invalid_value, "found -9223372036854775808");
  }
  refused_member("\"num_key_value_heads\": 0", errc::invalid_value, {"num_key_value_heads"});
  refused_member("\"head_dim\": 0", errc::invalid_value, {"head_dim: expected a whole number"});
  refused_member("\"head_dim\": \"x\"", errc::malformed, {"head_dim"});
}

TEST_CASE("sizes that do not fit each other are refused", "[io]") {
  refused_member("\"num_key_value_heads\": 3", errc::invalid_value, {"multiple of kv_heads"});
  refused_member("\"head_dim\": 7", errc::invalid_value, {"head_dim should be even"});
  refused(replaced(llama, "\"hidden_size\": 64", "\"hidden_size\": 66"), errc::invalid_value,
          {"hidden_size: expected a multiple of num_attention_heads = 4", "found 66"});
  CHECK(parsed(with("\"head_dim\": 32")).sizes.head_dim == 32);
}

TEST_CASE("rms_norm_eps and rope_theta are numbers a float holds", "[io]") {
  const auto eps = [](std::string_view value) {
    return replaced(llama, "\"rms_norm_eps\": 1e-06", trilith::join("\"rms_norm_eps\": ", value));
  };
  CHECK(parsed(eps("1e-5")).settings.norm_eps == 1e-5f);
  CHECK(parsed(eps("1")).settings.norm_eps == 1.f);
  refused(replaced(llama, "\"rms_norm_eps\": 1e-06, ", ""), errc::malformed,
          {"rms_norm_eps: expected a number, found nothing"});
  for (const std::string_view bad : {"0", "0.0", "-1e-5", "2", "1e-60", "1e300"})
    refused(eps(bad), errc::invalid_value, {"rms_norm_eps: expected a number from 1e-30 to 1.0"});
  refused(eps("\"1e-5\""), errc::malformed, {"rms_norm_eps: expected a number, found \"1e-5\""});
  refused(eps("NaN"), errc::malformed, {"not valid JSON"});
  refused(eps("1e400"), errc::malformed, {"not valid JSON"});
  CHECK(parsed(with("\"rope_theta\": 1000000")).settings.rope_theta == 1e6f);
  refused_member("\"rope_theta\": 0", errc::invalid_value, {"rope_theta"});
  refused_member("\"rope_theta\": -10000.0", errc::invalid_value, {"rope_theta", "-10000.0"});
  refused_member("\"rope_theta\": 1e30", errc::invalid_value, {"rope_theta"});
  refused_member("\"rope_theta\": \"x\"", errc::malformed, {"rope_theta: expected a number"});
}

TEST_CASE("rotary scalings that change nothing are read", "[io]") {
  for (const std::string_view same :
       {R"({"type": "default"})", R"({"rope_type": "default"})", "{}",
        R"({"type": "linear", "factor": 1})", R"({"rope_type": "linear", "factor": 1.0})",
        R"({"rope_type": "default", "type": "dynamic", "factor": 2})"}) {
    CAPTURE(same);
    CHECK(parsed(with(trilith::join("\"rope_scaling\": ", same))).rope_scaling ==
          hf_rope_scaling{});
  }
}

TEST_CASE("rotary scalings that are not computed are refused by name", "[io]") {
  const auto refused_scaling = [](std::string_view object, errc code,
                                  const std::vector<std::string>& words) {
    refused_member(trilith::join("\"rope_scaling\": ", object), code, words);
    refused_member(trilith::join("\"rope_parameters\": ", object), code, words);
  };
  for (const std::string type : {"dynamic", "yarn", "longrope", "su", "mrope", ""})
    refused_scaling(trilith::join(R"({"rope_type": ")", type, R"(", "factor": 2.0})"),
                    errc::unsupported,
                    {".rope_type: expected default, llama3, or linear with the factor 1, found \"" +
                     type + "\""});
  refused_scaling(R"({"type": "linear", "factor": 4})", errc::unsupported,
                  {"found \"linear\" with the factor 4"});
  refused_scaling(R"({"type": "linear"})", errc::malformed, {".factor: expected a number"});
  refused_scaling(R"({"type": 3})", errc::malformed, {".type: expected a text, found 3"});
  refused_scaling(R"({"partial_rotary_factor": 0.5})", errc::unsupported,
                  {".partial_rotary_factor: expected 1", "found 0.5"});
  refused_scaling(R"({"full_attention": {"rope_type": "default"}})", errc::unsupported,
                  {".full_attention: expected one set of rotary parameters"});
  refused_scaling("[1]", errc::malformed, {": expected an object, found a list"});
  refused_scaling("\"llama3\"", errc::malformed, {": expected an object, found \"llama3\""});
}

TEST_CASE("the four numbers of llama3's scaling are kept", "[io]") {
  const std::string numbers = R"("factor": 32.0, "low_freq_factor": 1, "high_freq_factor": 4.0,
    "original_max_position_embeddings": 8192)";
  const hf_rope_scaling expected{hf_rope_scaling::kind::llama3, 32, 1, 4, 8192};
  for (const std::string_view word : {"type", "rope_type"}) {
    const auto c = parsed(
        with(trilith::join(R"("rope_scaling": {")", word, R"(": "llama3", )", numbers, "}")));
    CHECK(c.rope_scaling == expected);
  }
  const auto refused_llama3 = [](const std::string& members, errc code,
                                 const std::vector<std::string>& words) {
    refused_member(trilith::join(R"("rope_scaling": {"rope_type": "llama3", )", members, "}"), code,
                   words);
  };
  refused_llama3(R"("factor": 8.0)", errc::malformed,
                 {"rope_scaling.low_freq_factor: expected a number, found nothing"});
  refused_llama3(replaced(numbers, "32.0", "0"), errc::invalid_value, {"rope_scaling.factor"});
  refused_llama3(replaced(numbers, "32.0", "true"), errc::malformed, {"found true"});
  refused_llama3(replaced(numbers, "4.0", "1.0"), errc::invalid_value,
                 {"rope_scaling.high_freq_factor: expected more than low_freq_factor"});
  refused_llama3(replaced(numbers, "8192", "-1"), errc::invalid_value,
                 {"original_max_position_embeddings"});
}

TEST_CASE("the newer rope_parameters are read, and may not contradict the older members", "[io]") {
  const auto newer =
      parsed(with(R"("rope_parameters": {"rope_type": "default", "rope_theta": 500000.0})"));
  CHECK(newer.settings.rope_theta == 500000.f);
  CHECK(newer.rope_scaling == hf_rope_scaling{});
  const std::string both = R"("rope_theta": 5e5, "rope_parameters": {"rope_theta": 500000})";
  CHECK(parsed(with(both)).settings.rope_theta == 500000.f);
  refused_member(replaced(both, "5e5", "1e4"), errc::malformed,
                 {"rope_parameters.rope_theta: expected what rope_theta says"});
  refused_member(R"("rope_parameters": {"rope_type": "llama3", "factor": 8, "low_freq_factor": 1,
    "high_freq_factor": 4, "original_max_position_embeddings": 64},
    "rope_scaling": {"rope_type": "default"})",
                 errc::malformed, {"rope_scaling: expected what rope_parameters says"});
  refused_member(R"("rope_parameters": {"rope_theta": 5.0}, "rope_scaling": {"rope_theta": 6.0})",
                 errc::malformed, {"rope_scaling.rope_theta: expected what rope_parameters says"});
}

TEST_CASE("what a decoder here does not compute is refused in words", "[io]") {
  refused_member("\"attention_bias\": true", errc::unsupported,
                 {"attention_bias: biases of query, key, value and output are not read"});
  refused_member("\"mlp_bias\": true", errc::unsupported,
                 {"mlp_bias: biases of gate, up and down"});
  refused_member("\"use_sliding_window\": true", errc::unsupported, {"use_sliding_window: "});
  refused_member("\"rope_interleaved\": true", errc::unsupported, {"rope_interleaved: "});
  refused_member("\"partial_rotary_factor\": 0.25", errc::unsupported,
                 {"partial_rotary_factor: expected 1"});
  refused_member(R"("layer_types": ["full_attention", "sliding_attention"])", errc::unsupported,
                 {"layer_types: expected full_attention in every layer, found \"sliding"});
  refused_member("\"attention_bias\": 1", errc::malformed,
                 {"attention_bias: expected true or false, found 1"});
  refused_member("\"tie_word_embeddings\": \"true\"", errc::malformed,
                 {"tie_word_embeddings: expected true or false, found \"true\""});
  refused_member("\"hidden_act\": 3", errc::malformed, {"hidden_act: expected a text, found 3"});
}

TEST_CASE("linear_class decides what a weight_scale means", "[io]") {
  const auto quantised = [](std::string_view members) {
    return parsed(with(trilith::join(R"("quantization_config": {"quant_method": "bitnet")", members,
                                     "}")))
        .quantization;
  };
  CHECK(quantised("").scale == scale_meaning::divide);
  CHECK(quantised(R"(, "linear_class": "bitlinear")").scale == scale_meaning::divide);
  CHECK(quantised(R"(, "linear_class": null)").scale == scale_meaning::divide);
  CHECK(quantised(R"(, "linear_class": "autobitlinear")").scale == scale_meaning::multiply);
  CHECK(quantised(R"(, "quantization_mode": "online")").mode == "online");
  CHECK(quantised(R"(, "modules_to_not_convert": ["lm_head", "x"])").not_converted ==
        std::vector<std::string>{"lm_head", "x"});
  CHECK(quantised(R"(, "use_rms_norm": false, "rms_norm_eps": 1e-6, "bits": 1)").method ==
        "bitnet");
}

TEST_CASE("quantisations that are not BitNet's are refused", "[io]") {
  const auto refused_q = [](std::string_view members, errc code,
                            const std::vector<std::string>& words) {
    refused_member(trilith::join("\"quantization_config\": ", members), code, words);
  };
  refused_q(R"({"quant_method": "gptq", "bits": 4})", errc::unsupported,
            {"quantization_config.quant_method: expected bitnet, found \"gptq\""});
  refused_q("{}", errc::malformed, {"quantization_config.quant_method: expected a text, found no"});
  refused_q("3", errc::malformed, {"quantization_config: expected an object, found 3"});
  const auto refused_member_q = [&](std::string_view member, errc code,
                                    const std::vector<std::string>& words) {
    refused_q(trilith::join(R"({"quant_method": "bitnet", )", member, "}"), code, words);
  };
  refused_member_q(R"("linear_class": "linear")", errc::unsupported,
                   {"linear_class: expected bitlinear or autobitlinear, found \"linear\""});
  refused_member_q(R"("linear_class": 1)", errc::malformed, {"linear_class: expected a text"});
  refused_member_q(R"("quantization_mode": "later")", errc::unsupported,
                   {"quantization_mode: expected offline or online, found \"later\""});
  refused_member_q(R"("use_rms_norm": true, "rms_norm_eps": 1e-6)", errc::unsupported,
                   {"quantization_config.use_rms_norm: a norm inside each linear layer"});
  refused_member_q(R"("modules_to_not_convert": "lm_head")", errc::malformed,
                   {"modules_to_not_convert: expected a list of texts"});
  refused_member_q(R"("modules_to_not_convert": [null])", errc::malformed,
                   {"modules_to_not_convert: expected a list of texts, found null"});
}

TEST_CASE("members that stand twice must mean the same", "[io]") {
  const auto same = [](std::string_view members, std::size_t notes) {
    CAPTURE(members);
    CHECK(parsed(with(members)).notes.size() == notes);
  };
  same(R"("a": 1, "a": 1)", 1);
  same(R"("a": 1, "a": 1.0)", 1);
  same(R"("a": [1, {"b": "c"}], "a": [1, {"b": "c", "d": null}])", 1);
  same(R"("a": 1, "a": 1, "a": 1)", 2);
  same(R"("a": {"b": true, "b": true}, "a": {"b": true})", 2);
  CHECK(noted(parsed(with(R"("q": {"b": true, "b": true})")).notes, "\"q.b\" stands twice"));
  const auto differing = [](std::string_view members, const std::vector<std::string>& words) {
    refused_member(members, errc::malformed, words);
  };
  differing(R"("a": 1, "a": 2)", {"\"a\": it stands twice, with different values: 1 and 2."});
  differing(R"("a": 1, "a": "1")", {"1 and \"1\""});
  differing(R"("a": null, "a": 1)", {"null and 1"});
  differing(R"("a": true, "a": false)", {"true and false"});
  differing(R"("a": [1], "a": [1, 2])", {"a list and a list"});
  differing(R"("a": {"b": 1}, "a": {"c": 1})", {"an object and an object"});
  differing(R"("a": {"b": 1, "c": 2}, "a": {"b": 1})", {"different values"});
  differing(R"("q": {"b": 1, "b": 3})", {"\"q.b\": it stands twice"});
  differing(R"("a": 9007199254740993, "a": 9007199254740992)", {"different values"});
  differing("\"hidden_size\": 65", {"\"hidden_size\": it stands twice", "64 and 65"});
  const std::string q = R"("quantization_config": {"quant_method": "bitnet"},
    "quantization_config": {"quant_method": "bitnet", "linear_class": "autobitlinear"})";
  differing(q, {"\"quantization_config\": it stands twice"});
}

TEST_CASE("tokens are whole numbers below vocab_size", "[io]") {
  const io::hf_config c = parsed(with(R"("bos_token_id": 0, "eos_token_id": [99, 3, 99])"));
  CHECK(c.bos_token == 0);
  CHECK(c.eos_tokens == tokens{99, 3});
  CHECK(parsed(with("\"eos_token_id\": []")).eos_tokens.empty());
  refused_member(
      "\"eos_token_id\": 100", errc::invalid_value,
      {"eos_token_id: expected tokens from 0 to 99, since vocab_size is 100, found 100"});
  refused_member("\"eos_token_id\": [1, -1]", errc::invalid_value, {"found -1"});
  refused_member("\"eos_token_id\": 1.5", errc::invalid_value, {"found 1.5"});
  refused_member("\"eos_token_id\": [[1]]", errc::malformed,
                 {"eos_token_id: expected a token, or a list of tokens, found a list"});
  refused_member("\"eos_token_id\": \"2\"", errc::malformed, {"found \"2\""});
  refused_member("\"bos_token_id\": 9223372036854775808", errc::invalid_value,
                 {"bos_token_id", "9223372036854775808"});
}

TEST_CASE("a generation_config adds tokens that end a text", "[io]") {
  io::hf_config c = parsed(with("\"eos_token_id\": 2"));
  REQUIRE(io::parse_generation_config(R"({"eos_token_id": [3, 2, 4]})", "generation", c));
  CHECK(c.eos_tokens == tokens{2, 3, 4});
  REQUIRE(io::parse_generation_config("{}", "generation", c));
  CHECK(c.eos_tokens == tokens{2, 3, 4});
  check_error(io::parse_generation_config(R"({"eos_token_id": 100})", "generation", c),
              errc::invalid_value, {"generation: eos_token_id: expected tokens from 0 to 99"});
  check_error(io::parse_generation_config("[]", "generation", c), errc::malformed,
              {"generation: expected a JSON object, found a list"});
}

TEST_CASE("dtype is the newer word for torch_dtype", "[io]") {
  CHECK(parsed(with("\"dtype\": \"bfloat16\"")).dtype == "bfloat16");
  CHECK(parsed(replaced(llama, "\"float32\"", "\"torch.float16\"")).dtype == "float16");
  refused_member("\"dtype\": 16", errc::malformed, {"dtype: expected a text, found 16"});
}

TEST_CASE("a config that is no JSON object is refused", "[io]") {
  for (const std::string_view bad : {"", "{", "{}}", "{'a': 1}", "{\"a\": 1,}", "// x\n{}"})
    refused(std::string(bad), errc::malformed, {"not valid JSON"});
  refused(std::string("{}\0", 3), errc::malformed, {"not valid JSON"});
  refused("[]", errc::malformed, {"expected a JSON object, found a list"});
  refused("null", errc::malformed, {"expected a JSON object, found null"});
  refused("\"x\"", errc::malformed, {"expected a JSON object, found \"x\""});
  refused("{\"\xC3\": 1}", errc::malformed, {"expected UTF-8, found a byte that is none at 2"});
  refused(std::string(100'000, '['), errc::malformed, {"nests deeper than 32"});
  refused(std::string(1'000'001, ' '), errc::malformed, {"at most 1000000 bytes", "1000001"});
  refused("{}", errc::unsupported, {"neither architectures nor model_type"});
  CHECK(parsed(with("\"a\": " + std::string(31, '[') + std::string(31, ']'))).notes.empty());
}

TEST_CASE("a config of as many equal members as fit is compared in time", "[io]") {
  std::string half = "\"a\": {";
  for (int i = 0; i < 40'000; ++i) half += trilith::join(i == 0 ? "" : ",", "\"", i, "\":0");
  half += "}";
  const std::string text = with(half + ", " + half);
  REQUIRE(text.size() < 1'000'000);
  CHECK(parsed(text).notes.size() == 1);
}

TEST_CASE("a config that is no file is refused", "[io]") {
  check_error(io::read_hf_config("absent/config.json"), errc::file_not_found,
              {"absent/config.json"});
}

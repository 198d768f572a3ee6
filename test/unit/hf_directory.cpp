#include <trilith/io/hf_directory.hpp>
#include <trilith/io/hf_names.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "hf_fixture.hpp"

namespace io = trilith::io;
using test::check_error;
using test::noted;
using test::scratch_directory;
using trilith::errc;

namespace {

constexpr std::string_view config = R"({"architectures": ["LlamaForCausalLM"],
  "model_type": "llama", "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2,
  "num_attention_heads": 4, "vocab_size": 100, "max_position_embeddings": 128,
  "rms_norm_eps": 1e-06, "eos_token_id": 2})";

void write_model(const scratch_directory& in) {
  in.write("config.json", config);
  test::write_tensors(in.file("model.safetensors"), {"model.norm.weight"});
}

std::string chat(std::string_view json) {
  return io::read_chat_template(json, "toy").value();
}

}  // namespace

TEST_CASE("a model directory opens by any of its names", "[io]") {
  const scratch_directory in("unit_hf_names");
  write_model(in);
  in.write("tokenizer.json", "{}");
  for (const std::string& path :
       {in.path(), in.path() + "/", in.file("config.json"), in.file("model.safetensors")}) {
    CAPTURE(path);
    const auto model = io::open_hf(path).value();
    CHECK(model.config.family == io::hf_family::llama);
    CHECK(model.config.eos_tokens == std::vector<std::int32_t>{2});
    CHECK(model.tensors.find("model.norm.weight"));
    CHECK_THAT(model.tokenizer_path, Catch::EndsWith("tokenizer.json"));
    CHECK(model.chat_template.empty());
    CHECK(model.notes.empty());
  }
  CHECK(io::open_hf(in.path())->tokenizer_path == in.file("tokenizer.json"));
}

TEST_CASE("a directory that transformers wrote opens whole", "[io]") {
  for (const std::string& path : {test::config_fixture("sharded"),
                                  test::config_fixture("sharded/model.safetensors.index.json")}) {
    const auto model = io::open_hf(path).value();
    CHECK(model.tensors.files().size() == 3);
    CHECK(model.config.eos_tokens == std::vector<std::int32_t>{2, 3});
    CHECK(model.notes.size() == 1);
    CHECK(noted(model.notes, "no tokenizer.json and no tokenizer.model"));
    const auto query =
        model.tensors.find(io::hf_name(model.config.family, "blocks.1.attention.query"));
    REQUIRE(query);
    CHECK(query.tensor->shape == std::vector<std::uint64_t>{16, 16});
    const auto head = model.tensors.find(io::hf_name(model.config.family, "head"));
    REQUIRE(head);
    CHECK(head.tensor->shape ==
          std::vector<std::uint64_t>{model.config.sizes.vocab, model.config.sizes.dim});
  }
}

TEST_CASE("the tokenizer is the newest that is there", "[io]") {
  const scratch_directory in("unit_hf_tokenizer");
  write_model(in);
  for (const std::string name : {"original/tokenizer.model", "tokenizer.model", "tokenizer.json"}) {
    in.write(name, "x");
    CHECK(io::open_hf(in.path())->tokenizer_path == in.file(name));
  }
}

TEST_CASE("the eos tokens of a generation_config are added", "[io]") {
  const scratch_directory in("unit_hf_generation");
  write_model(in);
  in.write("generation_config.json", R"({"eos_token_id": [2, 9]})");
  CHECK(io::open_hf(in.path())->config.eos_tokens == std::vector<std::int32_t>{2, 9});
  in.write("generation_config.json", R"({"eos_token_id": "x"})");
  check_error(io::open_hf(in.path()), errc::malformed,
              {in.file("generation_config.json"), "eos_token_id"});
  in.write("generation_config.json", "{");
  check_error(io::open_hf(in.path()), errc::malformed,
              {in.file("generation_config.json"), "not valid JSON"});
}

TEST_CASE("chat templates come from two places", "[io]") {
  const scratch_directory in("unit_hf_chat");
  write_model(in);
  in.write("tokenizer_config.json", R"({"chat_template": "{{ a }}"})");
  CHECK(io::open_hf(in.path())->chat_template == "{{ a }}");
  in.write("chat_template.jinja", "{{ b }}\n");
  const auto model = io::open_hf(in.path()).value();
  CHECK(model.chat_template == "{{ b }}\n");
  CHECK(noted(model.notes, "chat_template.jinja: taken, though tokenizer_config.json has another"));
  in.remove("tokenizer_config.json");
  CHECK(io::open_hf(in.path())->chat_template == "{{ b }}\n");
  in.write("chat_template.jinja", "\xFF");
  check_error(io::open_hf(in.path()), errc::malformed, {"chat_template.jinja", "expected UTF-8"});
  in.remove("chat_template.jinja");
  in.write("tokenizer_config.json", R"({"chat_template": 3})");
  check_error(io::open_hf(in.path()), errc::malformed,
              {in.file("tokenizer_config.json"), "chat_template: expected a text, or a list"});
}

TEST_CASE("the chat template of a tokenizer_config", "[io]") {
  CHECK(chat("{}").empty());
  CHECK(chat(R"({"chat_template": null})").empty());
  CHECK(chat(R"({"a": {"chat_template": "no"}, "chat_template": "\u00e4\n", "b": [1, "x"]})") ==
        "\xC3\xA4\n");
  CHECK(chat(R"({"chat_template": [{"name": "rag", "template": "r"},
    {"template": "d", "name": "default", "more": {"template": "no"}}], "b": "x"})") == "d");
  CHECK(chat(R"({"chat_template": [{"name": "rag", "template": "r"}]})").empty());
  CHECK(chat(R"({"chat_template": []})").empty());
  CHECK(chat(R"({"added_tokens_decoder": {"0": {"content": "<s>", "special": true}}})").empty());
}

TEST_CASE("a tokenizer_config that is none is refused", "[io]") {
  const auto refused = [](std::string_view json, const std::string& words) {
    check_error(io::read_chat_template(json, "toy"), errc::malformed, {"toy: ", words});
  };
  refused("", "not valid JSON");
  refused("{\"chat_template\": \"x\"", "not valid JSON");
  refused("[]", "expected a JSON object, found a list");
  refused("3", "expected a JSON object, found 3");
  refused("\"chat_template\"", "expected a JSON object, found the text");
  refused("\xFF", "expected UTF-8");
  refused(R"({"chat_template": {}})", "named templates, found an object");
  refused(R"({"chat_template": true})", "named templates, found true");
  refused(R"({"chat_template": "x", "chat_template": "x"})", "chat_template stands twice");
  const std::string whole =
      R"({"a": [{"b": null}], "chat_template": [{"name": "default", "template": "x"}]})";
  CHECK(chat(whole) == "x");
  for (std::size_t n = 0; n < whole.size(); ++n)
    if (io::read_chat_template(whole.substr(0, n), "cut")) FAIL("read from " << n << " bytes");
}

TEST_CASE("what a directory lacks is said", "[io]") {
  const scratch_directory in("unit_hf_lacks");
  check_error(io::open_hf(in.path()), errc::file_not_found,
              {in.file("config.json"), "expected it beside the tensors, found none"});
  test::write_tensors(in.file("lone.safetensors"), {"a"});
  check_error(io::open_hf(in.file("lone.safetensors")), errc::file_not_found,
              {in.file("config.json"), "tensors alone do not say which model they are"});
  in.write("config.json", config);
  CHECK(io::open_hf(in.file("lone.safetensors")));
  check_error(io::open_hf(in.path()), errc::file_not_found,
              {in.path(), "expected model.safetensors or model.safetensors.index.json"});
  check_error(io::open_hf(in.file("absent")), errc::file_not_found,
              {in.file("absent"), "found neither"});
  in.write("README.md", "x");
  check_error(io::open_hf(in.file("README.md")), errc::unsupported,
              {in.file("README.md"), "expected a directory, config.json, a .safetensors file"});
}

TEST_CASE("errors of the parts name their file", "[io]") {
  const scratch_directory in("unit_hf_parts");
  write_model(in);
  in.write("model.safetensors", "");
  check_error(io::open_hf(in.path()), errc::truncated, {in.file("model.safetensors")});
  in.write("config.json", "{}");
  check_error(io::open_hf(in.path()), errc::unsupported, {in.file("config.json")});
}

TEST_CASE("every cut of a directory's config is an error", "[io]") {
  const scratch_directory in("unit_hf_cut");
  write_model(in);
  for (std::size_t n = 0; n < config.size(); ++n) {
    in.write("config.json", config.substr(0, n));
    const auto model = io::open_hf(in.path());
    if (model) FAIL("read from " << n << " bytes");
    CHECK_THAT(model.error().message, Catch::StartsWith(in.file("config.json")));
  }
}

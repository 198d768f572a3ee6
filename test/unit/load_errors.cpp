#include "load_fixture.hpp"

#include <trilith/activations/int8.hpp>
#include <trilith/io/safetensors.hpp>
#include <trilith/model/presets.hpp>

#include "catch.hpp"

namespace tl = trilith;
using Catch::Contains;

namespace {

/// A copy of a fixture whose tensors and configuration a test may damage.
class damaged_model {
 public:
  explicit damaged_model(const std::string& name) : scratch_("unit_load_errors") {
    const std::string from = test::hf_model(name);
    config = test::contents_of(from + "/config.json");
    const auto file = tl::io::open_safetensors(from + "/model.safetensors").value();
    for (const auto& t : file.tensors()) {
      const auto bytes = file.bytes(t);
      tensors.push_back({t.name, t.type, t.shape, {bytes.begin(), bytes.end()}});
    }
  }

  struct tensor {
    std::string name;
    tl::io::dtype type;
    std::vector<std::uint64_t> shape;
    std::vector<unsigned char> bytes;
  };
  std::string config;
  std::vector<tensor> tensors;

  tensor& find(const std::string& name) {
    for (tensor& t : tensors)
      if (t.name == name) return t;
    FAIL("the fixture has no tensor " << name);
    return tensors.front();
  }
  void drop(const std::string& name) {
    std::erase_if(tensors, [&](const tensor& t) { return t.name == name; });
  }
  /// The error of loading it.
  tl::error refusal() {
    write();
    const auto m = tl::io::load(scratch_.path());
    REQUIRE_FALSE(m);
    return m.error();
  }
  template <class M>
  tl::error refusal_as() {
    write();
    const auto m = tl::io::load<M>(scratch_.path());
    REQUIRE_FALSE(m);
    return m.error();
  }

 private:
  void write() {
    std::vector<tl::io::tensor_to_write> list;
    for (const tensor& t : tensors)
      list.push_back({t.name, t.type, t.shape, {t.bytes.data(), t.bytes.size()}});
    REQUIRE(tl::io::write_safetensors(scratch_.file("model.safetensors"), list));
    test::write_file(scratch_.file("config.json"), config);
  }
  test::scratch_directory scratch_;
};

void check(const tl::error& why, tl::errc code, const std::string& words) {
  INFO(why.message);
  CHECK(why.code == code);
  CHECK_THAT(why.message, Contains(words));
}

const std::string down = "model.layers.1.mlp.down_proj.weight";

void replace(std::string& text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("a code that is no trit is refused with its place", "[load]") {
  damaged_model m("bitnet_autobitlinear");
  m.find(down).bytes[5] |= 0x0C;
  const tl::error why = m.refusal();
  check(why, tl::errc::invalid_value, "tensor " + down + ", row ");
  check(why, tl::errc::invalid_value, "column 5: expected a code of hf_u8");
}

TEST_CASE("scales that cannot be are refused", "[load]") {
  for (const float bad : {0.0f, -1.0f, std::numeric_limits<float>::quiet_NaN(),
                          std::numeric_limits<float>::infinity()}) {
    damaged_model m("bitnet_autobitlinear");
    auto& scale = m.find(down + "_scale");
    scale.type = tl::io::dtype::f32;
    scale.bytes.resize(4);
    std::memcpy(scale.bytes.data(), &bad, 4);
    check(m.refusal(), tl::errc::invalid_value,
          down + "_scale: expected a finite number above 0, found ");
  }
}

TEST_CASE("scales without codes and codes without scales are refused", "[load]") {
  damaged_model orphan("bitnet_autobitlinear");
  orphan.drop(down);
  check(orphan.refusal(), tl::errc::malformed, "expected a tensor of packed codes that it scales");
  damaged_model bare("bitnet_autobitlinear");
  bare.drop(down + "_scale");
  check(bare.refusal(), tl::errc::malformed,
        "tensor " + down + ": expected a tensor " + down + "_scale beside it, found none.");
}

TEST_CASE("missing, surplus and misshapen tensors are refused", "[load]") {
  damaged_model missing("bitnet_autobitlinear");
  missing.drop("model.layers.0.mlp.ffn_sub_norm.weight");
  check(missing.refusal(), tl::errc::mismatch,
        "expected a tensor for blocks.0.ffn.sub_norm, which the blueprint has, found none.");
  damaged_model surplus("bitnet_autobitlinear");
  surplus.tensors.push_back({"model.layers.0.mlp.extra.weight", tl::io::dtype::u8, {1}, {7}});
  check(surplus.refusal(), tl::errc::unsupported, "model.layers.0.mlp.extra.weight");
  damaged_model misshapen("bitnet_autobitlinear");
  auto& norm = misshapen.find("model.norm.weight");
  norm.shape[0] /= 2;
  norm.bytes.resize(norm.bytes.size() / 2);
  check(misshapen.refusal(), tl::errc::mismatch, "model.norm.weight: expected [1, ");
}

TEST_CASE("a vocabulary that contradicts the embedding is refused", "[load]") {
  damaged_model m("bitnet_autobitlinear");
  auto& embedding = m.find("model.embed_tokens.weight");
  --embedding.shape[0];
  embedding.bytes.resize(embedding.bytes.size() - embedding.shape[1] * 2);
  check(m.refusal(), tl::errc::mismatch, "rows, one for each token, found ");
}

TEST_CASE("NaN among the weights is refused with its place", "[load]") {
  damaged_model m("bitnet_online");
  auto& weights = m.find(down);
  weights.bytes[2 * weights.shape[1] + 6] = 0xC0;
  weights.bytes[2 * weights.shape[1] + 7] = 0x7F;
  check(m.refusal(), tl::errc::invalid_value,
        "tensor " + down + ", row 1, column 3: expected a finite number, found nan");
}

TEST_CASE("elements used in place are looked at on request", "[load]") {
  const test::scratch_directory scratch("unit_load_in_place");
  std::string file =
      test::contents_of(test::hf_model("bitnet_autobitlinear") + "/model.safetensors");
  const auto opened =
      tl::io::open_safetensors(test::hf_model("bitnet_autobitlinear") + "/model.safetensors")
          .value();
  const std::size_t at = opened.find("model.embed_tokens.weight")->offset;
  file[at + 6] = '\xC0';
  file[at + 7] = '\x7F';
  test::write_file(scratch.file("model.safetensors"), file);
  test::write_file(scratch.file("config.json"),
                   test::contents_of(test::hf_model("bitnet_autobitlinear") + "/config.json"));
  CHECK(tl::io::load(scratch.path()));
  const auto m = tl::io::load(scratch.path(), {.check_elements = true});
  REQUIRE_FALSE(m);
  check(m.error(), tl::errc::invalid_value,
        "tensor model.embed_tokens.weight, row 0, column 3: expected a finite number, found nan");
}

TEST_CASE("a gate that the blueprint does not have is refused", "[load]") {
  damaged_model m("bitnet_autobitlinear");
  check(m.refusal_as<tl::packed<tl::presets::b1_58<>>>(), tl::errc::mismatch,
        "expected a gate that is silu, as the blueprint has it, found relu_squared.");
  replace(m.config, "relu2", "gelu");
  check(m.refusal(), tl::errc::unsupported, "gelu");
}

TEST_CASE("sizes fixed by the program must be the file's", "[load]") {
  damaged_model m("bitnet_autobitlinear");
  check(m.refusal_as<tl::packed<tl::presets::bitnet_b1_58_2b4t>>(), tl::errc::mismatch,
        "the program was compiled for dim = 2560, the file has dim = ");
}

TEST_CASE("floats that are no trits are not quantised by loading them", "[load]") {
  damaged_model m("llama_dense");
  using ternary =
      tl::decoder<tl::transformer_block<tl::rms_norm<>, tl::attention<tl::presets::b1_58_scheme>,
                                        tl::gated_ffn<tl::presets::b1_58_scheme>>,
                  tl::separate_head<tl::weights::f32>>;
  check(m.refusal_as<tl::packed<ternary>>(), tl::errc::mismatch,
        "expected codes times a scale, as ternary<absmean,per_tensor,nearest_even> has them");
}

TEST_CASE("what is no model file is refused in words", "[load]") {
  const test::scratch_directory scratch("unit_load_errors_other");
  test::write_file(scratch.file("noise"), "\x01\x02\x03noise");
  const auto refusal = [](const std::string& path) {
    const auto m = tl::io::load(path);
    REQUIRE_FALSE(m);
    return m.error();
  };
  check(refusal(scratch.file("noise")), tl::errc::unsupported,
        "expected GGUF, safetensors, a config.json or a directory with one");
  check(refusal(scratch.file("nothing")), tl::errc::file_not_found, "nothing");
  check(refusal(scratch.path()), tl::errc::file_not_found, scratch.path());
}

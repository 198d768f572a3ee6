#include "checkpoint_fixture.hpp"

#include <array>
#include <limits>

using namespace test::checkpoints;

TEST_CASE("a checkpoint of something else is refused in words", "[io]") {
  const auto model = filled<tl::dense<ternary>>();
  const bytes file = saved(model);
  check_refusal<tl::packed<ternary>>(
      file, errc::mismatch,
      "expected a packed model, the file holds a dense model; load it "
      "as trilith::dense<...> and call trilith::pack.");
  check_refusal<tl::latent<ternary>>(file, errc::mismatch, "the file holds a dense model");
  check_refusal<tl::dense<ternary>>(saved(tl::pack(model)), errc::mismatch, "trilith::dequantize");
  check_refusal<tl::dense<binary>>(file, errc::mismatch, ternary::name());
  check_refusal<tl::dense<binary>>(file, errc::mismatch, binary::name());
  using fixed = tl::decoder<ternary::block, ternary::head, tl::fixed<tl::shape{.ffn_dim = 44}>>;
  check_refusal<tl::dense<fixed>>(
      file, errc::mismatch,
      "the program was compiled for ffn_dim = 44, the file has ffn_dim = 43.");
  CHECK(io::load_checkpoint<tl::dense<ternary>>("/no/such/file").error().code ==
        errc::file_not_found);
}

TEST_CASE("the facts of a checkpoint are checked one by one", "[io]") {
  using M = tl::packed<ternary>;
  const bytes file = saved(tl::pack(filled<tl::dense<ternary>>()));
  const auto check = [&](std::string_view key, std::string value, errc code,
                         std::string_view words) {
    edited e(file);
    e.fact(key) = std::move(value);
    CAPTURE(key);
    check_refusal<M>(e.file(), code, words);
  };
  check("format", "pt", errc::unsupported, "found \"pt\"");
  check("format_version", "1", errc::unsupported, "expected format_version 2, found \"1\"");
  check("shape", "", errc::malformed, "shape: it is not valid JSON");
  check("shape", "[1]", errc::malformed, "expected an object");
  check("shape", "{}", errc::malformed, "expected a number dim, found none");
  check("settings", "{\"norm_eps\":1,\"norm_eps\":1}", errc::malformed, "twice");
  check("settings", "{\"norm_eps\":\"1\",\"rope_theta\":1}", errc::malformed, "found the text");
  check("settings", "{\"norm_eps\":1,\"rope_theta\":1,\"x\":1}", errc::malformed, "found 3");
  check("settings", "{\"norm_eps\":1,\"rope_theta\":1e300}", errc::invalid_value, "1e300");
  check("settings", "{\"norm_eps\":-1,\"rope_theta\":1}", errc::invalid_value, "norm_eps");
  check("settings", "{\"norm_eps\":1,\"rope_theta\":0}", errc::invalid_value, "rope_theta");
  check("packing.ternary<absmean,per_tensor,nearest_even>", "bits1", errc::unsupported,
        "found \"bits1\"");
  check("packing.ternary<absmean,per_tensor,nearest_even>", "tq9", errc::unsupported,
        "found \"tq9\"");
  for (const auto& [from, to, words] :
       {std::array<std::string, 3>{"\"layers\": 2", "\"layers\": 4000",
                                   "expected tensors for 4000"},
        {"\"layers\": 2", "\"layers\": 3", "blocks.2"},
        {"\"layers\": 2", "\"layers\": 1", "blocks.1.attention.key.codes"},
        {"\"layers\": 2", "\"layers\": 0", "layers should be between"},
        {"\"dim\": 20", "\"dim\": 16777216", "expected BF16 [31, 16777216], found BF16 [31, 20]"},
        {"\"dim\": 20", "\"dim\": 20.5", "dim cannot be 20.5"},
        {"\"dim\": 20", "\"dim\": -20", "dim cannot be -20"},
        {"\"dim\": 20", "\"dim\": 99999999999", "dim should be between"},
        {"\"heads\": 2", "\"heads\": 16777216", "expected U8 [167772160, 5]"}}) {
    edited e(file);
    std::string& shape = e.fact("shape");
    shape.replace(shape.find(from), from.size(), to);
    const auto back = load_bytes<M>(e.file());
    REQUIRE(!back);
    CHECK_THAT(back.error().message, Catch::Contains(words));
  }
}

TEST_CASE("missing, unknown and wrong tensors are refused in words", "[io]") {
  using M = tl::packed<ternary>;
  const bytes file = saved(tl::pack(filled<tl::dense<ternary>>()));
  const auto check = [&](auto change, errc code, std::string_view words) {
    edited e(file);
    change(e);
    check_refusal<M>(e.file(), code, words);
  };
  check([](edited& e) { e.tensor("final_norm").name = "final"; }, errc::malformed,
        "tensor final_norm: expected F32 [20], found no such tensor");
  check(
      [](edited& e) {
        e.tensors.push_back({"extra", io::dtype::u8, {0}, {}});
      },
      errc::malformed, "tensor \"extra\": the blueprint has no such parameter");
  check([](edited& e) { e.tensor("final_norm").type = io::dtype::i32; }, errc::mismatch,
        "tensor final_norm: expected F32 [20], found I32 [20]");
  check(
      [](edited& e) {
        e.tensor("final_norm").shape = {4, 5};
      },
      errc::mismatch, "expected F32 [20], found F32 [4, 5]");
  check(
      [](edited& e) {
        e.tensor(query + ".codes").shape = {5, 20};
      },
      errc::mismatch, "blocks.1.attention.query.codes: expected U8 [20, 5], found U8 [5, 20]");
  check([](edited& e) { e.tensor(query + ".codes").type = io::dtype::i8; }, errc::mismatch, "I8");
  check([](edited& e) { e.tensor(query + ".scales").shape = {1, 1}; }, errc::mismatch, "[1, 1]");
}

TEST_CASE("values that no model has are refused in words", "[io]") {
  using M = tl::packed<ternary>;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const bytes file = saved(tl::pack(filled<tl::dense<ternary>>()));
  const auto check = [&](auto change, std::string_view words) {
    edited e(file);
    change(e);
    check_refusal<M>(e.file(), errc::invalid_value, words);
  };
  check([&](edited& e) { e.set_float(query + ".scales", 0, nan); },
        query + ".scales[0] should be a finite number above 0, found nan");
  for (const float bad : {0.0f, -0.0f, -1.5f, std::numeric_limits<float>::infinity()})
    check([&](edited& e) { e.set_float(query + ".scales", 0, bad); }, ".scales[0] should be");
  check([&](edited& e) { e.set_float("final_norm", 7, -nan); }, "final_norm[7] should be a finite");
  check([](edited& e) { e.data("embedding")[45] = 0x7F, e.own.back()[44] = 0x80; },
        "embedding[22] should be a finite number, found inf");
  // 5 bytes a row, no full block: 4 codes a byte
  check([](edited& e) { e.data(query + ".codes")[17] |= 0xC0; },
        query + ".codes[3, 2] should hold");
}

TEST_CASE("codes outside a scheme and nonzero padding are refused", "[io]") {
  // 172 ternary codes in base3: a narrower block of 35 bytes, the last field of three bytes unused
  const auto wide_model = filled<tl::dense<ternary>>(wide);
  using base3 = tl::packed<ternary, tl::packing::base3>;
  edited padding(saved(tl::pack<tl::packing::base3>(wide_model)));
  unsigned char& last = padding.data("blocks.0.attention.query.codes")[2 * 35 - 1];
  std::array<std::uint8_t, 5> digits{};
  for (std::size_t f = 0; f < 4; ++f) digits[f] = tl::packing::base3::raw(last, f);
  digits[4] = 1;
  last = tl::packing::base3::join(digits);
  check_refusal<base3>(padding.file(), errc::invalid_value, "query.codes[1, 34]");
  edited invalid(saved(tl::pack<tl::packing::base3>(wide_model)));
  invalid.data("blocks.0.attention.query.codes")[35] = 0xFF;
  check_refusal<base3>(invalid.file(), errc::invalid_value, "query.codes[1, 0]");
  // full blocks: 343 bits2 codes are a block of 64 bytes and 22 bytes
  edited full(saved(tl::pack(wide_model)));
  full.data("blocks.0.ffn.down.codes")[86 + 63] = 0x0C;
  check_refusal<tl::packed<ternary>>(full.file(), errc::invalid_value, "down.codes[1, 63]");
  // bits8 holds codes that the int8 head does not have: -128
  edited head(saved(tl::pack(filled<tl::dense<grouped>>())));
  head.data("head.codes")[5] = 0x80;
  check_refusal<tl::packed<grouped>>(
      head.file(), errc::invalid_value,
      "head.codes[0, 5] should hold codes of int8<per_row> in bits8");
  // binary weights in bits2: 0 is no code of theirs
  edited zero(saved(tl::pack<tl::packing::bits2>(filled<tl::dense<binary>>())));
  zero.data("blocks.0.attention.query.codes")[0] = 0x01;
  check_refusal<tl::packed<binary>>(zero.file(), errc::invalid_value, "query.codes[0, 0]");
}

TEST_CASE("a checkpoint cut at any byte is an error", "[io]") {
  const bytes whole = saved(tl::pack(filled<tl::dense<ternary>>()));
  for (std::size_t n = 0; n < whole.size(); ++n) {
    const auto end = whole.begin() + static_cast<std::ptrdiff_t>(n);
    if (load_bytes<tl::packed<ternary>>(bytes(whole.begin(), end))) FAIL("read from " << n);
  }
}

TEST_CASE("a checkpoint with flipped bits is an error or a model", "[io]") {
  using M = tl::packed<grouped, tl::packing::base3>;
  bytes damaged = saved(tl::pack<tl::packing::base3>(filled<tl::dense<grouped>>()));
  std::uint64_t header = 0;
  std::memcpy(&header, damaged.data(), 8);
  int models = 0, errors = 0;
  for (std::size_t bit = 0; bit < 8 * damaged.size(); bit += bit < 64 + 8 * header ? 1 : 37) {
    const auto flip = static_cast<unsigned char>(1u << bit % 8);
    damaged[bit / 8] ^= flip;
    const auto back = load_bytes<M>(damaged);
    damaged[bit / 8] ^= flip;
    back ? ++models : ++errors;
    if (!back && back.error().message.empty()) FAIL("no sentence for bit " << bit);
    if (back && !(back->sizes.dim == 20 && back->parameters.blocks.size() == 2))
      FAIL("bit " << bit << " made another shape");
  }
  CHECK(models > 100);
  CHECK(errors > 10000);
}

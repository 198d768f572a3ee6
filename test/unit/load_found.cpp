// What fuzzing found (test/fuzz/regressions), in words.
#include <trilith/io/families.hpp>
#include <trilith/io/safetensors.hpp>

#include "catch.hpp"
#include "load_fixture.hpp"

namespace tl = trilith;
using Catch::Contains;

namespace {

std::string found(const std::string& name) {
  return std::string(TRILITH_TEST_FIXTURES_DIR) + "/../fuzz/regressions/" + name;
}
tl::error refusal_of(const std::string& path) {
  const auto source = tl::io::open_model(path);
  REQUIRE_FALSE(source);
  return source.error();
}

}  // namespace

TEST_CASE("rows of I2_S that are no whole blocks are refused", "[load]") {
  const tl::error why = refusal_of(found("model/i2_s_rows_of_partial_blocks"));
  CHECK(why.code == tl::errc::unsupported);
  CHECK_THAT(why.message, Contains("tensor blk.0.attn_output.weight: expected rows of whole blocks "
                                   "of i2_s, found 256 rows of 4."));
}

TEST_CASE("a matrix without rows is refused before a row of it is read", "[load]") {
  const tl::error why = refusal_of(found("model/no_rows_of_2_50_columns"));
  CHECK(why.code == tl::errc::malformed);
  CHECK_THAT(why.message, Contains("tensor blk.0.attn_q.weight: expected rows and columns, found 0 "
                                   "rows of 1125899906842624."));
}

TEST_CASE("a number that the model's type does not hold is refused with its place", "[load]") {
  const std::string input = test::contents_of(found("hf_model/bf16_too_large_for_f16"));
  const std::size_t end = input.find('\0');
  const test::scratch_directory at("unit_load_found");
  test::write_file(at.file("config.json"), input.substr(0, end));
  test::write_file(at.file("model.safetensors"), input.substr(end + 1));
  using blueprint = tl::families::llama_bitlinear<tl::weights::f16>;
  const auto model = tl::io::load<tl::packed<blueprint>>(at.path());
  REQUIRE_FALSE(model);
  CHECK(model.error().code == tl::errc::invalid_value);
  CHECK_THAT(model.error().message,
             Contains("tensor model.embed_tokens.weight, row 0, column 0: expected a number that "
                      "F16 holds, found 3.38953139e+38."));
}

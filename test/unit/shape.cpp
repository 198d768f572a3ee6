#include <trilith/core/shape.hpp>

#include <string>

#include "catch.hpp"

namespace tl = trilith;

namespace {
constexpr tl::shape good{.dim = 64,
                         .ffn_dim = 172,
                         .layers = 2,
                         .heads = 4,
                         .kv_heads = 2,
                         .head_dim = 16,
                         .vocab = 100,
                         .context = 32};

std::string complaint(const tl::status& s) {
  return s ? "none" : s.error().message;
}
}  // namespace

TEST_CASE("a shape that can be built") {
  CHECK(complaint(tl::check(good, "model.bin")) == "none");
  static_assert(tl::extent(good, tl::axis::dim) == 64);
  static_assert(tl::extent(good, tl::axis::ffn_dim) == 172);
  static_assert(tl::extent(good, tl::axis::query_dim) == 64);
  static_assert(tl::extent(good, tl::axis::kv_dim) == 32);
  static_assert(tl::extent(good, tl::axis::vocab) == 100);
}

TEST_CASE("every size of a shape is checked, and the error names it") {
  for (const tl::shape_member& member : tl::shape_members) {
    tl::shape bad = good;
    const std::size_t most = member.name == "layers" ? 4096 : 16777216;
    bad.*member.value = 0;
    const std::string range = "model.bin: " + std::string(member.name) +
                              " should be between 1 and " + std::to_string(most) + ", found ";
    CHECK(complaint(tl::check(bad, "model.bin")) == range + "0.");
    bad.*member.value = most + 1;
    CHECK(complaint(tl::check(bad, "model.bin")) == range + std::to_string(most + 1) + ".");
    bad.*member.value = SIZE_MAX;
    CHECK(tl::check(bad, "model.bin").error().code == tl::errc::invalid_value);
  }
}

TEST_CASE("heads that do not divide, and pairs that do not pair") {
  tl::shape bad = good;
  bad.kv_heads = 3;
  CHECK(complaint(tl::check(bad, "a.gguf")) ==
        "a.gguf: heads should be a multiple of kv_heads, found 4 and 3.");
  bad = good;
  bad.head_dim = 15;
  CHECK(complaint(tl::check(bad, "a.gguf")) ==
        "a.gguf: head_dim should be even, since rotary positions turn pairs of values, found 15.");
}

TEST_CASE("a file that disagrees with the program: both sizes are named") {
  CHECK(complaint(tl::check_agreement(tl::shape{}, good, "m")) == "none");
  CHECK(complaint(tl::check_agreement({.dim = 64, .vocab = 100}, good, "m")) == "none");
  for (const tl::shape_member& member : tl::shape_members) {
    tl::shape wanted;
    wanted.*member.value = good.*member.value + 1;
    const tl::status s = tl::check_agreement(wanted, good, "m.safetensors");
    const std::string name(member.name);
    CHECK(complaint(s) == "m.safetensors: the program was compiled for " + name + " = " +
                              std::to_string(good.*member.value + 1) + ", the file has " + name +
                              " = " + std::to_string(good.*member.value) + ".");
    CHECK(s.error().code == tl::errc::mismatch);
  }
}

// One model, every way to compute it: the logits must not differ in a single bit.

#include <trilith/backends/eigen.hpp>
#include <trilith/backends/lut.hpp>

#include <unistd.h>

#include <cstdio>

#include "../../examples/stories.hpp"
#include "catch.hpp"
#include "data.hpp"

namespace tl = trilith;

namespace {

using tokens = std::vector<std::int32_t>;
using bits2 = tl::packed<stories::blueprint, tl::packing::bits2>;
using base3 = tl::packed<stories::blueprint, tl::packing::base3>;

/// The start of the first story.
tokens text(std::size_t count) {
  tokens all{1,   403, 407, 261, 378, 383, 286, 261, 376, 268, 414, 422, 395, 368, 302, 426, 368,
             302, 401, 396, 267, 344, 444, 427, 421, 414, 276, 265, 263, 304, 341, 261, 420, 277,
             264, 270, 288, 426, 346, 394, 284, 303, 422, 261, 423, 412, 451, 299, 308, 299};
  all.resize(count);
  return all;
}

/// The logits after every token, computed in one pass.
template <class Model>
std::vector<float> logits_of(const Model& m, std::size_t count, std::size_t threads = 1) {
  auto s = tl::session<Model>::open(m, {.threads = threads}).value();
  std::vector<float> all;
  const auto keep = [&](std::size_t, std::span<float> l) {
    all.insert(all.end(), l.begin(), l.end());
  };
  (void)s.score(0, text(count), keep).value();
  return all;
}

template <class Backend>
std::vector<float> logits_with(const std::string& path, std::size_t count) {
  return logits_of(tl::with_backend<Backend>(tl::io::load_bitllama2c<base3>(path).value()), count);
}

}  // namespace

TEST_CASE("packings and backends give the same bits", "[golden][same_bits]") {
  const std::string path = test::data_file("models/bitnet-stories-1M/model.bin");
  if (path.empty()) return;
  const auto expected = logits_with<tl::backends::reference>(path, 24);
  CHECK(logits_with<tl::backends::lut>(path, 24) == expected);
  CHECK(logits_with<tl::backends::portable>(path, 24) == expected);
  CHECK(logits_with<tl::backends::eigen>(path, 24) == expected);
  CHECK(logits_with<tl::backends::simd>(path, 24) == expected);
  const auto m = tl::io::load_bitllama2c<bits2>(path).value();
  CHECK(logits_of(m, 24) == expected);
  CHECK(logits_of(tl::change_packing<tl::packing::base3>(m), 24) == expected);
}

TEST_CASE("every kernel target gives the same bits", "[golden][same_bits]") {
  const std::string path = test::data_file("models/bitnet-stories-1M/model.bin");
  if (path.empty()) return;
  const auto two = tl::io::load_bitllama2c<bits2>(path).value();
  const auto three = tl::io::load_bitllama2c<base3>(path).value();
  const std::string chosen = tl::simd::kernels().target;
  const auto expected = logits_of(two, 50);
  for (std::size_t i = 0; tl::simd::kernels_at(i) != nullptr; ++i) {
    const char* target = tl::simd::kernels_at(i)->target;
    INFO("target " << target);
    REQUIRE(tl::simd::choose_kernels(target));
    CHECK(logits_of(two, 50) == expected);
    CHECK(logits_of(three, 50) == expected);
  }
  REQUIRE(tl::simd::choose_kernels(chosen.c_str()));
}

TEST_CASE("threads and batches give the same bits", "[golden][same_bits]") {
  const std::string path = test::data_file("models/bitnet-stories-1M/model.bin");
  if (path.empty()) return;
  const auto m = tl::io::load_bitllama2c<base3>(path).value();
  const auto expected = logits_of(m, 50);
  CHECK(logits_of(m, 50, 2) == expected);
  CHECK(logits_of(m, 50, 3) == expected);

  // Four sequences at once, each a few tokens behind the one before.
  auto s = tl::session<base3>::open(m, {.sequences = 4, .threads = 2}).value();
  const tokens all = text(50);
  for (std::size_t i = 0; i < 4; ++i) REQUIRE(s.append(i, std::span(all).first(4 * i + 1)));
  for (std::size_t step = 0; step < 20; ++step) {
    std::vector<tl::next_token> next;
    for (std::size_t i = 0; i < 4; ++i) next.push_back({i, all[s.length(i)]});
    REQUIRE(s.step(next));
    for (std::size_t i = 0; i < 4; ++i) {
      const std::span wanted(expected.data() + (s.length(i) - 1) * 512, 512);
      CHECK(std::equal(wanted.begin(), wanted.end(), s.logits(i).begin()));
    }
  }
}

TEST_CASE("a checkpoint gives the same bits, in either packing", "[golden][same_bits]") {
  const std::string path = test::data_file("models/bitnet-stories-1M/model.bin");
  if (path.empty()) return;
  const auto words = tl::text::load_tokenizer(test::data_file("models/tok512.bin")).value();
  const auto m = tl::io::load_bitllama2c<bits2>(path).value();
  // ctest runs this for several targets at once, in one directory
  const std::string file = "same_bits_" + std::to_string(::getpid()) + ".safetensors";
  REQUIRE(tl::io::save(m, file, {.tokenizer = tl::text::serialize(words)}));
  const auto expected = logits_of(m, 50);
  CHECK(logits_of(tl::io::load_checkpoint<bits2>(file).value(), 50) == expected);
  CHECK(logits_of(tl::io::load_checkpoint<base3>(file).value(), 50) == expected);
  const auto embedded = tl::io::embedded_tokenizer(file).value();
  CHECK(tl::text::parse_tokenizer(embedded, file).value().vocab() == words.vocab());
  CHECK(std::remove(file.c_str()) == 0);
}

// A trained BitNet model, run by a blueprint the library does not know, against the outputs of the
// program that trained it.

#include "../../examples/stories.hpp"

#include <trilith/io/llama2c.hpp>

#include <cmath>
#include <cstring>
#include <fstream>
#include <sstream>

#include "catch.hpp"
#include "data.hpp"

namespace tl = trilith;

namespace {

using tokens = std::vector<std::int32_t>;
using model = tl::packed<stories::blueprint>;

const std::string folder = "models/bitnet-stories-1M/";

std::vector<tokens> read_stories(const std::string& path) {
  std::ifstream file(path);
  std::vector<tokens> all;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    tokens story;
    for (std::int32_t token; words >> token;) story.push_back(token);
    if (!story.empty()) all.push_back(story);
  }
  return all;
}

std::vector<float> read_floats(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  std::vector<float> values(static_cast<std::size_t>(file.tellg()) / sizeof(float));
  file.seekg(0);
  file.read(reinterpret_cast<char*>(values.data()),
            static_cast<std::streamsize>(values.size() * sizeof(float)));
  return values;
}

template <class Values>
std::size_t argmax(const Values& values) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < values.size(); ++i)
    if (values[i] > values[best]) best = i;
  return best;
}

/// -log softmax(logits)[target]
double surprise(std::span<const float> logits, std::int32_t target) {
  const double top = static_cast<double>(logits[argmax(logits)]);
  double sum = 0;
  for (const float l : logits) sum += std::exp(static_cast<double>(l) - top);
  return top + std::log(sum) - static_cast<double>(logits[static_cast<std::size_t>(target)]);
}

struct prompt_and_text {
  std::string prompt, text;
};

/// The file has "=== model=1M prompt='...'" lines, each followed by a text and an empty line.
std::vector<prompt_and_text> read_golden_texts(const std::string& path) {
  std::ifstream file(path);
  std::stringstream whole;
  whole << file.rdbuf();
  const std::string all = whole.str(), mark = "=== model=1M prompt='";
  std::vector<prompt_and_text> found;
  for (std::size_t at = all.find(mark); at != std::string::npos;) {
    const std::size_t start = at + mark.size(), end = all.find("'\n", start);
    at = all.find(mark, end);
    std::string text = all.substr(end + 2, at == std::string::npos ? at : at - end - 2);
    while (!text.empty() && text.back() == '\n') text.pop_back();
    found.push_back({all.substr(start, end - start), text});
  }
  return found;
}

}  // namespace

TEST_CASE("bitnet-stories-1M: logits and likelihood are the reference's", "[golden]") {
  const std::string weights = test::data_file(folder + "model.bin");
  if (weights.empty()) return;
  const auto all = read_stories(test::data_file(folder + "tokens_cs336_stories.txt"));
  const auto expected = read_floats(test::data_file(folder + "logits_story0.f32"));
  REQUIRE(all.size() == 5);
  REQUIRE(expected.size() == 374 * 512);

  const model m = tl::io::load_bitllama2c<model>(weights).value();
  std::size_t agreeing = 0, predicted = 0;
  float worst = 0;
  double loss = 0;
  for (std::size_t s = 0; s < all.size(); ++s) {
    auto session = tl::session<model>::open(m).value();
    const auto visit = [&](std::size_t i, std::span<const float> logits) {
      if (i + 1 < all[s].size()) {
        loss += surprise(logits, all[s][i + 1]);
        ++predicted;
      }
      if (s != 0) return;
      const std::span wanted(expected.data() + i * 512, 512);
      agreeing += argmax(logits) == argmax(wanted);
      for (std::size_t v = 0; v < 512; ++v)
        worst = std::max(worst, std::abs(logits[v] - wanted[v]));
    };
    REQUIRE(session.score(0, all[s], visit));
  }
  INFO("largest difference of a logit: " << worst);
  CHECK(agreeing >= 373);
  CHECK(predicted == 1804);
  CHECK(loss / static_cast<double>(predicted) == Approx(1.3258).margin(0.0004));
}

TEST_CASE("bitnet-stories-1M: greedy texts are the reference's", "[golden]") {
  const std::string weights = test::data_file(folder + "model.bin");
  if (weights.empty()) return;
  const tl::text_model<model> teller{
      tl::io::load_bitllama2c<model>(weights).value(),
      tl::text::load_tokenizer(test::data_file("models/tok512.bin")).value()};
  const auto golden = read_golden_texts(test::data_file(folder + "golden_greedy.txt"));
  REQUIRE(golden.size() == 3);
  for (const auto& [prompt, expected] : golden) {
    // The reference runs 256 positions, the prompt's included; BOS stands before the first.
    const std::size_t given = teller.tokenizer.encode(prompt).value().size() - 1;
    std::string text = prompt;
    const auto written = tl::generate(teller, prompt, {.max_tokens = 256 - given},
                                      [&](std::string_view piece) { text += piece; });
    REQUIRE(written);
    CHECK(text == expected);
  }
}

TEST_CASE("stories260K as a dense model writes llama2.c's text", "[golden]") {
  const std::string weights = test::data_file("models/stories260K.bin");
  if (weights.empty()) return;
  using llama = tl::dense<tl::presets::llama_f32<tl::rotary::interleaved>>;
  const tl::text_model<llama> teller{
      tl::io::load_llama2c<llama>(weights).value(),
      tl::text::load_tokenizer(test::data_file("models/tok512.bin")).value()};
  std::ifstream file(test::data_file("models/stories260K_golden_t0.txt"));
  std::stringstream expected;
  expected << file.rdbuf();
  std::string text;
  REQUIRE(tl::generate(teller, "", {.max_tokens = 256}, [&](std::string_view p) { text += p; }));
  CHECK(text + "\n" == expected.str());
}

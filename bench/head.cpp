// What narrower heads and caches cost: the likelihood that bitnet-stories-1M gives the stories it
// was tested on, with its embedding and head in each format, and with each format of keys and
// values.
//
//     tools/bench head        (needs the data files: TRILITH_DATA)

#include "../examples/stories.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace tl = trilith;
using tokens = std::vector<std::int32_t>;
using original = tl::packed<stories::blueprint>;

std::string data_file(const std::string& name) {
  const char* const set = std::getenv("TRILITH_DATA");
  return std::string(set != nullptr ? set : TRILITH_BENCH_DATA_DIR) + "/models/bitnet-stories-1M/" +
         name;
}

std::vector<tokens> read_stories() {
  std::ifstream file(data_file("tokens_cs336_stories.txt"));
  std::vector<tokens> all;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    tokens story;
    for (std::int32_t token; words >> token;) story.push_back(token);
    if (!story.empty()) all.push_back(story);
  }
  return all;
}

/// -log softmax(logits)[target]
double surprise(std::span<const float> logits, std::int32_t target) {
  double sum = 0;
  for (const float l : logits) sum += std::exp(static_cast<double>(l));
  return std::log(sum) - static_cast<double>(logits[static_cast<std::size_t>(target)]);
}

/// The same model with its embedding, which is its head, stored as W and met by activations A.
template <class W, class A>
auto with_head(const original& m) {
  using blueprint = tl::decoder<stories::block, tl::tied_head<W, A>>;
  tl::packed<blueprint> out(m.sizes, m.settings);
  auto& e = out.parameters.embedding;
  const auto& from = m.parameters.embedding;
  if constexpr (tl::weights::CodedWeights<W>)
    e = tl::pack_matrix<W, typename W::packing>(from.elements.data(), from.rows, from.cols);
  else
    for (std::size_t i = 0; i < from.elements.size(); ++i)
      e.elements[i] = W::store(from.elements[i]);
  out.parameters.blocks = m.parameters.blocks;
  out.parameters.final_norm = m.parameters.final_norm;
  return out;
}

/// Mean surprise in nats, and how many tokens were predicted.
template <class Model>
double mean_surprise(const Model& m, const std::vector<tokens>& stories, tl::kv_format kv) {
  double loss = 0;
  std::size_t predicted = 0;
  for (const tokens& story : stories) {
    auto s = tl::session<Model>::open(m, {.kv = kv}).value();
    const auto visit = [&](std::size_t i, std::span<const float> logits) {
      if (i + 1 == story.size()) return;
      loss += surprise(logits, story[i + 1]);
      ++predicted;
    };
    if (!s.score(0, story, visit)) std::abort();
  }
  return loss / static_cast<double>(predicted);
}

void print_row(const char* name, double nats, double before) {
  std::printf("| %s | %.5f | %.4f | %+.3f%% |\n", name, nats, std::exp(nats),
              100 * (std::exp(nats - before) - 1));
}

}  // namespace

int main() {
  const auto stories = read_stories();
  const auto m = tl::io::load_bitllama2c<original>(data_file("model.bin"));
  if (!m || stories.empty()) {
    std::fprintf(stderr,
                 "bench head: the data files are absent; set TRILITH_DATA to their directory.\n");
    return 1;
  }
  using namespace tl::weights;
  using tl::activations::int8;
  const double before = mean_surprise(*m, stories, tl::kv::f32{});
  std::puts("| head, keys and values | nats a token | perplexity | change |\n|---|---|---|---|");
  print_row("f32, f32", before, before);
  print_row("f16, f32",
            mean_surprise(with_head<f16, tl::activations::f32>(*m), stories, tl::kv::f32{}),
            before);
  print_row("bf16, f32",
            mean_surprise(with_head<bf16, tl::activations::f32>(*m), stories, tl::kv::f32{}),
            before);
  print_row("int8 a row, f32",
            mean_surprise(with_head<tl::weights::int8<>, tl::activations::f32>(*m), stories,
                          tl::kv::f32{}),
            before);
  print_row("int8 a row times int8, f32",
            mean_surprise(with_head<tl::weights::int8<>, int8<>>(*m), stories, tl::kv::f32{}),
            before);
  print_row("f32, f16", mean_surprise(*m, stories, tl::kv::f16{}), before);
  print_row("int8 a row times int8, f16",
            mean_surprise(with_head<tl::weights::int8<>, int8<>>(*m), stories, tl::kv::f16{}),
            before);
  print_row("f32, bf16", mean_surprise(*m, stories, tl::kv::bf16{}), before);
  print_row("int8 a row times int8, bf16",
            mean_surprise(with_head<tl::weights::int8<>, int8<>>(*m), stories, tl::kv::bf16{}),
            before);
}

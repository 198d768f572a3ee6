#ifndef TRILITH_TEST_UNIT_TRAIN_RUN_FIXTURE_HPP
#define TRILITH_TEST_UNIT_TRAIN_RUN_FIXTURE_HPP

#include <trilith/train.hpp>

#include <sstream>
#include <string>
#include <vector>

#include "tiny_learner.hpp"
#include "train_data_fixture.hpp"

namespace test {

/// Data for runs of a tiny learner, and their directory.
struct tiny_run {
  written_tokens with;
  tl::token_file file;
  tl::batches train;
  tl::batches_in_order checked;

  explicit tiny_run(const std::string& name, const tl::batch_options& o = {6, 12, 5})
      : with(name),
        file(with.open()),
        train(tl::make_batches(file, o).value()),
        checked(tl::make_batches_in_order(file, {.batch = 8, .length = 32}).value()) {}

  [[nodiscard]] tl::training_data data() const { return {train, &checked}; }
  [[nodiscard]] tiny_learner learner(std::size_t seed = 1) const {
    return tiny_learner(file.facts().vocabulary, seed);
  }
  [[nodiscard]] std::string path(std::string_view name) const { return with.where.file(name); }

  /// A run with all its files in a directory `name`.
  [[nodiscard]] tl::train_options options(const std::string& name) const {
    tl::train_options o{.steps = 40, .micro_batch = 4};
    o.schedule = tl::cosine{.warmup = 5, .last = 0.1};
    o.lambda_warmup = 10;
    o.validate_every = 8;
    o.checkpoint_every = 7;
    o.checkpoints = path(name);
    o.resume = true;
    o.log = path(name) + ".csv";
    return o;
  }
};

inline tl::muon_grokfast tiny_optimiser() {
  return {.rate = 0.02};
}

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}
/// A log without its two last columns, which are times.
inline std::vector<std::string> log_without_times(const std::string& path) {
  std::vector<std::string> out = lines_of(contents_of(path));
  for (std::string& line : out)
    for (int i = 0; i < 2; ++i) line.resize(line.rfind(','));
  return out;
}
inline std::vector<std::string> files_in(const std::string& directory) {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    out.push_back(entry.path().filename().string());
  std::sort(out.begin(), out.end());
  return out;
}

inline void check_error(const tl::error& why, errc code, std::string_view words) {
  CAPTURE(why.message);
  CHECK(why.code == code);
  CHECK(why.message.find(words) != std::string::npos);
}

}  // namespace test

#endif

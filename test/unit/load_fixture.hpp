#ifndef TRILITH_TEST_UNIT_LOAD_FIXTURE_HPP
#define TRILITH_TEST_UNIT_LOAD_FIXTURE_HPP

#include <trilith/io/load.hpp>

#include <cstring>
#include <string>
#include <vector>

#include "files.hpp"

namespace test {

/// A small model made with another implementation, and what that one computes with it
/// (test/fixtures/make_hf_models.py).
inline std::string hf_model(const std::string& name) {
  return std::string(TRILITH_TEST_FIXTURES_DIR) + "/hf_models/" + name;
}

/// What the reference says of a model.
struct reference {
  std::vector<std::int32_t> tokens, prompt, greedy;
  std::vector<float> logits;  ///< [tokens, vocab]
};

template <class T>
std::vector<T> values_of(const trilith::io::safetensors_file& file, const std::string& name) {
  const auto bytes = file.bytes(*file.find(name));
  std::vector<T> out(bytes.size() / sizeof(T));
  std::memcpy(out.data(), bytes.data(), bytes.size());
  return out;
}

inline reference reference_of(const std::string& model) {
  const auto file =
      trilith::io::open_safetensors(hf_model(model) + "/reference.safetensors").value();
  return {values_of<std::int32_t>(file, "tokens"), values_of<std::int32_t>(file, "prompt"),
          values_of<std::int32_t>(file, "greedy"), values_of<float>(file, "logits")};
}

/// The logits of every position, [tokens, vocab].
template <class Model>
std::vector<float> logits_of(const Model& model, const std::vector<std::int32_t>& tokens) {
  auto session = trilith::session<Model>::open(model).value();
  std::vector<float> out;
  const auto keep = [&](std::size_t, std::span<const float> logits) {
    out.insert(out.end(), logits.begin(), logits.end());
  };
  (void)session.score(0, {tokens.data(), tokens.size()}, keep).value();
  return out;
}

inline std::size_t argmax(std::span<const float> values) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < values.size(); ++i)
    if (values[i] > values[best]) best = i;
  return best;
}

/// Greedy continuation by `count` tokens.
template <class Model>
std::vector<std::int32_t> greedy_of(const Model& model, const std::vector<std::int32_t>& prompt,
                                    std::size_t count) {
  auto session = trilith::session<Model>::open(model).value();
  (void)session.append(0, {prompt.data(), prompt.size()}).value();
  std::vector<std::int32_t> out;
  while (out.size() < count) {
    out.push_back(static_cast<std::int32_t>(argmax(session.logits(0))));
    const trilith::next_token next{0, out.back()};
    (void)session.step({&next, 1}).value();
  }
  return out;
}

}  // namespace test

#endif

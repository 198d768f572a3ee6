#ifndef TRILITH_EXAMPLES_SHIPPED_TELLER_HPP
#define TRILITH_EXAMPLES_SHIPPED_TELLER_HPP

#include <trilith/adapt/prompted.hpp>
#include <trilith/io/checkpoint.hpp>
#include <trilith/io/load.hpp>
#include <trilith/model/presets.hpp>
#include <trilith/text.hpp>

#include <string>
#include <vector>

#include "shipped_model.hpp"

/// What the examples that adapt the shipped model share.
using shipped_blueprint =
    trilith::presets::b1_58_relu<trilith::shape{}, trilith::presets::int8_head>;
using shipped_teller = trilith::text_model<trilith::packed<shipped_blueprint>>;
using token_lists = std::vector<std::vector<std::int32_t>>;

inline trilith::result<shipped_teller> load_teller() {
  auto m = trilith::io::load<trilith::packed<shipped_blueprint>>(shipped_model);
  if (!m) return std::move(m).error();
  return shipped_teller{std::move(m->model), std::move(m->tokenizer)};
}

/// Beginnings of tales, 4 to 11 tokens each, that the model makes up itself: no text is needed.
template <class Model>
trilith::result<token_lists> make_openings(const Model& model, std::int32_t bos, std::size_t count,
                                           std::uint64_t seed) {
  auto teller = trilith::prompted<Model>::open(model, {&bos, 1}, 16);
  if (!teller) return std::move(teller).error();
  const token_lists nothing(count);
  const auto texts =
      teller->respond(nothing, {.tokens = 11, .how = {.temperature = 0.8f, .seed = seed}});
  if (!texts) return texts.error();
  token_lists out;
  for (std::size_t i = 0; i < count; ++i) {
    const auto& t = (*texts)[i].tokens;
    out.emplace_back(t.begin(), t.begin() + static_cast<std::ptrdiff_t>(4 + i % 8));
  }
  return out;
}

/// Packs a model as the shipped one is, and saves it with its words.
template <class Latent>
trilith::status save_teller(const Latent& model, const trilith::text::tokenizer& words,
                            const std::string& path) {
  const auto bytes = trilith::text::serialize(words);
  return trilith::io::save(trilith::pack<trilith::packing::base3>(model), path,
                           {.tokenizer = bytes});
}

/// What follows an opening, on one line.
template <class Model>
std::string continued(const Model& model, std::span<const std::int32_t> prompt,
                      const std::vector<std::int32_t>& opening,
                      const trilith::text::tokenizer& words) {
  auto teller = trilith::prompted<Model>::open(model, prompt);
  if (!teller) return teller.error().message;
  const auto text = teller->respond({&opening, 1}, {.tokens = 40, .how = {.temperature = 0.7f}});
  if (!text) return text.error().message;
  std::string out = words.decode(text->front().tokens).value();
  for (char& c : out)
    if (c == '\n') c = ' ';
  return out;
}

#endif

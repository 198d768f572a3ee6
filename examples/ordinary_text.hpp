#ifndef TRILITH_EXAMPLES_ORDINARY_TEXT_HPP
#define TRILITH_EXAMPLES_ORDINARY_TEXT_HPP

#include <trilith/adapt/prompted.hpp>
#include <trilith/infer/perplexity.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "sweep_options.hpp"

/// Text that a change of a model should not cost much, in pieces that are read one by one.
struct ordinary_text {
  std::vector<trilith::trajectory> pieces;
  std::size_t bytes = 0;
};

/// The first tokens of a file; nothing of no file.
inline trilith::result<ordinary_text> read_ordinary_text(const std::string& path,
                                                         const trilith::text::tokenizer& words) {
  ordinary_text out;
  if (path.empty()) return out;
  sweep_line how;
  how.text = path;
  const auto text = first_tokens(how, words);
  if (!text) return text.error();
  constexpr std::size_t length = 64;
  const auto& all = text->tokens;
  for (std::size_t i = 0; i < all.size(); i += length) {
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(i);
    const auto n = static_cast<std::ptrdiff_t>(std::min(length, all.size() - i));
    out.pieces.push_back({{first, first + n}});
  }
  out.bytes = text->bytes;
  return out;
}

/// Bits a byte of the text, each piece behind the prompt.
template <class Model>
trilith::result<double> read_behind(const Model& model, std::span<const std::int32_t> prompt,
                                    const ordinary_text& text, const trilith::executor& threads) {
  auto reader = trilith::prompted<Model>::open(model, prompt, 1, threads);
  if (!reader) return std::move(reader).error();
  double surprise = 0;
  for (const trilith::trajectory& t : text.pieces) {
    auto read = reader->score(t, [&](std::size_t i, std::span<const float> logits) {
      surprise += trilith::surprise_of(logits, t.tokens[i]);
    });
    if (!read) return std::move(read).error();
  }
  return surprise / std::log(2.0) / static_cast<double>(text.bytes);
}

#endif

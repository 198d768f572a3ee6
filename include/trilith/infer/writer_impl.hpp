#ifndef TRILITH_INFER_WRITER_IMPL_HPP
#define TRILITH_INFER_WRITER_IMPL_HPP

#include <trilith/core/text.hpp>
#include <trilith/infer/writer.hpp>

#include <algorithm>

namespace trilith::TRILITH_IMPLEMENTED {

status check_generation(const text::tokenizer& words, std::size_t vocab,
                        const generate_options& options) {
  if (words.size() == 0)
    return error{errc::invalid_argument,
                 "generate: the model has no tokenizer; load one with text::load_tokenizer()."};
  if (words.size() > vocab)
    return error{errc::mismatch, join("generate: the tokenizer has ", words.size(),
                                      " tokens, the model's vocabulary only ", vocab, ".")};
  if (options.max_tokens == 0)
    return error{errc::invalid_argument, "generate: expected max_tokens of at least 1, found 0."};
  return check(options.sampling);
}

result<writing::writer> start_writer(const text::tokenizer& words, std::string_view prompt,
                                     bool is_first, bool has_text_before) {
  auto tokens = words.encode(prompt, {.bos = is_first});
  if (!tokens) return std::move(tokens).error();
  if (tokens->empty())
    return error{
        errc::invalid_argument,
        "generate: the prompt has no tokens, and no begin-of-text token stands before it."};
  writing::writer w{text::streaming_decoder(words, !has_text_before), std::move(*tokens)};
  w.outcome.prompt_tokens = w.history.size();
  return w;
}

result<writing::writer> start_writer(const text::tokenizer& words,
                                     std::span<const std::int32_t> tokens) {
  if (tokens.empty())
    return error{errc::invalid_argument, "generate: there are no tokens to feed."};
  writing::writer w{text::streaming_decoder(words, false), {tokens.begin(), tokens.end()}};
  w.outcome.prompt_tokens = tokens.size();
  return w;
}

result<std::vector<writing::writer>> start_writers(const text::tokenizer& words,
                                                   std::span<const std::string_view> prompts,
                                                   std::size_t context) {
  std::vector<writing::writer> writers;
  for (const std::string_view prompt : prompts) {
    auto w = start_writer(words, prompt, true, !prompt.empty());
    if (!w) return std::move(w).error();
    if (w->history.size() >= context)
      return error{errc::out_of_context,
                   join("generate: a prompt of ", w->history.size(),
                        " tokens leaves no room in a context of ", context, ".")};
    writers.push_back(std::move(*w));
  }
  return writers;
}

std::size_t longest_prompt(const std::vector<writing::writer>& writers) noexcept {
  std::size_t longest = 0;
  for (const writing::writer& w : writers) longest = std::max(longest, w.outcome.prompt_tokens);
  return longest;
}

std::vector<generation> outcomes_of(const std::vector<writing::writer>& writers) {
  std::vector<generation> all;
  all.reserve(writers.size());
  for (const writing::writer& w : writers) all.push_back(w.outcome);
  return all;
}

writing::drawn draw_token(writing::writer& w, std::span<float> logits, const writing::place& where,
                          const text::tokenizer& words, const generate_options& options,
                          sampler_scratch& scratch) {
  const std::int32_t token =
      sample(logits, w.history, options.sampling, where.sequence, where.position, scratch);
  const auto is_in = [token](const std::vector<std::int32_t>& stop) {
    return std::find(stop.begin(), stop.end(), token) != stop.end();
  };
  if (token == words.eos() || token == words.bos() || is_in(words.vocab().stop) ||
      is_in(options.stop)) {
    w.outcome.reason = stop_reason::stop_token;
    return {token, {}};
  }
  w.history.push_back(token);
  if (++w.outcome.tokens == options.max_tokens)
    w.outcome.reason = stop_reason::max_tokens;
  else if (where.is_full)
    w.outcome.reason = stop_reason::context;
  return {token, w.decoder.push(token)};
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif

#ifndef TRILITH_INFER_GENERATE_HPP
#define TRILITH_INFER_GENERATE_HPP

#include <trilith/infer/sampler.hpp>
#include <trilith/infer/session.hpp>
#include <trilith/text/streaming_decoder.hpp>
#include <trilith/text/tokenizer.hpp>

namespace trilith::inline TRILITH_ABI {

struct generate_options {
  std::size_t max_tokens = 256;
  trilith::sampling sampling{};
  std::size_t threads = 1;
  std::vector<std::int32_t> stop{};  ///< tokens that end a text, besides BOS and EOS
};

/// A model with the tokenizer it was trained with.
template <Realisation Model>
struct text_model {
  Model model;
  text::tokenizer tokenizer;
};

/// Why a text ended.
enum class stop_reason : std::uint8_t {
  running,     ///< not yet
  stop_token,  ///< the model wrote BOS, EOS or one of generate_options::stop
  max_tokens,  ///< as many tokens as were asked for
  context,     ///< the model's context is full
  callback,    ///< the callback returned false
};

struct generation {
  std::size_t prompt_tokens = 0;
  std::size_t tokens = 0;  ///< written, without the one that stopped it
  stop_reason reason = stop_reason::running;
};

namespace detail {

/// Calls on_piece(arguments...); false where it returns false, true where it returns nothing.
template <class OnPiece, class... Arguments>
[[nodiscard]] bool wants_more(OnPiece& on_piece, Arguments&&... arguments) {
  if constexpr (std::is_void_v<std::invoke_result_t<OnPiece&, Arguments...>>) {
    on_piece(std::forward<Arguments>(arguments)...);
    return true;
  } else {
    return static_cast<bool>(on_piece(std::forward<Arguments>(arguments)...));
  }
}

/// One text being written.
struct writer {
  writer(const text::tokenizer& words, bool start) : decoder(words, start) {}
  text::streaming_decoder decoder;
  std::vector<std::int32_t> history;
  generation outcome;
};

// Spans are made of pointer and size here: their conversion from ranges costs compile time.
[[nodiscard]] inline std::span<const std::int32_t> history_of(const writer& w) noexcept {
  return {w.history.data(), w.history.size()};
}

[[nodiscard]] inline bool stops(std::int32_t token, const text::tokenizer& words,
                                const generate_options& options) noexcept {
  if (token == words.eos() || token == words.bos()) return true;
  for (const std::int32_t stop : options.stop)
    if (token == stop) return true;
  return false;
}

/// Draws a writer's next token and streams it; leaves the reason where the text ends here.
template <class Session, class OnPiece>
std::int32_t write_token(Session& s, std::size_t sequence, writer& w, const text::tokenizer& words,
                         const generate_options& options, sampler_scratch& scratch,
                         OnPiece& on_piece) {
  const std::int32_t token = sample(s.logits(sequence), history_of(w), options.sampling, sequence,
                                    s.length(sequence), scratch);
  if (stops(token, words, options)) {
    w.outcome.reason = stop_reason::stop_token;
    return token;
  }
  w.history.push_back(token);
  ++w.outcome.tokens;
  const std::string_view piece = w.decoder.push(token);
  if (!piece.empty() && !wants_more(on_piece, sequence, piece))
    w.outcome.reason = stop_reason::callback;
  else if (w.outcome.tokens == options.max_tokens)
    w.outcome.reason = stop_reason::max_tokens;
  else if (s.length(sequence) == s.context())
    w.outcome.reason = stop_reason::context;
  return token;
}

/// Writes on all sequences that are still running, one token each a round.
template <class Session, class OnPiece>
[[nodiscard]] status write_all(Session& s, std::vector<writer>& writers,
                               const text::tokenizer& words, const generate_options& options,
                               OnPiece& on_piece) {
  sampler_scratch scratch(s.model().sizes.vocab);
  std::vector<next_token> next;
  do {
    next.clear();
    for (std::size_t i = 0; i < writers.size(); ++i) {
      writer& w = writers[i];
      if (w.outcome.reason != stop_reason::running) continue;
      const std::int32_t token = write_token(s, i, w, words, options, scratch, on_piece);
      if (w.outcome.reason == stop_reason::running)
        next.push_back({i, token});
      else if (const auto rest = w.decoder.finish(); !rest.empty())
        (void)wants_more(on_piece, i, rest);
    }
    if (status ok = s.step({next.data(), next.size()}); !ok) return ok;
  } while (!next.empty());
  return done{};
}

[[nodiscard]] inline status check(const text::tokenizer& words, std::size_t vocab,
                                  const generate_options& options) {
  if (words.size() == 0)
    return error{errc::invalid_argument,
                 "generate: the model has no tokenizer; load one with text::load_tokenizer()."};
  if (words.size() > vocab)
    return error{errc::mismatch, join("generate: the tokenizer has ", words.size(),
                                      " tokens, the model's vocabulary only ", vocab, ".")};
  if (options.max_tokens == 0)
    return error{errc::invalid_argument, "generate: expected max_tokens of at least 1, found 0."};
  return trilith::check(options.sampling);
}

/// The tokens of a prompt; at least one.
[[nodiscard]] inline result<std::vector<std::int32_t>> encode(const text::tokenizer& words,
                                                              std::string_view prompt, bool start) {
  auto tokens = words.encode(prompt, {.bos = start});
  if (tokens && tokens->empty())
    return error{
        errc::invalid_argument,
        "generate: the prompt has no tokens, and no begin-of-text token stands before it."};
  return tokens;
}

}  // namespace detail

/// Continues several prompts at once, each as it would be alone. on_piece(i, text) receives whole
/// UTF-8 characters of text i as they are written, and may return false to end that text.
///
/// Errors: no tokenizer or one of another vocabulary, a prompt that is not UTF-8, empty without
/// BOS, or longer than the context, options out of range.
template <Realisation Model, class OnPiece>
[[nodiscard]] result<std::vector<generation>> generate_batch(
    const Model& model, const text::tokenizer& words, std::span<const std::string_view> prompts,
    const generate_options& options, OnPiece&& on_piece) {
  if (status ok = detail::check(words, model.sizes.vocab, options); !ok)
    return std::move(ok).error();
  std::vector<std::vector<std::int32_t>> tokens;
  std::size_t longest = 0;
  for (const std::string_view prompt : prompts) {
    auto encoded = detail::encode(words, prompt, true);
    if (!encoded) return std::move(encoded).error();
    longest = max_of(longest, encoded->size());
    tokens.push_back(std::move(*encoded));
  }
  if (longest >= model.sizes.context)
    return error{errc::out_of_context,
                 join("generate: a prompt of ", longest, " tokens leaves no room in a context of ",
                      model.sizes.context, ".")};
  auto s = session<Model>::open(
      model, {.sequences = prompts.size(),
              .context = min_of(model.sizes.context,
                                longest + min_of(options.max_tokens, model.sizes.context)),
              .threads = options.threads});
  if (!s) return std::move(s).error();
  std::vector<detail::writer> writers;
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    if (status ok = s->append(i, {tokens[i].data(), tokens[i].size()}); !ok)
      return std::move(ok).error();
    detail::writer& w = writers.emplace_back(words, prompts[i].empty());
    w.outcome.prompt_tokens = tokens[i].size();
    w.history = std::move(tokens[i]);
  }
  if (status ok = detail::write_all(*s, writers, words, options, on_piece); !ok)
    return std::move(ok).error();
  std::vector<generation> out;
  for (const detail::writer& w : writers) out.push_back(w.outcome);
  return out;
}

/// Continues a prompt. on_piece(text) receives whole UTF-8 characters as they are written (not the
/// prompt itself), and may return false to stop.
///
///     tl::generate(bitnet, "Once upon a time", {.max_tokens = 64},
///                  [](std::string_view piece) { std::cout << piece << std::flush; });
template <Realisation Model, class OnPiece>
[[nodiscard]] result<generation> generate(const text_model<Model>& m, std::string_view prompt,
                                          const generate_options& options, OnPiece&& on_piece) {
  auto all = generate_batch(
      m.model, m.tokenizer, {&prompt, 1}, options,
      [&](std::size_t, std::string_view piece) { return detail::wants_more(on_piece, piece); });
  if (!all) return std::move(all).error();
  return all->front();
}

/// Continues a conversation: feeds `text` to sequence 0 of a session that is kept, then writes on.
/// What was fed and written before stays in the cache, so a turn costs only its own tokens. The
/// threads are the session's.
///
///     auto chat = session<decltype(m.model)>::open(m.model).value();
///     auto first = tl::generate(chat, m.tokenizer, "Once upon a time", options, print);
///     auto second = tl::generate(chat, m.tokenizer, "And then", options, print);
///
/// The tokenizer puts a space in front of each turn, as it does with any text.
/// Errors: as generate_batch; out_of_context where the text does not fit behind what is there. The
/// session is as before then.
template <Realisation Model, class OnPiece>
[[nodiscard]] result<generation> generate(session<Model>& s, const text::tokenizer& words,
                                          std::string_view text, const generate_options& options,
                                          OnPiece&& on_piece) {
  if (status ok = detail::check(words, s.model().sizes.vocab, options); !ok)
    return std::move(ok).error();
  auto tokens = detail::encode(words, text, s.length(0) == 0);
  if (!tokens) return std::move(tokens).error();
  if (s.length(0) + tokens->size() >= s.context())
    return error{errc::out_of_context,
                 join("generate: ", s.length(0), " + ", tokens->size(),
                      " tokens leave no room in a context of ", s.context(), ".")};
  if (status ok = s.append(0, {tokens->data(), tokens->size()}); !ok) return std::move(ok).error();
  std::vector<detail::writer> writers;
  detail::writer& w = writers.emplace_back(words, false);
  w.outcome.prompt_tokens = tokens->size();
  w.history = std::move(*tokens);
  const auto one = [&](std::size_t, std::string_view piece) {
    return detail::wants_more(on_piece, piece);
  };
  if (status ok = detail::write_all(s, writers, words, options, one); !ok)
    return std::move(ok).error();
  // A last token that nothing followed is not in the cache yet; the next turn comes after it.
  const bool is_fed = w.outcome.reason == stop_reason::stop_token;
  if (!is_fed && s.length(0) < s.context())
    if (status ok = s.append(0, {&w.history.back(), 1}); !ok) return std::move(ok).error();
  return w.outcome;
}

}  // namespace trilith::inline TRILITH_ABI

#endif

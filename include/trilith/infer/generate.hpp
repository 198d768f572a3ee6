#ifndef TRILITH_INFER_GENERATE_HPP
#define TRILITH_INFER_GENERATE_HPP

#include <trilith/infer/session.hpp>
#include <trilith/infer/text_model.hpp>
#include <trilith/infer/writer.hpp>

namespace trilith::inline TRILITH_ABI {

namespace detail {

/// Calls on_piece(arguments...); false where it returns false, true where it returns nothing.
template <class OnPiece, class... Arguments>
[[nodiscard]] bool wants_more(OnPiece& on_piece, const Arguments&... arguments) {
  if constexpr (std::is_void_v<std::invoke_result_t<OnPiece&, const Arguments&...>>) {
    on_piece(arguments...);
    return true;
  } else {
    return static_cast<bool>(on_piece(arguments...));
  }
}

/// Draws the next token of text i and streams what it completes.
template <class Session, class OnPiece>
std::int32_t write_token(Session& s, std::size_t i, writing::writer& w,
                         const text::tokenizer& words, const generate_options& options,
                         sampler_scratch& scratch, OnPiece& on_piece) {
  const writing::drawn next = TRILITH_IMPLEMENTED::draw_token(
      w, s.logits(i), {i, s.length(i), s.length(i) == s.context()}, words, options, scratch);
  if (!next.piece.empty() && !wants_more(on_piece, i, next.piece))
    w.outcome.reason = stop_reason::callback;
  else if (w.outcome.reason != stop_reason::running)
    if (const std::string_view rest = w.decoder.finish(); !rest.empty())
      (void)wants_more(on_piece, i, rest);
  return next.token;
}

/// Writes on all texts that are still running, one token each a round.
template <class Session, class OnPiece>
[[nodiscard]] status write_all(Session& s, std::span<writing::writer> writers,
                               const text::tokenizer& words, const generate_options& options,
                               OnPiece& on_piece) {
  sampler_scratch scratch(s.model().sizes.vocab);
  aligned_buffer<next_token> next(writers.size());
  for (writing::writer& w : writers)
    w.history.reserve(w.history.size() + min_of(options.max_tokens, s.context()));
  for (;;) {
    std::size_t running = 0;
    for (std::size_t i = 0; i < writers.size(); ++i) {
      if (writers[i].outcome.reason != stop_reason::running) continue;
      const std::int32_t token = write_token(s, i, writers[i], words, options, scratch, on_piece);
      if (writers[i].outcome.reason == stop_reason::running) next[running++] = {i, token};
    }
    if (running == 0) return done{};
    if (status ok = s.step({next.data(), running}); !ok) return ok;
  }
}

/// Feeds what a writer begins with to sequence 0, then writes on.
template <class Session, class OnPiece>
[[nodiscard]] result<generation> go_on(Session& s, const text::tokenizer& words,
                                       const generate_options& options, OnPiece& on_piece,
                                       result<writing::writer> w) {
  if (status ok = TRILITH_IMPLEMENTED::check_generation(words, s.model().sizes.vocab, options); !ok)
    return std::move(ok).error();
  if (!w) return std::move(w).error();
  const std::size_t fed = w->outcome.prompt_tokens;
  if (s.length(0) + fed >= s.context())
    return error{errc::out_of_context,
                 join("generate: ", s.length(0), " + ", fed,
                      " tokens leave no room in a context of ", s.context(), ".")};
  if (status ok = s.append(0, {w->history.data(), fed}); !ok) return std::move(ok).error();
  const auto on_text = [&](std::size_t, std::string_view piece) {
    return wants_more(on_piece, piece);
  };
  if (status ok = write_all(s, {&*w, 1}, words, options, on_text); !ok)
    return std::move(ok).error();
  // A last token that nothing followed is not in the cache yet; the next turn comes after it.
  if (w->outcome.reason != stop_reason::stop_token && s.length(0) < s.context())
    if (status ok = s.append(0, {&w->history.back(), 1}); !ok) return std::move(ok).error();
  return w->outcome;
}

}  // namespace detail

/// Continues several prompts at once, each as it would be alone. on_piece(i, text) receives whole
/// UTF-8 characters of text i as they are written, and may return false to end that text.
///
/// Errors: no tokenizer or one of another vocabulary, a prompt that is not UTF-8, empty without
/// BOS, or longer than the context, options out of range.
template <Runnable Model, class OnPiece>
[[nodiscard]] result<std::vector<generation>> generate_batch(
    const Model& model, const text::tokenizer& words, std::span<const std::string_view> prompts,
    const generate_options& options, OnPiece&& on_piece) {
  if (status ok = TRILITH_IMPLEMENTED::check_generation(words, model.sizes.vocab, options); !ok)
    return std::move(ok).error();
  auto writers = TRILITH_IMPLEMENTED::start_writers(words, prompts, model.sizes.context);
  if (!writers) return std::move(writers).error();
  const std::size_t room = min_of(options.max_tokens, model.sizes.context);
  const std::size_t needed = TRILITH_IMPLEMENTED::longest_prompt(*writers) + room;
  const std::size_t context = min_of(model.sizes.context, needed);
  auto s = session<Model>::open(model, session_for(options, context, prompts.size()));
  if (!s) return std::move(s).error();
  const std::span<writing::writer> all{writers->data(), writers->size()};
  for (std::size_t i = 0; i < all.size(); ++i)
    if (status ok = s->append(i, {all[i].history.data(), all[i].history.size()}); !ok)
      return std::move(ok).error();
  if (status ok = detail::write_all(*s, all, words, options, on_piece); !ok)
    return std::move(ok).error();
  return TRILITH_IMPLEMENTED::outcomes_of(*writers);
}

/// Continues a prompt. on_piece(text) receives whole UTF-8 characters as they are written (not the
/// prompt itself), and may return false to stop.
///
///     tl::generate(bitnet, "Once upon a time", {.max_tokens = 64},
///                  [](std::string_view piece) { std::cout << piece << std::flush; });
template <Runnable Model, class OnPiece>
[[nodiscard]] result<generation> generate(const text_model<Model>& m, std::string_view prompt,
                                          const generate_options& options, OnPiece&& on_piece) {
  auto all = generate_batch(
      m.model, m.tokenizer, {&prompt, 1}, options,
      [&](std::size_t, std::string_view piece) { return detail::wants_more(on_piece, piece); });
  if (!all) return std::move(all).error();
  return all->front();
}

/// Continues a conversation: feeds `text` to sequence 0 of a session that is kept, then writes on.
/// What was fed and written before stays in the cache, so a turn costs only its own tokens.
/// Threads, executor and cache are the session's, whatever `options` say of them.
///
///     auto chat = session<decltype(m.model)>::open(m.model).value();
///     auto first = tl::generate(chat, m.tokenizer, "Once upon a time", options, print);
///     auto second = tl::generate(chat, m.tokenizer, "And then", options, print);
///
/// The tokenizer puts a space in front of each turn, as it does with any text.
/// Errors: as generate_batch; out_of_context where the text does not fit behind what is there. The
/// session is as before then.
template <Runnable Model, class OnPiece>
[[nodiscard]] result<generation> generate(session<Model>& s, const text::tokenizer& words,
                                          std::string_view text, const generate_options& options,
                                          OnPiece&& on_piece) {
  return detail::go_on(s, words, options, on_piece,
                       TRILITH_IMPLEMENTED::start_writer(words, text, s.length(0) == 0, true));
}

/// The same from tokens, such as a turn of a chat (text/chat.hpp).
template <Runnable Model, class OnPiece>
[[nodiscard]] result<generation> generate(session<Model>& s, const text::tokenizer& words,
                                          std::span<const std::int32_t> tokens,
                                          const generate_options& options, OnPiece&& on_piece) {
  return detail::go_on(s, words, options, on_piece,
                       TRILITH_IMPLEMENTED::start_writer(words, tokens));
}

}  // namespace trilith::inline TRILITH_ABI

#endif

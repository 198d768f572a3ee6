#ifndef TRILITH_INFER_CHAT_HPP
#define TRILITH_INFER_CHAT_HPP

#include <trilith/infer/chat_style.hpp>
#include <trilith/infer/chat_transcript.hpp>
#include <trilith/infer/generate.hpp>

/// Conversations of several turns.
namespace trilith {

struct chat_options {
  chat_style style = chat_style::bitnet;
  std::string system = {};         ///< the system turn; empty: none
  std::size_t context = 0;         ///< most tokens kept; 0: the model's own limit
  generate_options generate = {};  ///< its threads, executor and cache are the conversation's
};

/// What one turn came to.
struct chat_reply {
  std::string text;
  generation outcome = {};
  std::size_t dropped_turns = 0;  ///< of the oldest, to make room in the context
};

}  // namespace trilith

namespace trilith::inline TRILITH_ABI {

/// A conversation with a model. Its keys and values stay in a session, so that a turn costs its own
/// tokens only. Where the context is full, the oldest turns are forgotten: BOS, the system turn and
/// the newest turns are fed again, and a quarter of the context is free then.
///
///     auto talk = tl::chat<any_model>::open(m->model, m->tokenizer, {.style = style});
///     auto reply = talk->ask("Hey", [](std::string_view piece) { std::cout << piece; });
///     auto more = talk->ask("And then?", print);
///
/// The model and the tokenizer must outlive it.
template <Runnable Model>
class chat {
 public:
  /// Errors: those of session::open() and of generate(); mismatch where the vocabulary lacks the
  /// style's control pieces; out_of_context for a system turn that fills the context.
  [[nodiscard]] static result<chat> open(const Model& model, const text::tokenizer& words,
                                         const chat_options& options) {
    const generate_options& how = options.generate;
    if (status ok = TRILITH_IMPLEMENTED::check_generation(words, model.sizes.vocab, how); !ok)
      return std::move(ok).error();
    auto stop = chatting::stops(words, options.style);
    if (!stop) return std::move(stop).error();
    auto s = session<Model>::open(model, session_for(how, options.context));
    if (!s) return std::move(s).error();
    chat out(std::move(*s), words, options);
    std::vector<std::int32_t>& all = out.options_.generate.stop;
    all.insert(all.end(), stop->begin(), stop->end());
    if (status ok = out.set_system(options.system); !ok) return std::move(ok).error();
    return out;
  }

  /// Says `user` and has the model reply. on_piece(text) receives whole UTF-8 characters as they
  /// are written, and empty texts while the turn is read; where it returns false, the reply ends
  /// there.
  ///
  /// Errors: out_of_context for a turn that does not fit into an empty conversation; invalid_value
  /// for text that is not UTF-8; cancelled where on_piece returned false before the reply began.
  /// The conversation is as before then.
  template <class OnPiece>
  [[nodiscard]] result<chat_reply> ask(std::string_view user, OnPiece&& on_piece) {
    auto turn = chatting::question(*words_, options_.style, user);
    if (!turn) return std::move(turn).error();
    auto ending = chatting::end_of_reply(*words_, options_.style);
    if (!ending) return std::move(ending).error();
    if (kept_.head + turn->size() >= context())
      return chatting::too_long(kept_.head, turn->size(), context());
    const chatting::transcript before = kept_;
    auto reply = answer(*turn, on_piece);
    if (!reply) {
      session_.rewind(0, kept_.shared_with(before));
      kept_ = before;
      return reply;
    }
    kept_.all.insert(kept_.all.end(), ending->begin(), ending->end());
    forgotten_ += reply->dropped_turns;
    history_.push_back({"user", std::string(user)});
    history_.push_back({"assistant", reply->text});
    return reply;
  }

  /// Begins anew, with the same system turn.
  void reset() {
    kept_.all.resize(kept_.head);
    kept_.starts.clear();
    session_.rewind(0, kept_.head);
    history_.clear();
    forgotten_ = 0;
  }
  /// Begins anew with another system turn. On error the conversation is as before.
  [[nodiscard]] status set_system(std::string_view system) {
    auto head = chatting::head(*words_, options_.style, system);
    if (!head) return std::move(head).error();
    if (head->size() + 1 >= context()) return chatting::too_long(0, head->size(), context());
    options_.system = system;
    const std::size_t size = head->size();
    kept_ = {std::move(*head), size, {}};
    session_.rewind(0, 0);
    reset();
    return done{};
  }

  /// All turns since the beginning, the user's and the model's, also those forgotten.
  [[nodiscard]] const std::vector<text::chat_message>& history() const noexcept { return history_; }
  [[nodiscard]] const std::string& system() const noexcept { return options_.system; }
  [[nodiscard]] chat_style style() const noexcept { return options_.style; }
  /// Pairs of turns at the beginning of history() that the model no longer sees.
  [[nodiscard]] std::size_t forgotten() const noexcept { return forgotten_; }
  /// Tokens that the model sees, of at most context().
  [[nodiscard]] std::size_t tokens() const noexcept { return kept_.all.size(); }
  [[nodiscard]] std::size_t context() const noexcept { return session_.context(); }

 private:
  /// Tokens fed at a time, between which on_piece may stop.
  static constexpr std::size_t slice = 64;

  chat(session<Model> s, const text::tokenizer& words, const chat_options& options)
      : session_(std::move(s)), words_(&words), options_(options) {}

  template <class OnPiece>
  [[nodiscard]] result<chat_reply> answer(const std::vector<std::int32_t>& turn,
                                          OnPiece& on_piece) {
    chat_reply out;
    out.dropped_turns = make_room(turn.size(), kept_.starts.size());
    kept_.starts.push_back(kept_.all.size());
    kept_.all.insert(kept_.all.end(), turn.begin(), turn.end());
    auto w = TRILITH_IMPLEMENTED::start_writer(*words_, {turn.data(), turn.size()});
    if (!w) return std::move(w).error();
    if (status ok = feed(on_piece); !ok) return std::move(ok).error();
    if (status ok = write(*w, out, on_piece); !ok) return std::move(ok).error();
    out.outcome = w->outcome;
    return out;
  }

  template <class OnPiece>
  [[nodiscard]] status write(writing::writer& w, chat_reply& out, OnPiece& on_piece) {
    sampler_scratch scratch(session_.model().sizes.vocab);
    chatting::reply_text text;
    const auto show = [&](std::string_view piece) {
      const std::string_view shown = text.add(piece);
      return shown.empty() || detail::wants_more(on_piece, shown);
    };
    stop_reason& reason = w.outcome.reason;
    while (reason == stop_reason::running) {
      const writing::drawn next =
          TRILITH_IMPLEMENTED::draw_token(w, session_.logits(0), {0, session_.length(0), false},
                                          *words_, options_.generate, scratch);
      if (reason == stop_reason::stop_token) break;
      kept_.all.push_back(next.token);
      if (!show(next.piece)) reason = stop_reason::callback;
      if (reason == stop_reason::running)
        if (status ok = go_on(reason, out, on_piece); !ok) return ok;
    }
    (void)show(w.decoder.finish());
    out.text = text.take();
    return done{};
  }

  /// Feeds the token that was drawn last. Where the context is full, the oldest turns go first.
  template <class OnPiece>
  [[nodiscard]] status go_on(stop_reason& reason, chat_reply& out, OnPiece& on_piece) {
    if (kept_.all.size() > context()) {
      out.dropped_turns += make_room(0, kept_.starts.size() - 1);
      if (kept_.all.size() > context()) {
        reason = stop_reason::context;
        return done{};
      }
    }
    status ok = feed(on_piece);
    if (ok || ok.error().code != errc::cancelled) return ok;
    reason = stop_reason::callback;
    return done{};
  }

  /// Drops at most so many of the oldest turns where `more` tokens and one for the reply do not
  /// fit.
  [[nodiscard]] std::size_t make_room(std::size_t more, std::size_t droppable) {
    if (kept_.all.size() + more < context()) return 0;
    const std::size_t dropped = kept_.drop(more + context() / 4, context(), droppable);
    if (dropped != 0) session_.rewind(0, kept_.head);
    return dropped;
  }

  /// Feeds what the cache does not hold yet.
  template <class OnPiece>
  [[nodiscard]] status feed(OnPiece& on_piece) {
    while (session_.length(0) < kept_.all.size()) {
      const std::size_t first = session_.length(0), left = kept_.all.size() - first;
      if (status ok = session_.append(0, {kept_.all.data() + first, min_of(slice, left)}); !ok)
        return ok;
      if (left > slice && !detail::wants_more(on_piece, std::string_view()))
        return error{errc::cancelled, "chat: the turn was cancelled before the reply began."};
    }
    return done{};
  }

  session<Model> session_;
  const text::tokenizer* words_;
  chat_options options_;
  chatting::transcript kept_ = {};
  std::vector<text::chat_message> history_ = {};
  std::size_t forgotten_ = 0;
};

}  // namespace trilith::inline TRILITH_ABI

#endif

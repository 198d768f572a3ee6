#ifndef TRILITH_INFER_SESSION_HPP
#define TRILITH_INFER_SESSION_HPP

#include <trilith/core/thread_pool.hpp>
#include <trilith/infer/session_options.hpp>
#include <trilith/model/realisation.hpp>

#include <span>
#include <vector>

namespace trilith::inline TRILITH_ABI {

/// What sessions run: a realisation of a blueprint, or any_model.
template <class T>
concept Runnable = Realisation<T> || requires { typename T::erased_session; };

namespace detail {
/// The most groups of activations any matrix of a model needs sums for.
struct count_groups {
  std::size_t most = 1;
  void enter(std::string_view) {}
  void leave() {}
  template <class Field, class Tensor>
  void operator()(const Field&, const Tensor& tensor) {
    if constexpr (requires { tensor.groups_per_row(); })
      most = max_of(most, tensor.groups_per_row());
  }
};
}  // namespace detail

/// A model at work: its sequences' keys and values, and the room for one forward pass. The model
/// must outlive it. After open() no call allocates, but the first score().
///
///     auto s = session<decltype(model)>::open(model, {.threads = 4});
///     auto fed = s->append(0, tokens);  // a prompt, or the next turn of a conversation
///     auto next = sample(s->logits(0), ...);
template <Runnable Model>
class session {
  static_assert(!Latent<Model>,
                "trilith::session: latent weights do not run as they are: call trilith::pack() "
                "first (docs/errors.md).");
  using B = typename Model::blueprint;

 public:
  /// Errors: no sequence, a context longer than the model's, more than 1024 threads, an
  /// executor of none or of more, a cache that does not fit into memory.
  [[nodiscard]] static result<session> open(const Model& model,
                                            const session_options& options = {}) {
    const std::size_t context = options.context == 0 ? model.sizes.context : options.context;
    if (status ok = TRILITH_IMPLEMENTED::check_session(options, context, model.sizes); !ok)
      return std::move(ok).error();
    if (!kv_cache::fits(model.sizes, options.sequences, context, options.kv))
      return error{errc::out_of_memory,
                   join("session: there is no memory for the keys and values of ",
                        options.sequences, " sequences of ", context, " tokens.")};
    return session(model, options, context);
  }

  /// Feeds tokens to a sequence; logits(sequence) then predict the one after the last.
  /// Errors: a token outside the vocabulary, more tokens than the context has left. On error the
  /// sequence is as before.
  [[nodiscard]] status append(std::size_t sequence, std::span<const std::int32_t> tokens) {
    if (status ok = check(sequence, tokens); !ok) return ok;
    while (!tokens.empty()) {
      const auto now = part(tokens, 0);
      const span2d<float> h = pass(sequence, now);
      tokens = {tokens.data() + now.size(), tokens.size() - now.size()};
      if (tokens.empty())
        B::logits(model_->parameters, h.rows_from(h.rows - 1, 1), logits_row(sequence), work_);
    }
    return done{};
  }

  /// As append, and calls visit(i, logits) with the scores of the token after tokens[i], for every
  /// i: for perplexity.
  template <class Visit>
  [[nodiscard]] status score(std::size_t sequence, std::span<const std::int32_t> tokens,
                             Visit&& visit) {
    if (status ok = check(sequence, tokens); !ok) return ok;
    if (all_logits_.empty()) all_logits_ = aligned_buffer<float>(scores_at_once * vocab());
    for (std::size_t first = 0; first < tokens.size(); first += tokens_per_pass) {
      const auto now = part(tokens, first);
      const span2d<float> h = pass(sequence, now);
      for (std::size_t i = 0; i < now.size(); i += scores_at_once)
        score_some(sequence, h.rows_from(i, min_of(scores_at_once, now.size() - i)), first + i,
                   visit);
    }
    return done{};
  }

  /// One token for each of several different sequences, computed together; each gets the same bits
  /// as alone.
  [[nodiscard]] status step(std::span<const next_token> tokens) {
    for (std::size_t i = 0; i < tokens.size(); ++i)
      if (status ok = check(tokens[i].sequence, {&tokens[i].token, 1}); !ok) return ok;
    if (status ok = TRILITH_IMPLEMENTED::check_distinct(tokens); !ok) return ok;
    while (!tokens.empty()) {
      const auto now = part(tokens, 0);
      step_together(now);
      tokens = {tokens.data() + now.size(), tokens.size() - now.size()};
    }
    return done{};
  }

  /// [V]: the scores of the token that follows a sequence. A sampler may change them.
  [[nodiscard]] std::span<float> logits(std::size_t sequence) noexcept {
    return logits_row(sequence).row(0);
  }
  [[nodiscard]] std::size_t length(std::size_t sequence) const noexcept {
    return lengths_[sequence];
  }
  [[nodiscard]] std::size_t sequences() const noexcept { return lengths_.size(); }
  [[nodiscard]] std::size_t context() const noexcept { return cache_.context(); }
  [[nodiscard]] const Model& model() const noexcept { return *model_; }

  /// Forgets all but the first `length` tokens of a sequence, so that other tokens may follow.
  /// logits(sequence) stay what they were until some do.
  void rewind(std::size_t sequence, std::size_t length) noexcept {
    lengths_[sequence] = min_of(length, lengths_[sequence]);
  }

 private:
  // as fast as the 192 that kernels take at once (simd/block_unpack-inl.hpp), and needs less memory
  static constexpr std::size_t tokens_per_pass = 128;
  static constexpr std::size_t scores_at_once = 64;

  session(const Model& model, const session_options& options, std::size_t context)
      : model_(&model),
        threads_(options.run.run == nullptr ? options.threads : 1, {.pin = options.pin_threads}),
        cache_(model.sizes, options.sequences, context, options.kv),
        work_(model.sizes, model.settings, tokens_per_pass, context, most_groups(model),
              options.run.run == nullptr ? threads_.get() : options.run),
        lengths_(options.sequences),
        slots_(tokens_per_pass),
        logits_(options.sequences * model.sizes.vocab),
        step_logits_(options.sequences == 1
                         ? 0
                         : min_of(options.sequences, tokens_per_pass) * model.sizes.vocab) {}

  [[nodiscard]] static std::size_t most_groups(const Model& model) {
    detail::count_groups visit;
    fields::walk<B>(visit, const_cast<Model&>(model).parameters);
    return visit.most;
  }
  [[nodiscard]] std::size_t vocab() const noexcept { return model_->sizes.vocab; }
  [[nodiscard]] span2d<float> logits_row(std::size_t sequence) noexcept {
    return {logits_.data() + sequence * vocab(), 1, vocab()};
  }

  [[nodiscard]] status check(std::size_t sequence, std::span<const std::int32_t> tokens) const {
    return TRILITH_IMPLEMENTED::check_tokens({lengths_.data(), lengths_.size()}, sequence, tokens,
                                             context(), vocab());
  }

  template <class Visit>
  void score_some(std::size_t sequence, span2d<const float> h, std::size_t first, Visit& visit) {
    const span2d<float> out(all_logits_.data(), h.rows, vocab());
    B::logits(model_->parameters, h, out, work_);
    keep_logits(sequence, &out(h.rows - 1, 0));
    for (std::size_t i = 0; i < h.rows; ++i) visit(first + i, out.row(i));
  }

  void keep_logits(std::size_t sequence, const float* from) noexcept {
    __builtin_memcpy(logits(sequence).data(), from, vocab() * sizeof(float));
  }

  /// Hidden states of some tokens of one sequence.
  span2d<float> pass(std::size_t sequence, std::span<const std::int32_t> tokens) noexcept {
    for (std::size_t i = 0; i < tokens.size(); ++i) slots_[i] = take_slot(sequence, tokens[i]);
    return B::forward(model_->parameters, first_slots(tokens.size()), work_, cache_);
  }

  void step_together(std::span<const next_token> tokens) noexcept {
    for (std::size_t i = 0; i < tokens.size(); ++i)
      slots_[i] = take_slot(tokens[i].sequence, tokens[i].token);
    const span2d<float> h =
        B::forward(model_->parameters, first_slots(tokens.size()), work_, cache_);
    if (tokens.size() == 1)
      return B::logits(model_->parameters, h, logits_row(tokens[0].sequence), work_);
    const span2d<float> out(step_logits_.data(), tokens.size(), vocab());
    B::logits(model_->parameters, h, out, work_);
    for (std::size_t i = 0; i < tokens.size(); ++i) keep_logits(tokens[i].sequence, &out(i, 0));
  }

  /// As many tokens from `first` on as one pass takes. (Spans are made of pointer and size here:
  /// their own members cost every program that includes this compile time.)
  template <class T>
  [[nodiscard]] static std::span<const T> part(std::span<const T> tokens,
                                               std::size_t first) noexcept {
    return {tokens.data() + first, min_of(tokens.size() - first, tokens_per_pass)};
  }
  [[nodiscard]] std::span<const token_slot> first_slots(std::size_t count) const noexcept {
    return {slots_.data(), count};
  }
  [[nodiscard]] token_slot take_slot(std::size_t sequence, std::int32_t token) noexcept {
    return {token, static_cast<std::uint32_t>(sequence),
            static_cast<std::uint32_t>(lengths_[sequence]++)};
  }

  const Model* model_;
  thread_pool threads_;
  kv_cache cache_;
  workspace work_;
  std::vector<std::size_t> lengths_;
  std::vector<token_slot> slots_;
  aligned_buffer<float> logits_, step_logits_, all_logits_;
};

}  // namespace trilith::inline TRILITH_ABI

#endif

#ifndef TRILITH_INFER_PERPLEXITY_HPP
#define TRILITH_INFER_PERPLEXITY_HPP

#include <trilith/core/numeric.hpp>
#include <trilith/infer/generate.hpp>
#include <trilith/infer/perplexity_options.hpp>

/// How well a model predicts a text.
namespace trilith::inline TRILITH_ABI {

/// Sums over the scored tokens. Several texts' may be added.
struct likelihood {
  double surprise = 0;     ///< sum of -ln p(token | those before it), in nats
  std::size_t tokens = 0;  ///< scored
  std::size_t windows = 0;

  /// Nats a token.
  [[nodiscard]] double mean() const noexcept {
    return tokens == 0 ? 0.0 : surprise / static_cast<double>(tokens);
  }
  /// exp(mean()).
  [[nodiscard]] double perplexity() const noexcept { return __builtin_exp(mean()); }
  /// Bits for each byte of a text of so many tokens and bytes: comparable between tokenizers.
  /// Tokens that were not scored count as the mean of those that were.
  [[nodiscard]] double bits_per_byte(std::size_t text_tokens, std::size_t bytes) const noexcept {
    const double bits = mean() / __builtin_log(2.0) * static_cast<double>(text_tokens);
    return bytes == 0 ? 0.0 : bits / static_cast<double>(bytes);
  }

  likelihood& operator+=(const likelihood& more) noexcept {
    surprise += more.surprise;
    tokens += more.tokens;
    windows += more.windows;
    return *this;
  }
};

/// -ln softmax(logits)[target], in double, without overflow.
[[nodiscard]] inline double surprise_of(std::span<const float> logits,
                                        std::int32_t target) noexcept {
  float top = logits[0];
  for (std::size_t i = 1; i < logits.size(); ++i) top = max_of(top, logits[i]);
  double sum = 0;
  for (std::size_t i = 0; i < logits.size(); ++i)
    sum += __builtin_exp(static_cast<double>(logits[i]) - static_cast<double>(top));
  return static_cast<double>(top) + __builtin_log(sum) -
         static_cast<double>(logits[static_cast<std::size_t>(target)]);
}

namespace detail {

/// Scores one text, window after window.
template <Runnable Model, class OnProgress>
class text_scorer {
 public:
  text_scorer(session<Model>& s, std::span<const std::int32_t> tokens,
              const perplexity_options& options, OnProgress& on_progress)
      : session_(s),
        tokens_(tokens),
        options_(options),
        on_progress_(on_progress),
        lead_(perplexities::lead(options)),
        room_(s.context() - lead_) {}

  [[nodiscard]] result<likelihood> run() {
    const std::size_t stride = options_.stride == 0 ? room_ : options_.stride;
    std::size_t reached = 0;
    for (std::size_t first = 0; reached < tokens_.size(); first += stride) {
      const std::size_t end = min_of(first + room_, tokens_.size());
      if (options_.only_whole && end - first < room_) break;
      if (status ok = score_window(first, reached, end); !ok) return std::move(ok).error();
      reached = end;
    }
    return sum_;
  }

 private:
  /// Between two calls of the callback: as much as a session does in one pass.
  static constexpr std::size_t slice = 64;

  [[nodiscard]] status score_window(std::size_t first, std::size_t reached, std::size_t end) {
    input_.clear();
    if (lead_ == 1) input_.push_back(options_.bos);
    for (std::size_t i = first; i + 1 < end; ++i) input_.push_back(tokens_[i]);
    if (options_.bos >= 0 && !input_.empty()) input_[0] = options_.bos;
    follower_ = first + 1 - lead_;
    const std::size_t context = max_of<std::size_t>(options_.least_context, 1);
    const std::size_t scored = max_of(reached, first + context - lead_);  // the first one
    const std::size_t skipped = min_of(scored - follower_, input_.size());
    session_.rewind(0, 0);
    if (status ok = read(0, skipped, false); !ok) return ok;
    if (status ok = read(skipped, input_.size(), true); !ok) return ok;
    ++sum_.windows;
    return done{};
  }

  [[nodiscard]] status read(std::size_t from, std::size_t to, bool is_scored) {
    while (from < to) {
      const std::span<const std::int32_t> now{input_.data() + from, min_of(slice, to - from)};
      const auto visit = [&](std::size_t i, std::span<const float> logits) {
        sum_.surprise += surprise_of(logits, tokens_[follower_ + from + i]);
        ++sum_.tokens;
      };
      status ok = is_scored ? session_.score(0, now, visit) : session_.append(0, now);
      if (!ok) return ok;
      from += now.size();
      const auto place = static_cast<double>(follower_ + from);
      if (!wants_more(on_progress_, sum_, place / static_cast<double>(tokens_.size())))
        return error{errc::cancelled, "perplexity: it was cancelled."};
    }
    return done{};
  }

  session<Model>& session_;
  std::span<const std::int32_t> tokens_;
  const perplexity_options& options_;
  OnProgress& on_progress_;
  std::size_t lead_, room_;   ///< tokens of a window that are BOS, and that are text
  std::size_t follower_ = 0;  ///< the token of the text that follows input_[0]
  std::vector<std::int32_t> input_ = {};
  likelihood sum_ = {};
};

}  // namespace detail

/// How well a model predicts the tokens of one text: see perplexity_options for which are scored.
///
///     auto tokens = words.encode(text, {.bos = false});
///     auto found = tl::perplexity(m.model, *tokens, {.bos = words.bos()},
///                                 [](const tl::likelihood& so_far, double fraction) { ... });
///     found->perplexity();  // 17.1
///
/// on_progress(sums so far, fraction of the text) may return false to cancel.
/// Errors: invalid_argument for windows beyond the model's context, strides that skip tokens, and
/// texts with nothing to score; invalid_value for tokens outside the vocabulary; cancelled.
/// Cost: one pass over window / stride times the text, and one exponential for each logit.
template <Runnable Model, class OnProgress>
[[nodiscard]] result<likelihood> perplexity(const Model& model,
                                            std::span<const std::int32_t> tokens,
                                            const perplexity_options& options,
                                            OnProgress&& on_progress) {
  const std::size_t window = options.window == 0 ? model.sizes.context : options.window;
  if (status ok = perplexities::check(options, window, tokens, model.sizes); !ok)
    return std::move(ok).error();
  auto s = session<Model>::open(model, session_for(options, window));
  if (!s) return std::move(s).error();
  auto sum = detail::text_scorer(*s, tokens, options, on_progress).run();
  if (sum && sum->tokens == 0)
    return error{errc::invalid_argument,
                 join("perplexity: expected tokens with ", options.least_context,
                      " or more before them in a window, found none among ", tokens.size(), ".")};
  return sum;
}
template <Runnable Model>
[[nodiscard]] result<likelihood> perplexity(const Model& model,
                                            std::span<const std::int32_t> tokens,
                                            const perplexity_options& options = {}) {
  return perplexity(model, tokens, options, [](const likelihood&, double) {});
}

}  // namespace trilith::inline TRILITH_ABI

#endif

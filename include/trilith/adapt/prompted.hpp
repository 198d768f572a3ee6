#ifndef TRILITH_ADAPT_PROMPTED_HPP
#define TRILITH_ADAPT_PROMPTED_HPP

#include <trilith/adapt/trajectory.hpp>
#include <trilith/infer/session.hpp>

namespace trilith::inline TRILITH_ABI {

/// A model behind a prompt u: p(y | u, x0). The prompt is read once and kept; what follows it comes
/// and goes. The model must outlive it.
///
///     auto teacher = tl::prompted<decltype(model)>::open(model, prompt);
///     auto texts = teacher->respond(openings, {.tokens = 64});
///     auto done = teacher->score(texts->front(), [](std::size_t i, auto logits) { ... });
template <Runnable Model>
class prompted {
 public:
  /// Errors: a prompt of no tokens (the begin-of-text token is the least), and those of
  /// session::open() and append().
  ///
  /// @param at_once  responses that are drawn side by side
  [[nodiscard]] static result<prompted> open(const Model& model,
                                             std::span<const std::int32_t> prompt,
                                             std::size_t at_once = 1, const executor& run = {}) {
    if (prompt.empty())
      return error{errc::invalid_argument,
                   "prompted: a prompt has at least one token, such as the one that begins texts."};
    session_options how{.sequences = at_once};
    how.run = run;
    auto s = session<Model>::open(model, how);
    if (!s) return std::move(s).error();
    for (std::size_t i = 0; i < at_once; ++i)
      if (status read = s->append(i, prompt.first(prompt.size() - 1)); !read)
        return std::move(read).error();
    return prompted(std::move(*s), prompt);
  }

  /// One response for each opening, drawn from p(y | u, x0); the same for any at_once.
  /// Errors: out_of_context.
  [[nodiscard]] result<std::vector<trajectory>> respond(
      std::span<const std::vector<std::int32_t>> openings, const response_options& how) {
    std::vector<trajectory> all;
    for (const auto& opening : openings) all.push_back({opening, opening.size()});
    for (std::size_t first = 0; first < all.size(); first += session_.sequences()) {
      const std::size_t n = min_of(session_.sequences(), all.size() - first);
      if (status drawn = draw({all.data() + first, n}, first, how); !drawn)
        return std::move(drawn).error();
    }
    return all;
  }

  /// visit(i, logits) with the scores [V] of each token of the response, i in [0, response()).
  /// Errors: out_of_context.
  template <class Visit>
  [[nodiscard]] status score(const trajectory& t, Visit&& visit) {
    input_.assign(1, prompt_.back());
    input_.insert(input_.end(), t.tokens.begin(), t.tokens.end() - 1);
    session_.rewind(0, prompt_.size() - 1);
    const std::span<const std::int32_t> all(input_);
    if (status read = session_.append(0, all.first(t.opening)); !read) return read;
    return session_.score(0, all.subspan(t.opening), visit);
  }

  [[nodiscard]] const Model& model() const noexcept { return session_.model(); }
  [[nodiscard]] std::span<const std::int32_t> prompt() const noexcept { return prompt_; }

 private:
  prompted(session<Model>&& s, std::span<const std::int32_t> prompt)
      : session_(std::move(s)),
        prompt_(prompt.begin(), prompt.end()),
        scratch_(session_.model().sizes.vocab) {}

  [[nodiscard]] status draw(std::span<trajectory> some, std::size_t number,
                            const response_options& how) {
    for (std::size_t i = 0; i < some.size(); ++i) {
      session_.rewind(i, prompt_.size() - 1);
      input_.assign(1, prompt_.back());
      input_.insert(input_.end(), some[i].tokens.begin(), some[i].tokens.end());
      if (status read = session_.append(i, input_); !read) return read;
    }
    std::vector<next_token> next(some.size());
    for (std::size_t t = 0; t < how.tokens; ++t) {
      for (std::size_t i = 0; i < some.size(); ++i) {
        next[i] = {i, sample(session_.logits(i), some[i].tokens, how.how, number + i, t, scratch_)};
        some[i].tokens.push_back(next[i].token);
      }
      if (t + 1 == how.tokens) break;
      if (status read = session_.step(next); !read) return read;
    }
    return done{};
  }

  session<Model> session_;
  std::vector<std::int32_t> prompt_, input_;
  sampler_scratch scratch_;
};

}  // namespace trilith::inline TRILITH_ABI

#endif

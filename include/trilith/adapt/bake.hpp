#ifndef TRILITH_ADAPT_BAKE_HPP
#define TRILITH_ADAPT_BAKE_HPP

#include <trilith/adapt/adapter.hpp>
#include <trilith/adapt/agreement.hpp>
#include <trilith/adapt/bake_batch.hpp>
#include <trilith/adapt/bake_options.hpp>
#include <trilith/adapt/low_rank_learner.hpp>
#include <trilith/model/convert.hpp>
#include <trilith/train/gradients.hpp>
#include <trilith/train/parameters.hpp>
#include <trilith/train/permutation.hpp>
#include <trilith/train/training_pass.hpp>
#include <trilith/train/training_text.hpp>

#include <memory>
#include <vector>

namespace trilith::inline TRILITH_ABI {

/// Bakes prompts into a model: what it did behind a prompt u it does without one.
///
///     L = mean over responses y ~ p(. | u, x0) and their tokens t of
///         KL( p_teacher(. | u, x0, y_<t) || p_student(. | x0, y_<t) )
///
/// over the whole vocabulary, where the teacher is the model as it was. What changes is of low rank
/// and goes through the quantiser in every step (low_rank_learner), so that packing the student
/// keeps all of it.
///
///     tl::baking<decltype(student)> oven(student, {.steps = 200});
///     auto added = oven.add(prompt, openings, {.tokens = 48});
///     auto done = oven.run();
///     auto baked = tl::pack(student);
///
/// The student's latent weights are the base plus the change at any time: stopping early, or
/// apply() with a strength below 1, gives a half-baked model. The student must outlive it.
///
/// Cost: a step is a training step of the responses' tokens, and a forward pass of the teacher.
/// @see "Prompt Baking", arXiv 2409.13697, equations 2-4.
template <Latent Model>
class baking {
  using packed_type = packed<typename Model::blueprint>;

 public:
  /// The teacher is the student as it is now.
  explicit baking(Model& student, const bake_options& options = {})
      : baking(student, std::make_shared<const packed_type>(pack(student)), options) {}
  /// The teacher is what the student once was, say: so that several bakes go to one aim, instead of
  /// each to the prompted model that the one before it left (pursuit).
  baking(Model& student, std::shared_ptr<const packed_type> teacher,
         const bake_options& options = {})
      : student_(&student), options_(options), teacher_(std::move(teacher)) {}

  /// Responses that somebody drew behind a prompt. Errors: no responses, an empty response, and
  /// those of prompted::open().
  [[nodiscard]] status add(std::span<const std::int32_t> prompt,
                           std::vector<trajectory> responses) {
    auto opened = prompted<packed_type>::open(*teacher_, prompt, 1, options_.threads);
    if (!opened) return std::move(opened).error();
    if (responses.empty())
      return error{errc::invalid_argument, "baking: a prompt needs at least one response."};
    for (trajectory& t : responses) {
      const std::size_t lead = options_.begins_with.size();
      if (t.response() == 0 || t.opening + lead == 0)
        return error{errc::invalid_argument,
                     "baking: a response has at least one token, and begins_with or an opening "
                     "stands before it."};
      length_ = max_of(length_, lead + t.tokens.size() - 1);
      lessons_.push_back({prompts_.size(), std::move(t)});
    }
    prompts_.push_back(std::make_unique<prompted<packed_type>>(std::move(*opened)));
    return done{};
  }
  /// The same, drawn from the model as it is behind the prompt: one for each opening.
  [[nodiscard]] status add(std::span<const std::int32_t> prompt,
                           std::span<const std::vector<std::int32_t>> openings,
                           const response_options& how) {
    auto teller = prompted<packed_type>::open(
        *teacher_, prompt, min_of<std::size_t>(max_of<std::size_t>(openings.size(), 1), 16),
        options_.threads);
    if (!teller) return std::move(teller).error();
    auto drawn = teller->respond(openings, how);
    if (!drawn) return std::move(drawn).error();
    return add(prompt, std::move(*drawn));
  }

  /// The next step. Errors: no prompt was added; invalid_value where the loss is not finite, and
  /// the weights are as before the step.
  [[nodiscard]] result<bake_step> step() {
    if (lessons_.empty())
      return error{errc::invalid_argument, "baking: add() a prompt before the first step."};
    if (!oven_) oven_ = std::make_unique<oven>(*student_, options_, room());
    const double begin = TRILITH_IMPLEMENTED::monotonic_seconds();
    if (status good = take_responses(); !good) return std::move(good).error();
    bake_step out{.step = step_ + 1, .steps = options_.steps};
    if (status good = update(out); !good) return std::move(good).error();
    ++step_;
    out.seconds = TRILITH_IMPLEMENTED::monotonic_seconds() - begin;
    return out;
  }
  /// All steps that are left, or until options.stop says so. Errors: step()'s.
  [[nodiscard]] result<bake_step> run() {
    bake_step last;
    while (step_ < options_.steps) {
      auto now = step();
      if (!now) return std::move(now).error();
      last = *now;
      if (options_.on_step) options_.on_step(last);
      if (options_.stop && options_.stop()) break;
    }
    return last;
  }

  /// The student becomes its base plus `strength` of the change.
  void apply(float strength = 1.0f) noexcept {
    if (oven_) oven_->learner.apply(strength);
  }
  [[nodiscard]] const packed_type& teacher() const noexcept { return *teacher_; }
  [[nodiscard]] std::uint64_t steps_done() const noexcept { return step_; }
  /// What was trained, as of strength 1; empty before the first step.
  [[nodiscard]] adapter change() const { return oven_ ? adapter_of(oven_->learner) : adapter(); }
  /// Numbers that are trained; 0 before the first step.
  [[nodiscard]] std::size_t trained() const noexcept {
    return oven_ ? oven_->learner.parameters() : 0;
  }

 private:
  struct lesson {
    std::size_t prompt;
    trajectory response;
  };
  /// What is there from the first step on.
  struct oven {
    oven(Model& student, const bake_options& o, const pass_options& room)
        : pass(student, room, o.threads),
          learner(
              pass, o.adapter, o.seed,
              [&](std::string_view name) { return !o.wanted || o.wanted(name); }, o.threads),
          parameters(o.optimiser, learner, o.threads.threads) {
      learner.requantize();
    }
    training_pass<Model> pass;
    low_rank_learner<training_pass<Model>> learner;
    trilith::parameters<adamw> parameters;
  };

  [[nodiscard]] pass_options room() const noexcept {
    return {.sequences = options_.batch, .length = length_, .gradients = options_.gradients};
  }
  /// Each response comes once in an epoch, in another order each time.
  [[nodiscard]] status take_responses() {
    batch_.reset(options_.batch, length_, student_->sizes.vocab);
    for (std::size_t b = 0; b < options_.batch; ++b) {
      const std::uint64_t g = step_ * options_.batch + b, n = lessons_.size();
      const lesson& l = lessons_[permuted(g % n, n, options_.seed, g / n)];
      if (status good = batch_.set(b, l.response, options_.begins_with, *prompts_[l.prompt],
                                   options_.likeliest);
          !good)
        return good;
    }
    return done{};
  }
  [[nodiscard]] status update(bake_step& out) {
    auto& [pass, learner, parameters] = *oven_;
    learner.zero_gradients();
    const auto tokens = static_cast<double>(batch_.targets());
    const loss_sums loss =
        learner.add_gradients(batch_.tokens(), static_cast<float>(1 / tokens), batch_.loss());
    learner.finish_gradients();
    out.divergence = loss.divergence / tokens;
    const double norm =
        norm_after_clipping(parameters.gradients(), options_.clip, options_.threads);
    if (out.divergence - out.divergence != 0 || norm - norm != 0)
      return error{errc::invalid_value,
                   join("baking: step ", out.step,
                        ": expected the divergence and its gradients to "
                        "be finite, found infinity or NaN; a lower rate may help.")};
    parameters.update({step_, options_.schedule.rate(step_, options_.steps), 1.0},
                      options_.threads);
    out.flipped_share = learner.requantize().flipped_share();
    return done{};
  }

  Model* student_;
  bake_options options_;
  std::shared_ptr<const packed_type> teacher_;
  std::vector<std::unique_ptr<prompted<packed_type>>> prompts_;
  std::vector<lesson> lessons_;
  std::size_t length_ = 0;
  std::unique_ptr<oven> oven_;
  bake_batch batch_;
  std::uint64_t step_ = 0;
};

}  // namespace trilith::inline TRILITH_ABI

#endif

#ifndef TRILITH_TRAIN_ANY_LEARNER_HPP
#define TRILITH_TRAIN_ANY_LEARNER_HPP

#include <trilith/train/learner.hpp>

namespace trilith::inline TRILITH_ABI {

/// A reference to any Learner, so that a program with many blueprints compiles the trainer once for
/// each optimiser. The learner outlives it.
///
///     tl::training_pass pass(model, room, threads.get());
///     tl::any_learner learner(pass);
///     auto done = tl::train(learner, data, tl::adamw{}, options);
///
/// Cost: an indirect call for each micro-batch.
class any_learner {
 public:
  template <Learner L>
    requires(!std::is_same_v<L, any_learner>)
  explicit any_learner(L& learner) noexcept : self_(&learner), does_(&actions_of<L>) {}

  code_statistics requantize(double lambda = 1) { return does_->requantize(self_, lambda); }
  void zero_gradients() { does_->zero_gradients(self_); }
  loss_sums add_gradients(const token_batch& batch, float weight) {
    return does_->add_gradients(self_, batch, weight);
  }
  loss_sums measure(const token_batch& batch) { return does_->measure(self_, batch); }
  void finish_gradients() { does_->finish_gradients(self_); }
  void after_update(std::uint64_t seed, std::uint64_t step) {
    does_->after_update(self_, seed, step);
  }
  void enter_stage(bool is_last) { does_->enter_stage(self_, is_last); }
  template <class F>
  void for_each_tensor(F&& f) {
    does_->for_each_tensor(
        self_, &f, [](void* to, const tensor_facts& t, std::span<float> w, std::span<float> g) {
          (*static_cast<std::remove_reference_t<F>*>(to))(t, w, g);
        });
  }
  template <class F>
  void for_each_memory(F&& f) {
    does_->for_each_memory(self_, &f, [](void* to, std::string_view name, std::span<float> x) {
      (*static_cast<std::remove_reference_t<F>*>(to))(name, x);
    });
  }

 private:
  using see_tensor = void (*)(void*, const tensor_facts&, std::span<float>, std::span<float>);
  using see_memory = void (*)(void*, std::string_view, std::span<float>);
  struct actions {
    code_statistics (*requantize)(void*, double);
    void (*zero_gradients)(void*);
    loss_sums (*add_gradients)(void*, const token_batch&, float);
    loss_sums (*measure)(void*, const token_batch&);
    void (*finish_gradients)(void*);
    void (*after_update)(void*, std::uint64_t, std::uint64_t);
    void (*enter_stage)(void*, bool);
    void (*for_each_tensor)(void*, void*, see_tensor);
    void (*for_each_memory)(void*, void*, see_memory);
  };

  template <class L>
  static void show_memory([[maybe_unused]] void* self, [[maybe_unused]] void* to,
                          [[maybe_unused]] see_memory see) {
    if constexpr (RememberingLearner<L>)
      static_cast<L*>(self)->for_each_memory(
          [&](std::string_view name, std::span<float> x) { see(to, name, x); });
  }
  template <class L>
  static void enter([[maybe_unused]] void* self, [[maybe_unused]] bool is_last) {
    if constexpr (StagedLearner<L>) static_cast<L*>(self)->enter_stage(is_last);
  }
  template <class L>
  static constexpr actions actions_of = {
      [](void* l, double lambda) { return static_cast<L*>(l)->requantize(lambda); },
      [](void* l) { static_cast<L*>(l)->zero_gradients(); },
      [](void* l, const token_batch& b, float w) {
        return static_cast<L*>(l)->add_gradients(b, w);
      },
      [](void* l, const token_batch& b) { return static_cast<L*>(l)->measure(b); },
      [](void* l) { static_cast<L*>(l)->finish_gradients(); },
      [](void* l, std::uint64_t seed, std::uint64_t step) {
        static_cast<L*>(l)->after_update(seed, step);
      },
      &enter<L>,
      [](void* l, void* to, see_tensor see) {
        static_cast<L*>(l)->for_each_tensor([&](const tensor_facts& t, std::span<float> w,
                                                std::span<float> g) { see(to, t, w, g); });
      },
      &show_memory<L>};

  void* self_;
  const actions* does_;
};

static_assert(RememberingLearner<any_learner>);

}  // namespace trilith::inline TRILITH_ABI

#endif

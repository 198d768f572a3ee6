#ifndef TRILITH_TRAIN_TRAINING_PASS_HPP
#define TRILITH_TRAIN_TRAINING_PASS_HPP

#include <trilith/core/thread_pool.hpp>
#include <trilith/infer/session.hpp>
#include <trilith/train/layers/decoder.hpp>
#include <trilith/train/optimiser.hpp>
#include <trilith/train/requantize.hpp>
#include <trilith/train/token_batch.hpp>

namespace trilith::inline TRILITH_ABI {

/// The losses and gradients of a latent model: its weights are quantised once per optimiser step,
/// the forward pass is that of packed inference, to the bit, and the backward pass is
/// straight-through.
///
///     training_pass learner(model, {.sequences = 8, .length = 256}, threads.get());
///     for (...) {
///       learner.zero_gradients();
///       const auto loss = learner.add_gradients(batch, 1.0f / tokens);
///       learner.finish_gradients();
///       learner.for_each_tensor([&](const tensor_facts& t, auto weights, auto gradient) { ... });
///       learner.requantize();
///     }
///
/// Gradients add up over the micro-batches of a step. They do not depend on the number of threads,
/// and on how a step is cut into micro-batches only where gains are shared by heads
/// (test/unit/training_pass.cpp). The model must outlive it.
///
/// @tparam Ste  ste::identity, ste::clipped<>, ...
template <Latent Model, ste::StraightThrough Ste = ste::identity>
class training_pass {
  using B = typename Model::blueprint;
  using layers = trainable<B>;

 public:
  explicit training_pass(Model& model, const pass_options& options = {}, const executor& run = {})
      : model_(&model),
        working_(model.sizes, model.settings),
        gradients_(model.sizes, model.settings),
        context_(model.sizes, model.settings, options, most_groups(working_), run),
        tape_(model.sizes, options) {
    requantize();
  }

  /// Takes over the model's weights as they are now; once per optimiser step.
  ///
  /// @param lambda  below 1: passes compute with W + lambda (Wq - W) and x + lambda (xq - x), in
  ///                floats; needs pass_options::blends
  code_statistics requantize(double lambda = 1) {
    context_.blend = static_cast<float>(lambda);
    quantize_all visit{static_cast<float>(lambda), context_.run(), {}};
    fields::walk<B>(visit, model_->parameters, working_.parameters);
    return visit.found;
  }

  void zero_gradients() noexcept {
    for_each_tensor([&](const tensor_facts&, std::span<float>, std::span<float> g) noexcept {
      context_.run().parallel_for(g.size(), update_grain, [g](std::size_t first, std::size_t last) {
        __builtin_memset(g.data() + first, 0, (last - first) * sizeof(float));
      });
    });
  }

  /// gradients += weight * d(sum of the targets' losses) / dW. A target of not_a_target is left
  /// out.
  ///
  /// @param reference  scores to stay close to, see with_reference()
  template <class Reference = no_reference>
  loss_sums add_gradients(const token_batch& batch, float weight,
                          const Reference& reference = {}) noexcept {
    check(batch);
    layers::forward(working_.parameters, batch.tokens(), tape_, context_);
    return layers::backward(working_.parameters, gradients_.parameters, batch.targets(), weight,
                            reference, tape_, context_);
  }

  /// The losses alone.
  loss_sums measure(const token_batch& batch) noexcept {
    check(batch);
    layers::forward(working_.parameters, batch.tokens(), tape_, context_);
    return layers::measure(working_.parameters, batch.targets(), tape_, context_);
  }

  /// Hidden states after the last block, [rows * length, D], and the scores of some of them.
  span2d<float> forward(const token_batch& batch) noexcept {
    check(batch);
    return layers::forward(working_.parameters, batch.tokens(), tape_, context_);
  }
  /// At most layers::head_rows of them at once; valid until the next call.
  span2d<float> logits(span2d<const float> hidden) noexcept {
    return layers::logits(working_.parameters, hidden, tape_, context_);
  }

  /// From gradients of the quantised weights to those of the latent ones: once, when all
  /// micro-batches of a step have been added.
  void finish_gradients() {
    straight_through_all visit{context_.run()};
    fields::walk<B>(visit, model_->parameters, gradients_.parameters);
  }

  /// Every parameter tensor: f(facts, weights, gradient), always in the same order.
  template <class F>
  void for_each_tensor(F&& f) {
    visit_all<F> visit{f, {}};
    fields::walk<B>(visit, model_->parameters, gradients_.parameters);
  }

  [[nodiscard]] const Model& model() const noexcept { return *model_; }
  [[nodiscard]] std::size_t most_tokens() const noexcept { return context_.tokens; }

 private:
  struct quantize_all {
    float lambda;
    const executor& run;
    code_statistics found;
    void enter(std::string_view) {}
    void leave() {}
    template <class Field, class Tensor, class W>
    void operator()(const Field&, const Tensor& from, working_matrix<W>& to) {
      found += trilith::requantize(from, to, lambda, run);
    }
    template <class Field>
    void operator()(const Field&, const parameter_vector& from, parameter_vector& to) {
      __builtin_memcpy(to.values.data(), from.values.data(), from.bytes());
    }
  };

  struct straight_through_all {
    const executor& run;
    void enter(std::string_view) {}
    void leave() {}
    template <class Field, class Tensor>
    void operator()(const Field&, const Tensor& w, Tensor& g) {
      if constexpr (requires { typename Field::weights; })
        straight_through<Ste, typename Field::weights>(w, g, run);
    }
  };

  template <class F>
  struct visit_all {
    F& f;
    fields::path at;
    void enter(std::string_view name) { at.enter(name); }
    void leave() { at.leave(); }
    template <class Field, class Tensor>
    void operator()(const Field& field, Tensor& w, Tensor& g) {
      const std::string name = at / field.name;
      if constexpr (std::is_same_v<Tensor, parameter_vector>) {
        f(tensor_facts{name, 1, w.size(), role::vector}, w.values.span(), g.values.span());
      } else {
        // what is as wide as the vocabulary looks tokens up, or scores them
        const role what =
            field.rows == axis::vocab ? role::embedding_or_head : role::hidden_matrix;
        f(tensor_facts{name, w.rows, w.cols, what}, w.elements.span(), g.elements.span());
        if constexpr (requires { w.scales; }) {
          const std::string scale = name + ".scale";
          f(tensor_facts{scale, 1, w.scales.size(), role::vector}, w.scales.span(),
            g.scales.span());
        }
      }
    }
  };

  [[nodiscard]] static std::size_t most_groups(realisation<B, storage::working>& of) {
    groups_of_all visit;
    fields::walk<B>(visit, of.parameters);
    return visit.counted.most;
  }
  struct groups_of_all {
    detail::count_groups counted;
    void enter(std::string_view) {}
    void leave() {}
    template <class Field, class Tensor>
    void operator()(const Field& field, const Tensor& t) {
      if constexpr (requires { t.stored; }) counted(field, t.stored);
    }
  };

  void check([[maybe_unused]] const token_batch& batch) const noexcept {
    TRILITH_PRECONDITION(batch.rows() * batch.length() <= context_.tokens,
                         "training_pass: a batch was larger than pass_options said.");
  }

  Model* model_;
  realisation<B, storage::working> working_;
  realisation<B, storage::latent> gradients_;
  pass_context context_;
  typename layers::tape tape_;
};

}  // namespace trilith::inline TRILITH_ABI

#endif

#ifndef TRILITH_TRAIN_TRAINING_PASS_HPP
#define TRILITH_TRAIN_TRAINING_PASS_HPP

#include <trilith/core/thread_pool.hpp>
#include <trilith/infer/session.hpp>
#include <trilith/train/code_statistics.hpp>
#include <trilith/train/layers/decoder.hpp>
#include <trilith/train/optimiser.hpp>
#include <trilith/train/requantize.hpp>
#include <trilith/train/stochastic_weights.hpp>
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
/// Gradients add up over the micro-batches of a step. They do not depend on the number of threads
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
        context_(model.sizes, model.settings, resolved(options), most_groups(working_), run),
        tape_(model.sizes, options) {
    name_all visit{names_, {}};
    fields::walk<B>(visit, model_->parameters);
    if constexpr (ste::without_latents<Ste>) {
      snap_all snap;
      fields::walk<B>(snap, model_->parameters);
    }
    requantize();
  }
  training_pass(const training_pass&) = delete;
  training_pass& operator=(const training_pass&) = delete;

  /// Takes over the model's weights as they are now; once per optimiser step.
  ///
  /// @param lambda  below 1: passes compute with W + lambda (Wq - W) and x + lambda (xq - x), in
  ///                floats; needs pass_options::blends
  code_statistics requantize(double lambda = 1) {
    context_.blend = static_cast<float>(lambda);
    quantize_all visit{static_cast<float>(lambda), context_.by_integers, context_.run(), {}};
    fields::walk<B>(visit, model_->parameters, working_.parameters);
    return statistics(visit.found);
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
  /// @param reference  scores to stay close to and weights of targets, see no_reference
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

  /// Of a model with a staged_block: whether its last stage computes from now on.
  void enter_stage(bool is_last) noexcept { context_.is_last_stage = is_last; }

  /// What share of activations is zero, and need not be multiplied: f(layer, name, zeros, values)
  /// for each layer of the last forward(), with names attention (into q, k, v), output, ffn (into
  /// gate and up), down, and gate: what the gate function itself leaves zero. Not with
  /// pass_options::recompute.
  template <class F>
  void count_zeros(F&& f) {
    layers::count_zeros(tape_, context_, f);
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
    visit_all<F> visit{f, names_, 0};
    fields::walk<B>(visit, model_->parameters, gradients_.parameters);
  }

  /// What later statistics depend on beside the weights: the scales that drift is measured from.
  template <class F>
  void for_each_memory(F&& f) {
    f(std::string_view("first_scale"), std::span<float>(&first_scale_, 1));
  }
  /// Rounds the weights where there are no latent ones (ste::stochastic_rounding); else nothing.
  void after_update([[maybe_unused]] std::uint64_t seed,
                    [[maybe_unused]] std::uint64_t step) noexcept {
    if constexpr (ste::without_latents<Ste>) {
      round_all visit{{seed, step, 0}, context_.run()};
      fields::walk<B>(visit, model_->parameters, working_.parameters);
    }
  }

  [[nodiscard]] const Model& model() const noexcept { return *model_; }

 private:
  struct quantize_all {
    float lambda;
    bool turns;
    const executor& run;
    requantized found;
    void enter(std::string_view) {}
    void leave() {}
    template <class Field, class Tensor, class W>
    void operator()(const Field& field, const Tensor& from, working_matrix<W>& to) {
      const bool is_hidden = field.rows != axis::vocab;  // embedding and head multiply floats
      found += trilith::requantize<Ste>(from, to, lambda, turns && is_hidden, run);
    }
    template <class Field>
    void operator()(const Field&, const parameter_vector& from, parameter_vector& to) {
      __builtin_memcpy(to.values.data(), from.values.data(), from.bytes());
    }
  };

  struct round_all {
    rounding_draw draw;
    const executor& run;
    void enter(std::string_view) {}
    void leave() {}
    template <class Field, class Tensor, class W>
    void operator()(const Field&, Tensor& w, working_matrix<W>& with) {
      if constexpr (weights::CodedWeights<W>) round_by_chance(w, with, draw, run);
      ++draw.tensor;
    }
    template <class Field>
    void operator()(const Field&, parameter_vector&, parameter_vector&) {}
  };
  /// Weights that are not codes times a scale yet become so: the nearest.
  struct snap_all {
    void enter(std::string_view) {}
    void leave() {}
    template <class Field, class Tensor>
    void operator()(const Field&, Tensor& w) {
      if constexpr (requires { typename Field::weights; })
        if constexpr (weights::CodedWeights<typename Field::weights>) {
          const auto packed =
              repack_matrix<typename Field::weights>(w.elements.data(), w.rows, w.cols);
          for (std::size_t r = 0; r < w.rows; ++r) decode_row(packed, r, w.row(r));
        }
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

  /// "blocks.0.attention.query", "blocks.0.attention.query.scale" for all tensors.
  struct name_all {
    std::vector<std::string>& names;
    fields::path at;
    void enter(std::string_view name) { at.enter(name); }
    void leave() { at.leave(); }
    template <class Field, class Tensor>
    void operator()(const Field& field, const Tensor&) {
      names.push_back(at / field.name);
      if constexpr (requires(const Tensor& t) { t.scales; })
        names.push_back(names.back() + ".scale");
    }
  };

  template <class F>
  struct visit_all {
    F& f;
    const std::vector<std::string>& names;
    std::size_t tensor;
    void enter(std::string_view) {}
    void leave() {}
    template <class Field>
    void operator()(const Field&, parameter_vector& w, parameter_vector& g) {
      one(role::vector, 1, w.values, g.values);
    }
    template <class Field, class Matrix>
    void operator()(const Field& field, Matrix& w, Matrix& g) {
      // what is as wide as the vocabulary looks tokens up, or scores them
      one(field.rows == axis::vocab ? role::embedding_or_head : role::hidden_matrix, w.rows,
          w.elements, g.elements);
      if constexpr (requires { w.scales; }) one(role::vector, 1, w.scales, g.scales);
    }
    void one(role what, std::size_t rows, aligned_buffer<float>& w, aligned_buffer<float>& g) {
      f(tensor_facts{names[tensor++], rows, w.size() / rows, what}, w.span(), g.span());
    }
  };

  [[nodiscard]] code_statistics statistics(const requantized& all) noexcept {
    const auto mean =
        static_cast<float>(all.scales == 0 ? 0 : all.log_scales / static_cast<double>(all.scales));
    if (first_scale_ == 0) first_scale_ = mean;
    return {all.codes, all.flipped, all.zeros,
            __builtin_exp(static_cast<double>(mean) - static_cast<double>(first_scale_))};
  }

  /// A model without codes, a full-precision twin, trains in floats where nothing else is said.
  [[nodiscard]] static pass_options resolved(pass_options options) noexcept {
    constexpr std::size_t coded = fields::sum<B>(
        shape{.layers = 1}, []<class Field>(const Field&, const shape&) -> std::size_t {
          if constexpr (requires { typename Field::weights; })
            return weights::CodedWeights<typename Field::weights>;
          else
            return 0;
        });
    if (coded == 0 && options.gradients == gradient_numbers::automatic)
      options.gradients = gradient_numbers::f32;
    return options;
  }

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
  std::vector<std::string> names_;
  float first_scale_ = 0;  ///< the mean log scale of the first quantisation
};

}  // namespace trilith::inline TRILITH_ABI

#endif

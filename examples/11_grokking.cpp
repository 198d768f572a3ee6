// Grokking: a small transformer learns products modulo a prime by heart, and long after that, or
// soon with the right optimiser, it knows those that it has never seen. The loop is the program's
// own: a training_pass for the gradients, and an optimiser put together from two parts.

#include <trilith/train.hpp>
#include <trilith/trilith.hpp>

#include <cstdio>

#include "grokking_record.hpp"
#include "interrupt.hpp"
#include "modular_products.hpp"

namespace tl = trilith;

// [blueprint]
template <class Scheme, class SubNorm>
using blueprint = tl::decoder<tl::transformer_block<tl::rms_norm<>, tl::attention<Scheme, SubNorm>,
                                                    tl::gated_ffn<Scheme, tl::silu, SubNorm>>,
                              tl::separate_head<tl::weights::f32>>;

using in_floats = blueprint<tl::presets::f32_scheme, tl::no_norm>;
using in_trits = blueprint<tl::presets::b1_58_scheme, tl::sub_norm<>>;
// [blueprint]

// [optimiser]
/// Gradients through a filter, then to an optimiser; in between l2 * W is added, weight decay that
/// an Adam divides by the size of the gradients like everything else in them.
template <tl::GradientFilter Filter, tl::Optimiser Optimiser>
struct filtered {
  using policy_kind = tl::optimiser_kind;
  static constexpr std::string_view name = "filtered";
  Filter filter;
  Optimiser then;
  double l2 = 0;

  struct state {
    typename Filter::state filter;
    typename Optimiser::state then;
    state(const filtered& all, const tl::tensor_facts& tensor)
        : filter(all.filter, tensor), then(all.then, tensor) {}
    template <class Visit>
    void visit(Visit&& f) noexcept {
      filter.visit(f), then.visit(f);
    }
    [[nodiscard]] std::size_t floats() const noexcept { return filter.floats() + then.floats(); }
  };

  [[nodiscard]] std::size_t memory_floats(const tl::tensor_facts& tensor,
                                          std::size_t threads) const noexcept {
    return then.memory_floats(tensor, threads);
  }
  void update(std::span<float> weights, std::span<float> gradient, state& s,
              const tl::step_facts& at, const tl::update_tools& tools) const noexcept {
    filter.apply(gradient, s.filter, at, tools.threads);
    const auto share = static_cast<float>(l2);
    for (std::size_t i = 0; i < gradient.size(); ++i) gradient[i] += share * weights[i];
    then.update(weights, gradient, s.then, at, tools);
  }
};
// [optimiser]

template <class Blueprint>
tl::latent<Blueprint> random_model(const grokking_line& line, std::size_t vocabulary) {
  tl::latent<Blueprint> model(tl::shape{.dim = line.dim,
                                        .ffn_dim = tl::round_up(line.dim * 8 / 3, 8),
                                        .layers = line.layers,
                                        .heads = 4,
                                        .kv_heads = 4,
                                        .head_dim = line.dim / 4,
                                        .vocab = vocabulary,
                                        .context = modular_products::length});
  tl::fill_random(model, line.seed, line.deviation);
  for (float& x : model.parameters.embedding.elements) x *= line.embedding / line.deviation;
  return model;
}

/// The half that is not learned from.
template <class Learner>
tl::loss_sums validate(Learner& learner, const modular_products& products, std::size_t at_once) {
  tl::loss_sums sums;
  tl::token_batch batch;
  for (std::size_t first = 0; first < products.to_validate(); first += at_once) {
    products.read_validation(first, at_once, batch);
    sums += learner.measure(batch);
  }
  return sums;
}

// [loop]
template <class Blueprint, class Optimiser>
int train(const grokking_line& line, const Optimiser& optimiser) {
  const modular_products products(line.modulus, line.seed);
  const std::size_t rows =
      line.batch == 0 ? products.to_learn() : std::min(line.batch, products.to_learn());
  auto model = random_model<Blueprint>(line, products.vocabulary());
  const tl::thread_pool threads(line.threads);
  tl::training_pass learner(
      model, {.sequences = rows, .length = products.length, .gradients = tl::gradient_numbers::f32},
      threads.get());
  tl::parameters<Optimiser> weights(optimiser, learner, line.threads);
  const tl::constant schedule{.warmup = 10};

  grokking_record record(line);
  const interrupt_guard interrupts;
  tl::token_batch batch;
  tl::loss_sums learned;  // since the last validation
  for (std::uint64_t step = 0; step < line.steps && was_interrupted == 0; ++step) {
    products.read_step(step, rows, batch);
    learner.zero_gradients();
    learned += learner.add_gradients(batch, 1.0f / static_cast<float>(rows));
    learner.finish_gradients();
    weights.update({.step = step, .rate = schedule.rate(step, line.steps)}, threads.get());
    learner.requantize();
    if ((step + 1) % line.every != 0) continue;
    record.add(step + 1, std::exchange(learned, {}), validate(learner, products, rows));
    if (record.is_complete()) break;
  }
  const int exit_code = record.conclude();
  return was_interrupted != 0 ? 130 : exit_code;  // as programs that Ctrl-C ends
}
// [loop]

template <class Blueprint>
int train_with(const grokking_line& line) {
  const tl::grokfast<tl::filter::ema> slow{.alpha = line.alpha, .lambda = line.lambda};
  const tl::adamw adam{.rate = line.rate, .beta2 = 0.98, .decay = line.decay};
  if (line.optimiser == "muon_grokfast") {
    const tl::muon_grokfast muon{
        .rate = line.rate, .decay = line.decay, .beta2 = 0.98, .filter = slow};
    return train<Blueprint>(line, filtered<tl::filter::none, tl::muon_grokfast>{{}, muon, line.l2});
  }
  if (line.without_grokfast)
    return train<Blueprint>(line, filtered<tl::filter::none, tl::adamw>{{}, adam, line.l2});
  return train<Blueprint>(line, filtered<decltype(slow), tl::adamw>{slow, adam, line.l2});
}

int main(int argc, char** argv) {
  int exit_code = 0;
  const auto line = parse_grokking(argc, argv, exit_code);
  if (!line) return exit_code;
  return line->weights == "ternary" ? train_with<in_trits>(*line) : train_with<in_floats>(*line);
}

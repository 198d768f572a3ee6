#ifndef TRILITH_TRAIN_OPTIMISER_HPP
#define TRILITH_TRAIN_OPTIMISER_HPP

#include <trilith/config.hpp>
#include <trilith/core/executor.hpp>
#include <trilith/core/policy.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace trilith {

/// What an optimiser must know of a tensor. The product of an embedding or a head is a lookup or a
/// list of scores, not a linear map between features, so orthogonal updates do not suit them.
enum class role : std::uint8_t { hidden_matrix, embedding_or_head, vector };

/// One tensor of a model, rows * cols floats in row-major order; a vector has one row.
struct tensor_facts {
  std::string_view name;
  std::size_t rows = 1;
  std::size_t cols = 0;
  role what = role::vector;

  [[nodiscard]] constexpr std::size_t size() const noexcept { return rows * cols; }
  /// Gains, biases and scalars keep their size: decay is for matrices.
  [[nodiscard]] constexpr bool decays() const noexcept { return what != role::vector; }
};

/// What changes from step to step. `rate` and `decay` are factors on the optimiser's own, as a
/// schedule gives them; `step` counts the updates that the tensor has had, so a step that was
/// skipped does not count.
struct step_facts {
  std::uint64_t step = 0;
  double rate = 1;
  double decay = 1;
};

/// What an update works with. The memory is shared by all tensors, one after the other, and holds
/// at least as many floats as memory_floats() of the optimiser says; nothing of it is kept.
struct update_tools {
  executor threads = {};
  std::span<float> memory = {};
};

/// An aggregate of hyperparameters O with a state for each tensor:
///
///     state(tensor)                       allocates, once; state.visit(f) calls
///     f(name, span<float>)                for all that a checkpoint must hold to go on bit for bit
///     state.floats()                      how many floats that is
///     memory_floats(tensor, threads)      of update_tools::memory
///     update(weights, gradient, state, step, tools)
///
/// An update overwrites `weights` and may overwrite `gradient`. It allocates nothing
/// (test/allocations), and its result does not depend on the threads (test/unit/train_resume.cpp).
template <class O>
concept Optimiser = PolicyOf<O, optimiser_kind> &&
                    requires(const O& o, typename O::state& s, const typename O::state& c,
                             std::span<float> x, const tensor_facts& t, const step_facts& at) {
                      typename O::state;
                      { typename O::state(o, t) };
                      s.visit([](std::string_view, std::span<float>) {});
                      { c.floats() } -> std::same_as<std::size_t>;
                      { o.memory_floats(t, std::size_t{1}) } -> std::same_as<std::size_t>;
                      { o.update(x, x, s, at, update_tools{}) } noexcept;
                    };

/// Changes a gradient before the optimiser sees it: apply(gradient, state, step, threads), in
/// place. Its state is like an optimiser's.
template <class F>
concept GradientFilter = PolicyOf<F, gradient_filter_kind> &&
                         requires(const F& f, typename F::state& s, const typename F::state& c,
                                  std::span<float> g, const tensor_facts& t) {
                           { typename F::state(f, t) };
                           s.visit([](std::string_view, std::span<float>) {});
                           { c.floats() } -> std::same_as<std::size_t>;
                           { f.apply(g, s, step_facts{}, executor{}) } noexcept;
                         };

/// Elements that are worth waking a thread for.
inline constexpr std::size_t update_grain = 16384;

}  // namespace trilith

namespace trilith::inline TRILITH_ABI::filter {

/// Leaves gradients as they are.
struct none {
  using policy_kind = gradient_filter_kind;
  static constexpr std::string_view name = "none";
  struct state {
    constexpr state(const none&, const tensor_facts&) noexcept {}
    template <class Visit>
    constexpr void visit(Visit&&) noexcept {}
    [[nodiscard]] constexpr std::size_t floats() const noexcept { return 0; }
  };
  constexpr void apply(std::span<float>, state&, const step_facts&,
                       const executor&) const noexcept {}
};

}  // namespace trilith::inline TRILITH_ABI::filter

#endif

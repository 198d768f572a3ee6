#ifndef TRILITH_ADAPT_ADAPTED_HPP
#define TRILITH_ADAPT_ADAPTED_HPP

#include <trilith/adapt/adapter.hpp>
#include <trilith/backends/activation_buffer.hpp>
#include <trilith/core/executor.hpp>
#include <trilith/model/realisation.hpp>

namespace trilith::inline TRILITH_ABI {

namespace detail {

/// sum_i x_i y_i, element i in lane i % lanes.
template <class X>
[[nodiscard]] TRILITH_EXACT_FLOAT inline float dot_of(const float* a, const X* x,
                                                      std::size_t n) noexcept {
  TRILITH_EXACT_FLOAT_BODY
  float sum[lanes] = {};
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes)
    for (std::size_t l = 0; l < lanes; ++l) sum[l] += a[i + l] * static_cast<float>(x[i + l]);
  for (std::size_t l = 0; i + l < n; ++l) sum[l] += a[i + l] * static_cast<float>(x[i + l]);
  return add_lanes(sum);
}

/// y += s scale_x B (A q) for one token's activations q.
template <class X>
TRILITH_EXACT_FLOAT void add_low_rank(const low_rank& c, const X* q, float scale,
                                      float* y) noexcept {
  TRILITH_EXACT_FLOAT_BODY
  constexpr std::size_t at_once = 64;  // inner values that are kept
  for (std::size_t first = 0; first < c.rank(); first += at_once) {
    const std::size_t n = min_of(at_once, c.rank() - first);
    float inner[at_once];
    for (std::size_t k = 0; k < n; ++k)
      inner[k] = c.scale * scale * dot_of(c.a.row(first + k), q, c.in());
    for (std::size_t o = 0; o < c.out(); ++o) y[o] += dot_of(c.b.row(o) + first, inner, n);
  }
}

}  // namespace detail

/// A matrix that may carry a change of low rank, which is not merged:
///
///     y = W~ x~ + s B (A x~)
///
/// of the same quantised activations x~ that W~ multiplies. Owns the base, views the change.
template <class Base>
struct adapted_matrix : Base {
  using Base::Base;
  adapted_matrix() = default;
  explicit adapted_matrix(Base&& base) noexcept : Base(std::move(base)) {}

  static constexpr bool is_adapted = true;
  const low_rank* change = nullptr;

  template <class X>
  void add_change(const activation_view<X>& x, span2d<float> y,
                  const executor& run) const noexcept {
    if (change == nullptr) return;
    run.parallel_for(x.tokens, 1, [&](std::size_t first, std::size_t last) noexcept {
      for (std::size_t t = first; t < last; ++t)
        detail::add_low_rank(*change, x.data + t * x.stride, x.scales[t], &y(t, 0));
    });
  }
};

namespace storage {
/// As packed<P>, and each matrix may carry a change.
template <class P>
struct adapted {
  using packing = P;
  static constexpr std::string_view name = "adapted";
  template <weights::Weights W>
  using matrix = adapted_matrix<typename packed<P>::template matrix<W>>;
};
}  // namespace storage

/// A packed model that runs with one of several adapters, or with none.
///
///     auto base = tl::adaptable(std::move(packed));
///     auto merry = tl::load_adapter("merry.safetensors").value();
///     if (auto fits = tl::attach(base, merry); !fits) return fits;
///     ... sessions of `base` now compute with it ...
///     tl::detach(base);
///
/// Cost beside the base's: 2 rank (In + Out) operations a matrix and token.
template <class B, class P = packing::preferred>
using adapted = realisation<B, storage::adapted<P>>;

namespace detail {

struct move_to_adapted {
  void enter(std::string_view) {}
  void leave() {}
  template <class Field, class From, class To>
  void operator()(const Field&, From& from, To& to) {
    to = To(std::move(from));
  }
};

/// Points matrices to their changes; with `fits` counts those that have a place, and refuses
/// others.
struct attach_all {
  const adapter* with;
  bool only_checks;
  std::size_t found = 0;
  fields::path at = {};
  status outcome = done{};
  void enter(std::string_view name) { at.enter(name); }
  void leave() { at.leave(); }
  template <class Field>
  void operator()(const Field&, parameter_vector&) {}
  template <class Field, class M>
  void operator()(const Field& field, M& w) {
    const std::string name = at / field.name;
    const low_rank* const c = with == nullptr ? nullptr : with->find(name);
    if (!only_checks) return void(w.change = c);
    if (c == nullptr) return;
    ++found;
    if (outcome && (c->out() != w.rows || c->in() != w.cols))
      outcome = error{errc::mismatch,
                      join("attach: ", name, ": expected a change of [", w.rows, ", ", w.cols,
                           "], the adapter's is [", c->out(), ", ", c->in(), "].")};
  }
};

}  // namespace detail

/// The same weights, ready for adapters: nothing is copied.
template <Decoder B, class P>
[[nodiscard]] adapted<B, P> adaptable(packed<B, P>&& model) {
  adapted<B, P> out;
  out.sizes = model.sizes;
  out.settings = model.settings;
  out.parameters.blocks.resize(model.parameters.blocks.size());
  detail::move_to_adapted visit;
  fields::walk<B>(visit, model.parameters, out.parameters);
  return out;
}

/// From now on the model computes with these changes, in place of those before. The adapter must
/// outlive that, and no session may be at work meanwhile. Errors: mismatch for a matrix that the
/// model has not or whose shape is another; the model is as before then.
template <Decoder B, class P>
[[nodiscard]] status attach(adapted<B, P>& model, const adapter& with) {
  detail::attach_all visit{&with, true};
  fields::walk<B>(visit, model.parameters);
  if (!visit.outcome) return std::move(visit.outcome);
  if (visit.found != with.parts.size())
    return error{errc::mismatch, join("attach: expected matrices of the model, ", with.parts.size(),
                                      " of them, found ", visit.found, " of these names.")};
  visit.only_checks = false;
  fields::walk<B>(visit, model.parameters);
  return done{};
}
template <Decoder B, class P>
status attach(adapted<B, P>&, const adapter&&) = delete;

/// The model computes without a change again.
template <Decoder B, class P>
void detach(adapted<B, P>& model) noexcept {
  detail::attach_all visit{nullptr, false};
  fields::walk<B>(visit, model.parameters);
}

}  // namespace trilith::inline TRILITH_ABI

#endif

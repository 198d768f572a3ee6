#ifndef TRILITH_ADAPT_MERGE_MODEL_HPP
#define TRILITH_ADAPT_MERGE_MODEL_HPP

#include <trilith/adapt/adapter.hpp>
#include <trilith/adapt/merge.hpp>
#include <trilith/model/realisation.hpp>

/// The merges of merge.hpp for all matrices of a model that an adapter names.
namespace trilith::inline TRILITH_ABI {

namespace detail {

/// merge(matrices..., change) for each matrix of a model, or of several beside each other, that the
/// adapter names.
template <class Merge>
struct merge_all {
  const adapter& with;
  Merge merge;
  merge_report found = {};
  fields::path at = {};
  void enter(std::string_view name) { at.enter(name); }
  void leave() { at.leave(); }
  template <class Field, class... Tensors>
  void operator()(const Field& field, Tensors&... tensors) {
    if constexpr (requires { typename Field::weights; })
      if (const low_rank* const c = with.find(at / field.name))
        found += merge.template operator()<typename Field::weights>(tensors..., *c);
  }
};
template <class Merge>
merge_all(const adapter&, Merge) -> merge_all<Merge>;

}  // namespace detail

/// Latent weights take all of the changes; the report is of those that have codes. The adapter must
/// fit (attach() checks it).
template <Latent Model>
merge_report merge_into_latent(Model& model, const adapter& with) {
  const auto merge = []<class W>(auto& w, const low_rank& c) {
    if constexpr (weights::CodedWeights<W>) {
      return merge_into_latent<W>(w, c);
    } else {
      detail::add_change(w, c);
      return merge_report{};
    }
  };
  detail::merge_all visit{with, merge};
  fields::walk<typename Model::blueprint>(visit, model.parameters);
  return visit.found;
}

/// Packed weights take what their codes can; the rest stays in `left_over`, zeros of the same shape
/// before the first merge, and counts with the next one.
///
///     tl::dense<blueprint> left_over(model.sizes);
///     auto found = tl::merge_with_feedback(model, left_over, adapter);
template <Packed Model>
merge_report merge_with_feedback(Model& model, dense<typename Model::blueprint>& left_over,
                                 const adapter& with) {
  const auto merge = []<class W>(auto& w, auto& rest, const low_rank& c) {
    if constexpr (weights::CodedWeights<W>)
      return merge_with_feedback(w, rest, c);
    else
      return merge_report{};
  };
  detail::merge_all visit{with, merge};
  fields::walk<typename Model::blueprint>(visit, model.parameters, left_over.parameters);
  return visit.found;
}

/// The wrong way, for teaching.
template <Packed Model>
merge_report erase_by_merging_into_trits(Model& model, const adapter& with) {
  const auto merge = []<class W>(auto& w, const low_rank& c) {
    if constexpr (weights::CodedWeights<W>)
      return erase_by_merging_into_trits(w, c);
    else
      return merge_report{};
  };
  detail::merge_all visit{with, merge};
  fields::walk<typename Model::blueprint>(visit, model.parameters);
  return visit.found;
}

}  // namespace trilith::inline TRILITH_ABI

#endif

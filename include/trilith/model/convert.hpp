#ifndef TRILITH_MODEL_CONVERT_HPP
#define TRILITH_MODEL_CONVERT_HPP

#include <trilith/model/realisation.hpp>

/// Functions between the realisations of one blueprint.
namespace trilith::inline TRILITH_ABI {

namespace detail {

/// A walk that fills one tensor from another of the same name, matrix by matrix.
template <class ConvertMatrix>
struct convert_all {
  ConvertMatrix convert;
  void enter(std::string_view) {}
  void leave() {}
  template <class Field, class From, class To>
  void operator()(const Field&, const From& from, To& to) {
    if constexpr (std::is_same_v<From, parameter_vector>)
      to = from;
    else
      to = convert.template operator()<To>(from);
  }
};

template <class Out, class In, class ConvertMatrix>
[[nodiscard]] Out converted(const In& in, ConvertMatrix convert) {
  Out out;
  out.sizes = in.sizes;
  out.settings = in.settings;
  out.parameters.blocks.resize(in.parameters.blocks.size());
  convert_all<ConvertMatrix> visit{convert};
  // hana hands out references; the source is only read
  fields::walk<typename In::blueprint>(visit, const_cast<In&>(in).parameters, out.parameters);
  return out;
}

template <class W>
[[nodiscard]] plain_matrix<W> rounded(const plain_matrix<weights::f32>& from) {
  plain_matrix<W> to(from.rows, from.cols);
  for (std::size_t i = 0; i < from.elements.size(); ++i)
    to.elements[i] = W::store(from.elements[i]);
  return to;
}

}  // namespace detail

/// Quantises float parameters by the blueprint's own rules. The packing may be chosen:
/// pack<packing::base3>(model).
template <class P = packing::preferred, Realisation Model>
  requires(HasFloats<Model>)
[[nodiscard]] packed<typename Model::blueprint, P> pack(const Model& model) {
  return detail::converted<packed<typename Model::blueprint, P>>(
      model, []<class To>(const auto& from) {
        if constexpr (To::is_coded)
          return pack_matrix<typename To::weights, typename To::packing>(from);
        else
          return detail::rounded<typename To::weights>(from);
      });
}

/// As pack, for parameters that are codes times scales already (what dequantize gives, perhaps
/// edited): the scale is taken from the weights that are not zero, so that going back and forth
/// changes nothing, however often. Latent weights are such where ste::stochastic_rounding has
/// trained them.
template <class P = packing::preferred, Realisation Model>
  requires(HasFloats<Model>)
[[nodiscard]] packed<typename Model::blueprint, P> requantize(const Model& model) {
  return detail::converted<packed<typename Model::blueprint, P>>(
      model, []<class To>(const plain_matrix<weights::f32>& from) {
        if constexpr (To::is_coded)
          return repack_matrix<typename To::weights, typename To::packing>(from.elements.data(),
                                                                           from.rows, from.cols);
        else
          return detail::rounded<typename To::weights>(from);
      });
}

/// The float values of all parameters: scale * code, exactly.
template <Packed Model>
[[nodiscard]] dense<typename Model::blueprint> dequantize(const Model& model) {
  return detail::converted<dense<typename Model::blueprint>>(
      model, []<class To>(const auto& from) -> To { return decoded(from); });
}

/// The same codes and scales in another packing. Lossless.
template <class P, Packed Model>
[[nodiscard]] packed<typename Model::blueprint, P> change_packing(const Model& model) {
  return detail::converted<packed<typename Model::blueprint, P>>(
      model, []<class To>(const auto& from) -> To {
        if constexpr (std::is_same_v<To, std::remove_cvref_t<decltype(from)>>)
          return from;
        else
          return change_packing<typename To::packing>(from);
      });
}

}  // namespace trilith::inline TRILITH_ABI

#endif

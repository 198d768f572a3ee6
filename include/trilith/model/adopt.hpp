#ifndef TRILITH_MODEL_ADOPT_HPP
#define TRILITH_MODEL_ADOPT_HPP

#include <trilith/model/realisation.hpp>

namespace trilith::inline TRILITH_ABI {

namespace detail {

/// Looks at, or fills, each tensor of a target beside the source's tensor of the same name.
struct adopt_all {
  bool copies = false;
  fields::path at = {};
  status outcome = done{};
  void enter(std::string_view name) { at.enter(name); }
  void leave() { at.leave(); }

  template <class Field, class To, class From>
  void operator()(const Field& field, To& to, const From& from) {
    if (!copies)
      expect_same_size(field.name, to, from);
    else if constexpr (std::is_same_v<To, From>)
      to = from;
    else
      take_elements(to, from);
  }
  template <class Field>
  void operator()(const Field& field, parameter_vector& to, const parameter_vector& from) {
    if (copies)
      take_gains(to, from);
    else if (from.size() != 0 && from.size() != to.size())
      refuse(field.name, join("[", to.size(), "]"), join("[", from.size(), "]"));
  }

 private:
  template <class To, class From>
  static void take_elements(To& to, const From& from) {
    to.elements = from.elements;
    if constexpr (requires { to.start_scales(); }) to.start_scales();
  }
  static void take_gains(parameter_vector& to, const parameter_vector& from) {
    if (from.size() != 0)
      to = from;
    else
      for (float& gain : to.values) gain = 1.0f;
  }
  template <class To, class From>
  void expect_same_size(std::string_view name, const To& to, const From& from) {
    const auto text = [](std::size_t rows, std::size_t cols) {
      return rows == 0 ? std::string("none") : join("[", rows, ", ", cols, "]");
    };
    if (to.rows != from.rows || to.cols != from.cols)
      refuse(name, text(to.rows, to.cols), text(from.rows, from.cols));
  }
  void refuse(std::string_view name, const std::string& expected, const std::string& found) {
    if (outcome)
      outcome = error{errc::mismatch, join("adopt: ", at / name, ": expected ", expected,
                                           ", the source has ", found, ".")};
  }
};

/// Whether the target has a place for each tensor of the source.
struct find_places {
  adopt_all check = {};
  void enter(std::string_view name) { check.enter(name); }
  void leave() { check.leave(); }
  template <class Field, class From, class To>
  void operator()(const Field& field, From& from, To& to) {
    check(field, to, from);
  }
};

template <class M>
[[nodiscard]] status check_adoption(const shape& found, std::size_t blocks) {
  for (const shape_member& m : shape_members)
    if (const std::size_t fixed = M::blueprint::sizes.*m.value;
        fixed != 0 && fixed != found.*m.value)
      return error{errc::mismatch, join("adopt: ", m.name, ": expected ", fixed,
                                        ", the source has ", found.*m.value, ".")};
  if (blocks != found.layers)
    return error{errc::invalid_argument, join("adopt: the source's shape says layers = ",
                                              found.layers, ", but it has ", blocks, " blocks.")};
  return done{};
}

}  // namespace detail

/// The weights of a float model as those of another blueprint with tensors of the same names: to
/// train a model with 1-bit weights from one that was trained with floats.
///
///     auto teacher = tl::io::load_llama2c<tl::dense<llama>>("stories260K.bin");
///     auto student = tl::adopt<tl::latent<ternary>>(*teacher);
///
/// Elements are copied as they are; gains that the source does not have (of sub-norms, say) start
/// at 1 and scales that are learned where their rule says. A norm that the source does not have
/// computes something else, whatever its gains.
///
/// Errors: mismatch, naming tensor or size, what was expected and what the source has: for a matrix
/// that the source lacks, a tensor that the target has no place for, and other shapes;
/// invalid_argument for a source with more or fewer blocks than its shape says.
/// Cost: a copy of the parameters.
template <Realisation M, Realisation Source>
  requires(!Packed<M> && !Packed<Source>)
[[nodiscard]] result<M> adopt(const Source& source) {
  status good = detail::check_adoption<M>(source.sizes, source.parameters.blocks.size());
  if (!good) return std::move(good).error();
  M model(source.sizes, source.settings);
  detail::adopt_all visit;
  fields::walk<typename M::blueprint>(visit, model.parameters, source.parameters);
  detail::find_places places;
  fields::walk<typename Source::blueprint>(places, source.parameters, model.parameters);
  if (!visit.outcome) return std::move(visit.outcome).error();
  if (!places.check.outcome) return std::move(places.check.outcome).error();
  visit.copies = true;
  fields::walk<typename M::blueprint>(visit, model.parameters, source.parameters);
  return model;
}

}  // namespace trilith::inline TRILITH_ABI

#endif

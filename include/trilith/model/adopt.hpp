#ifndef TRILITH_MODEL_ADOPT_HPP
#define TRILITH_MODEL_ADOPT_HPP

#include <trilith/model/realisation.hpp>

namespace trilith::inline TRILITH_ABI {

namespace detail {

/// Where a row of a query or key is found in a source that pairs rows for rotary positions in
/// another way than the target.
struct moved_rows {
  enum class order : std::uint8_t { kept, halves, neighbours } wanted = order::kept;
  std::size_t head_dim = 0;

  [[nodiscard]] std::size_t source_of(std::size_t r) const noexcept {
    if (wanted == order::kept) return r;
    const std::size_t half = head_dim / 2, place = r % head_dim, head = r - place;
    if (wanted == order::neighbours) return head + place / 2 + (place % 2 == 0 ? 0 : half);
    return head + (place < half ? 2 * place : 2 * (place - half) + 1);
  }
  /// Of two attention layers; pairings of a program's own are taken to be the same.
  template <class To, class From>
  [[nodiscard]] static constexpr order between() noexcept {
    using rotary::half_split, rotary::interleaved;
    if constexpr (
        requires { typename To::pairing; } && requires { typename From::pairing; }) {
      constexpr bool to_halves = std::is_same_v<typename To::pairing, half_split>;
      constexpr bool from_halves = std::is_same_v<typename From::pairing, half_split>;
      if (to_halves && std::is_same_v<typename From::pairing, interleaved>) return order::halves;
      if (from_halves && std::is_same_v<typename To::pairing, interleaved>)
        return order::neighbours;
    }
    return order::kept;
  }
};

/// Looks at, or fills, each tensor of a target beside the source's tensor of the same name.
struct adopt_all {
  moved_rows rows = {};
  bool unties = false;  ///< the head is the source's embedding, and filled apart
  bool copies = false;
  fields::path at = {};
  status outcome = done{};
  void enter(std::string_view name) { at.enter(name); }
  void leave() { at.leave(); }

  template <class Field, class To, class From>
  void operator()(const Field& field, To& to, const From& from) {
    if (unties && field.name == "head") return;
    if (copies)
      take_matrix(to, from, is_turned(field.name));
    else if (to.rows != from.rows || to.cols != from.cols)
      refuse(field.name, size_text(to.rows, to.cols), size_text(from.rows, from.cols));
  }
  template <class Field>
  void operator()(const Field& field, parameter_vector& to, const parameter_vector& from) {
    if (copies)
      take_gains(to, from, is_turned(field.name));
    else if (from.size() != 0 && from.size() != to.size())
      refuse(field.name, size_text(to.size(), 1), size_text(from.size(), 1));
  }

  template <class To, class From>
  void take_matrix(To& to, const From& from, bool is_turned) const {
    if constexpr (std::is_same_v<To, From>)
      if (!is_turned) return void(to = from);
    for (std::size_t r = 0; r < to.rows; ++r)
      __builtin_memcpy(to.row(r), from.row(is_turned ? rows.source_of(r) : r),
                       to.cols * sizeof(float));
    if constexpr (requires { to.start_scales(); }) to.start_scales();
  }

 private:
  void take_gains(parameter_vector& to, const parameter_vector& from, bool is_turned) const {
    for (std::size_t i = 0; i < to.size(); ++i)
      to.values[i] = from.size() == 0 ? 1.0f : from.values[is_turned ? rows.source_of(i) : i];
  }
  [[nodiscard]] bool is_turned(std::string_view name) const noexcept {
    return rows.wanted != moved_rows::order::kept &&
           (name == "query" || name == "key" || name == "query_norm" || name == "key_norm");
  }
  [[nodiscard]] static std::string size_text(std::size_t rows, std::size_t cols) {
    return rows == 0 ? std::string("none") : join("[", rows, ", ", cols, "]");
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
/// Elements are copied as they are, rows of queries and keys in the order of M's rotary pairs. A
/// head of M's own is a copy of the embedding where the source's head is tied. Gains that the
/// source does not have (of sub-norms, say) start at 1: such a norm changes what is computed,
/// whatever its gains. Scales that are learned start where their rule says.
///
/// Errors: mismatch, naming tensor or size, what was expected and what the source has: for a matrix
/// that the source lacks, a tensor that M has no place for, and other shapes; invalid_argument for
/// a source with more or fewer blocks than its shape says. Cost: a copy of the parameters.
template <Realisation M, Realisation Source>
  requires(HasFloats<M> && HasFloats<Source>)
[[nodiscard]] result<M> adopt(const Source& source) {
  using to = typename M::blueprint;
  using from = typename Source::blueprint;
  status good = detail::check_adoption<M>(source.sizes, source.parameters.blocks.size());
  if (!good) return std::move(good).error();
  M model(source.sizes, source.settings);
  const auto order = detail::moved_rows::between<typename to::block::attention_layer,
                                                 typename from::block::attention_layer>();
  detail::adopt_all visit{.rows = {order, source.sizes.head_dim},
                          .unties = from::head::is_tied && !to::head::is_tied};
  fields::walk<to>(visit, model.parameters, source.parameters);
  detail::find_places places;
  fields::walk<from>(places, source.parameters, model.parameters);
  if (!visit.outcome) return std::move(visit.outcome).error();
  if (!places.check.outcome) return std::move(places.check.outcome).error();
  visit.copies = true;
  fields::walk<to>(visit, model.parameters, source.parameters);
  if (visit.unties) visit.take_matrix(model.parameters.head, source.parameters.embedding, false);
  return model;
}

}  // namespace trilith::inline TRILITH_ABI

#endif

#ifndef TRILITH_CORE_DESCRIBE_HPP
#define TRILITH_CORE_DESCRIBE_HPP

#include <trilith/core/shape.hpp>

#include <boost/hana/basic_tuple.hpp>
#include <boost/hana/unpack.hpp>

#include <string>
#include <string_view>
#include <type_traits>

/// The description of a layer's parameters: a Hana basic_tuple of fields, written once beside the
/// layer. Loading, saving, counting, printing, packing and (later) optimisers and sharding all walk
/// it.
namespace trilith::fields {

namespace hana = boost::hana;

/// Along which dimension a tensor is split between ranks.
enum class shard : std::uint8_t { none, rows, columns };

/// A weight matrix [rows, cols] of the policy Weights; absent where a head is tied.
template <class Weights, bool Present, class Get>
struct matrix_field {
  using weights = Weights;
  static constexpr bool present = Present;
  std::string_view name;
  Get get;  ///< parameters& -> matrix&
  axis rows;
  axis cols;
  shard split;
  static constexpr bool decays = true;  ///< weight decay applies

  [[nodiscard]] constexpr std::size_t count(const shape& s) const noexcept {
    return Present ? extent(s, rows) * extent(s, cols) : 0;
  }
};

/// A vector of float gains; absent where the norm has none.
template <bool Present, class Get>
struct vector_field {
  static constexpr bool present = Present;
  std::string_view name;
  Get get;  ///< parameters& -> parameter_vector&
  axis size;
  static constexpr bool decays = false;

  [[nodiscard]] constexpr std::size_t count(const shape& s) const noexcept {
    return Present ? extent(s, size) : 0;
  }
};

/// A part with a description of its own.
template <class Part, class Get>
struct part_field {
  using part = Part;
  static constexpr bool repeated = false;
  std::string_view name;
  Get get;  ///< parameters& -> Part's parameters&
};

/// `layers` equal parts, a run-time loop.
template <class Part, class Get>
struct layers_field {
  using part = Part;
  static constexpr bool repeated = true;
  std::string_view name;
  Get get;  ///< parameters& -> std::vector of Part's parameters&
};

template <class Weights, bool Present = true, class Get>
[[nodiscard]] constexpr auto matrix(std::string_view name, Get get, axis rows, axis cols,
                                    shard split) {
  return matrix_field<Weights, Present, Get>{name, get, rows, cols, split};
}
template <bool Present, class Get>
[[nodiscard]] constexpr auto gains(std::string_view name, Get get, axis size) {
  return vector_field<Present, Get>{name, get, size};
}
template <class Part, class Get>
[[nodiscard]] constexpr auto part(std::string_view name, Get get) {
  return part_field<Part, Get>{name, get};
}
template <class Part, class Get>
[[nodiscard]] constexpr auto layers(std::string_view name, Get get) {
  return layers_field<Part, Get>{name, get};
}

/// Calls visit.enter(name), visit.leave(), and visit(field, tensor...) for every tensor of a
/// blueprint part B, walking several parameter sets of it in step (source and destination, say).
template <class B, class Visit, class... Parameters>
void walk(Visit& visit, Parameters&... parameters);

template <class Visit, class W, bool Present, class Get, class... Parameters>
void walk_field(Visit& visit, const matrix_field<W, Present, Get>& field,
                Parameters&... parameters) {
  if constexpr (Present) visit(field, field.get(parameters)...);
}
template <class Visit, bool Present, class Get, class... Parameters>
void walk_field(Visit& visit, const vector_field<Present, Get>& field, Parameters&... parameters) {
  if constexpr (Present) visit(field, field.get(parameters)...);
}
template <class Visit, class Part, class Get, class... Parameters>
void walk_field(Visit& visit, const part_field<Part, Get>& field, Parameters&... parameters) {
  visit.enter(field.name);
  walk<Part>(visit, field.get(parameters)...);
  visit.leave();
}
template <class Visit, class Part, class Get, class First, class... Rest>
void walk_field(Visit& visit, const layers_field<Part, Get>& field, First& first, Rest&... rest) {
  visit.enter(field.name);
  for (std::size_t i = 0; i < field.get(first).size(); ++i) {
    visit.enter(std::to_string(i));
    walk<Part>(visit, field.get(first)[i], field.get(rest)[i]...);
    visit.leave();
  }
  visit.leave();
}

template <class B, class Visit, class... Parameters>
void walk(Visit& visit, Parameters&... parameters) {
  hana::unpack(B::description(),
               [&](const auto&... field) { (walk_field(visit, field, parameters...), ...); });
}

/// "blocks.3.attention.query": where a walk is.
class path {
 public:
  void enter(std::string_view name) {
    text_ += name;
    text_ += '.';
  }
  void leave() {
    text_.pop_back();
    const std::size_t dot = text_.rfind('.');
    text_.resize(dot == std::string::npos ? 0 : dot + 1);
  }
  [[nodiscard]] std::string operator/(std::string_view name) const {
    return text_ + std::string(name);
  }

 private:
  std::string text_;
};

/// The sum over the fields of B, by type alone, of measure(field, shape), `layers` times inside a
/// layers_field. Works at compile time, without storage.
template <class B, class Measure>
[[nodiscard]] constexpr std::size_t sum(const shape& s, Measure measure);

template <class Field, class Measure>
[[nodiscard]] constexpr std::size_t sum_field(const shape& s, const Field& field, Measure measure) {
  if constexpr (requires { typename Field::part; })
    return (Field::repeated ? s.layers : 1) * sum<typename Field::part>(s, measure);
  else
    return measure(field, s);
}

template <class B, class Measure>
constexpr std::size_t sum(const shape& s, Measure measure) {
  return hana::unpack(B::description(), [&](const auto&... field) {
    return (sum_field(s, field, measure) + ... + 0);
  });
}

/// Parameters of B: the sum of count(field) over the fields that select(field) is true for.
template <class B, class Select>
[[nodiscard]] constexpr std::size_t count_if(const shape& s, Select select) {
  return sum<B>(s, [select](const auto& field, const shape& of) {
    return select(field) ? field.count(of) : 0;
  });
}

}  // namespace trilith::fields

#endif

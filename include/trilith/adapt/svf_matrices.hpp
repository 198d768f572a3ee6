#ifndef TRILITH_ADAPT_SVF_MATRICES_HPP
#define TRILITH_ADAPT_SVF_MATRICES_HPP

#include <trilith/model/realisation.hpp>
#include <trilith/weights/decode.hpp>

#include <string>
#include <string_view>
#include <type_traits>

namespace trilith::inline TRILITH_ABI {

/// Which matrices an adapter changes, by their names: any of them.
struct every_matrix {
  [[nodiscard]] constexpr bool operator()(std::string_view) const noexcept { return true; }
};
/// Those of the feed-forward networks: "blocks.0.ffn.gate".
struct feed_forward_matrices {
  [[nodiscard]] constexpr bool operator()(std::string_view name) const noexcept {
    return name.find(".ffn.") != std::string_view::npos;
  }
};

namespace detail {

template <class F>
struct visit_hidden {
  F& f;
  fields::path at = {};
  void enter(std::string_view name) { at.enter(name); }
  void leave() { at.leave(); }
  template <class Field, class Tensor>
  void operator()(const Field& field, Tensor& t) {
    if constexpr (requires { typename Field::weights; })
      if (field.rows != axis::vocab)  // no embedding, no head
        f(at / field.name, t, std::type_identity<typename Field::weights>{});
  }
};

}  // namespace detail

/// Calls f(name, matrix, std::type_identity<W>) for every matrix between hidden features, with the
/// names and in the order of training_pass::for_each_tensor(): "blocks.0.attention.query". W are
/// the weights that the blueprint says, `matrix` is what the realisation stores.
template <Realisation Model, class F>
void for_each_hidden_matrix(Model& model, F&& f) {
  detail::visit_hidden<std::remove_reference_t<F>> visit{f};
  fields::walk<typename Model::blueprint>(visit, model.parameters);
}
template <Realisation Model, class F>
void for_each_hidden_matrix(const Model& model, F&& f) {
  // hana hands out references; the source is only read
  for_each_hidden_matrix(const_cast<Model&>(model),
                         [&]<class Matrix, class W>(const std::string& name, const Matrix& matrix,
                                                    W weights) { f(name, matrix, weights); });
}

/// A matrix as floats: itself, or decoded into `memory`.
template <class Matrix>
[[nodiscard]] span2d<const float> floats_of(const Matrix& m, aligned_buffer<float>& memory) {
  if constexpr (requires { static_cast<const float*>(m.elements.data()); }) {
    return {m.elements.data(), m.rows, m.cols};
  } else {
    if (m.rows * m.cols > memory.size())
      memory = aligned_buffer<float>(m.rows * m.cols, not_zeroed{});
    for (std::size_t r = 0; r < m.rows; ++r) decode_row(m, r, memory.data() + r * m.cols);
    return {memory.data(), m.rows, m.cols};
  }
}

}  // namespace trilith::inline TRILITH_ABI

#endif

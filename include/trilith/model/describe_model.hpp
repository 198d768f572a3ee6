#ifndef TRILITH_MODEL_DESCRIBE_MODEL_HPP
#define TRILITH_MODEL_DESCRIBE_MODEL_HPP

#include <trilith/model/realisation.hpp>
#include <trilith/model/tree_text.hpp>

namespace trilith::inline TRILITH_ABI {

namespace detail {

/// What a tensor is stored as: "ternary<absmean,per_tensor,nearest_even> in bits2".
template <class Tensor>
[[nodiscard]] std::string storage_name() {
  if constexpr (std::is_same_v<Tensor, parameter_vector>)
    return "f32";
  else if constexpr (Tensor::is_coded)
    return join(Tensor::weights::name, " in ", Tensor::packing::name);
  else
    return std::string(Tensor::weights::name);
}

struct write_tree {
  tree_text tree;
  void enter(std::string_view name) { TRILITH_IMPLEMENTED::enter_part(tree, name); }
  void leave() { TRILITH_IMPLEMENTED::leave_part(tree); }
  template <class Field, class Tensor>
  void operator()(const Field& field, const Tensor& tensor) {
    tensor_line line{field.name, 0, 0, tensor.bytes(), storage_name<Tensor>()};
    if constexpr (std::is_same_v<Tensor, parameter_vector>) {
      line.rows = tensor.size();
    } else {
      line.rows = tensor.rows;
      line.cols = tensor.cols;
    }
    TRILITH_IMPLEMENTED::add_tensor(tree, line);
  }
};

struct add_bytes {
  std::size_t total = 0;
  void enter(std::string_view) {}
  void leave() {}
  template <class Field, class Tensor>
  void operator()(const Field&, const Tensor& tensor) {
    total += tensor.bytes();
  }
};

}  // namespace detail

/// The tree of a model's tensors with shapes, bits a parameter and bytes, for people to read:
///
///     std::cout << tl::describe(model);
template <Realisation Model>
[[nodiscard]] std::string describe(const Model& model) {
  detail::write_tree visit{{.layers = model.parameters.blocks.size(), .text = {}}};
  fields::walk<typename Model::blueprint>(visit, const_cast<Model&>(model).parameters);
  TRILITH_IMPLEMENTED::add_total(visit.tree);
  return join(Model::storage::name, " ", Model::blueprint::name(), "\n", visit.tree.text);
}

/// Bytes of all parameters.
template <Realisation Model>
[[nodiscard]] std::size_t parameter_bytes(const Model& model) {
  detail::add_bytes visit;
  fields::walk<typename Model::blueprint>(visit, const_cast<Model&>(model).parameters);
  return visit.total;
}

}  // namespace trilith::inline TRILITH_ABI

#endif

#ifndef TRILITH_IO_SOURCE_OF_HPP
#define TRILITH_IO_SOURCE_OF_HPP

#include <trilith/io/loading/walk.hpp>

/// A model in memory, seen as a file would be: for writing it in other programs' formats.
namespace trilith::inline TRILITH_ABI::detail {

/// A walk that lists a model's parameters as tensors of a source.
struct list_sources {
  const shape& sizes;
  io::row_order order;
  std::vector<io::source_tensor>& tensors;
  fields::path where;

  void enter(std::string_view name) { where.enter(name); }
  void leave() { where.leave(); }
  template <class Field, class Tensor>
  void operator()(const Field& field, const Tensor& tensor) {
    io::source_tensor t{.name = where / field.name, .origin = where / field.name};
    set_numbers(t, tensor);
    if (field.name == std::string_view("query") || field.name == std::string_view("key")) {
      t.order = order;
      t.head_dim = sizes.head_dim;
    }
    tensors.push_back(std::move(t));
  }

 private:
  template <class Tensor>
  static void set_numbers(io::source_tensor& t, const Tensor& tensor) {
    t.memory.bytes = memory_of<io::checkpoint::tensor_source, const unsigned char>(tensor).bytes;
    if constexpr (std::is_same_v<Tensor, parameter_vector>) {
      t.rows = 1;
      t.cols = tensor.size();
    } else {
      t.rows = tensor.rows;
      t.cols = tensor.cols;
      set_encoding(t, tensor);
    }
  }
  template <class Tensor>
  static void set_encoding(io::source_tensor& t, const Tensor& tensor) {
    if constexpr (Tensor::is_coded) {
      t.how = io::encoding::packed;
      t.packed = {coded_form_of<Tensor>(tensor.rows, tensor.cols), tensor.scales.span()};
    } else {
      constexpr io::dtype type = dtype_of<typename Tensor::element>();
      t.how = type == io::dtype::f16    ? io::encoding::f16
              : type == io::dtype::bf16 ? io::encoding::bf16
                                        : io::encoding::f32;
    }
  }
};

}  // namespace trilith::inline TRILITH_ABI::detail

namespace trilith::TRILITH_IMPLEMENTED {
/// Sorts the tensors and fills in the facts that follow from them.
void complete_source(io::model_source& source);
}  // namespace trilith::TRILITH_IMPLEMENTED

namespace trilith::io {

/// The tensors and facts of a model, for write_model() (io/write_model.hpp). They view the model's
/// memory, which must outlive them; the tokenizer is empty.
template <Realisation M>
[[nodiscard]] model_source source_of(const M& model) {
  using B = typename M::blueprint;
  model_source out{.name = "the model"};
  out.facts.sizes = model.sizes;
  out.facts.settings = model.settings;
  out.facts.gate = trilith::detail::gate_of<B>();
  out.report.blueprint = B::name();
  trilith::detail::list_sources visit{
      model.sizes, trilith::detail::row_order_of<B>(), out.tensors, {}};
  fields::walk<B>(visit, const_cast<M&>(model).parameters);
  TRILITH_IMPLEMENTED::complete_source(out);
  return out;
}

}  // namespace trilith::io

#endif

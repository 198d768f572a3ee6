#ifndef TRILITH_IO_LOADING_WALK_HPP
#define TRILITH_IO_LOADING_WALK_HPP

#include <trilith/io/checkpoint/walk.hpp>
#include <trilith/io/source.hpp>
#include <trilith/weights/quantize.hpp>

/// How a model of any type takes its tensors out of a model_source: the types are walked here, the
/// numbers are converted in code that is compiled once.
namespace trilith::io::loading {

/// Quantises the rows of a slab [rows, cols]. `exact`: the floats are codes times a scale already.
using quantize_fn = void (*)(const float* w, std::size_t rows, std::size_t cols, bool exact,
                             unsigned char* codes, float* scales);

/// A tensor of the file and the memory of the parameter that it fills.
struct assignment {
  const source_tensor* from;
  checkpoint::tensor_form form;
  checkpoint::tensor_target to;
  quantize_fn quantize = nullptr;          ///< null for plain elements
  row_order order = row_order::as_needed;  ///< that the model wants
};

/// A load under way.
struct plan {
  const model_source& source;
  bool check_elements = false;  ///< also those that are used in place
  std::vector<assignment> assignments = {};
  std::vector<bool> used = {};  ///< tensors of the source
};

}  // namespace trilith::io::loading

namespace trilith::TRILITH_IMPLEMENTED {
/// The tensor of the file for this parameter, whose shape is as expected.
result<const io::source_tensor*> find_source(io::loading::plan& plan,
                                             const io::checkpoint::tensor_form& form);
/// Whether the elements in the file can be the parameter's, without a copy.
bool can_be_shown(const io::source_tensor& from, const io::checkpoint::tensor_form& form) noexcept;
/// Whether every tensor of the file was used, and the gate's name is the file's.
status check_plan(const io::loading::plan& plan, std::string_view gate);
status carry_out(const io::loading::plan& plan, const io::load_options& options);
}  // namespace trilith::TRILITH_IMPLEMENTED

namespace trilith::inline TRILITH_ABI::detail {

template <class M>
void quantize_slab(const float* w, std::size_t rows, std::size_t cols, bool exact,
                   unsigned char* codes, float* scales) {
  using W = typename M::weights;
  using P = typename M::packing;
  const M made = exact ? repack_matrix<W, P>(w, rows, cols) : pack_matrix<W, P>(w, rows, cols);
  __builtin_memcpy(codes, made.codes.data(), made.codes.size());
  __builtin_memcpy(scales, made.scales.data(), made.scales.size() * sizeof(float));
}

/// A walk that finds every parameter's tensor and gives the parameter its memory.
struct plan_tensors {
  io::loading::plan& plan;
  io::row_order order;  ///< of the blueprint's rotary pairs
  fields::path where;
  status outcome;

  void enter(std::string_view name) { where.enter(name); }
  void leave() { where.leave(); }
  template <class Field, class Tensor>
  void operator()(const Field& field, Tensor& tensor) {
    if (!outcome) return;
    const shape& sizes = plan.source.facts.sizes;
    io::checkpoint::tensor_form form = form_of<Tensor>(where, field, sizes);
    const auto found = TRILITH_IMPLEMENTED::find_source(plan, form);
    if (!found) {
      outcome = found.error();
      return;
    }
    if (!show(**found, form, tensor))
      assign(**found, std::move(form), tensor);
    else if (plan.check_elements)
      plan.assignments.push_back({*found, std::move(form), {}, nullptr, order});
  }

 private:
  /// Elements that are used where they lie in the file.
  template <class Tensor>
  [[nodiscard]] static bool show(const io::source_tensor& from,
                                 const io::checkpoint::tensor_form& form, Tensor& tensor) {
    if constexpr (requires { tensor.elements; }) {
      using element = typename Tensor::element;
      if (!TRILITH_IMPLEMENTED::can_be_shown(from, form)) return false;
      tensor.rows = from.rows;
      tensor.cols = from.cols;
      tensor.elements = aligned_buffer<element>::view_of(
          reinterpret_cast<const element*>(from.memory.bytes.data()), from.rows * from.cols,
          from.memory.owner);
      return true;
    } else {
      return false;
    }
  }
  template <class Tensor>
  void assign(const io::source_tensor& from, io::checkpoint::tensor_form form, Tensor& tensor) {
    io::loading::quantize_fn quantize = nullptr;
    if constexpr (std::is_same_v<Tensor, parameter_vector>)
      tensor = Tensor(from.cols);
    else
      tensor = Tensor(from.rows, from.cols, not_zeroed{});
    if constexpr (requires { tensor.codes; }) quantize = &quantize_slab<Tensor>;
    const auto memory = memory_of<io::checkpoint::tensor_target, unsigned char>(tensor);
    plan.assignments.push_back({&from, std::move(form), memory, quantize, order});
  }
};

/// The gate of a blueprint's feed-forward network, or "" where it has none that we know.
template <class B>
[[nodiscard]] constexpr std::string_view gate_of() noexcept {
  if constexpr (requires { B::block::ffn_layer::gate_function::name; })
    return B::block::ffn_layer::gate_function::name;
  else
    return {};
}
template <class B>
[[nodiscard]] constexpr io::row_order row_order_of() noexcept {
  if constexpr (requires { B::block::attention_layer::pairing::name; })
    return B::block::attention_layer::pairing::name == std::string_view("interleaved")
               ? io::row_order::interleaved
               : io::row_order::half_split;
  else
    return io::row_order::half_split;
}

}  // namespace trilith::inline TRILITH_ABI::detail

#endif

#ifndef TRILITH_IO_CHECKPOINT_TENSORS_HPP
#define TRILITH_IO_CHECKPOINT_TENSORS_HPP

#include <trilith/core/half.hpp>
#include <trilith/core/shape.hpp>
#include <trilith/io/safetensors.hpp>
#include <trilith/weights/matrix.hpp>

#include <string>
#include <vector>

/// What a checkpoint needs to know of a model, without its type: so that the types are walked in
/// the program, and everything else is compiled once.
namespace trilith::io::checkpoint {

/// The functions of a packing.
struct packing_table {
  std::string_view name;
  int offset = 0, step = 1, max_code = 0;
  std::size_t fields = 1, block = 1;
  std::size_t (*row_bytes)(std::size_t n) noexcept = nullptr;
  void (*pack)(const std::int8_t* codes, std::size_t n, std::uint8_t* bytes) noexcept = nullptr;
  void (*unpack)(const std::uint8_t* bytes, std::size_t n, std::int8_t* codes) noexcept = nullptr;
  std::size_t (*first_invalid)(const std::uint8_t* bytes, std::size_t count) noexcept = nullptr;
};

/// How a matrix of coded weights lies in memory.
struct coded_form {
  std::string_view weights;  ///< name of the weights
  int min_code = 0, max_code = 0, code_step = 1;
  std::size_t group = 0;   ///< weights of a row that share a scale
  std::size_t scales = 0;  ///< of the whole matrix
  packing_table packing = {};
};

/// A parameter of a model.
struct tensor_form {
  std::string name;                  ///< "blocks.0.attention.query"
  dtype type = dtype::f32;           ///< of its elements; u8 where it is coded
  std::vector<std::uint64_t> shape;  ///< [rows, cols], or [size]
  bool is_coded = false;
  coded_form coded = {};
};

/// The memory of a parameter: elements or packed codes, and the scales of codes.
template <class Byte, class Float>
struct tensor_memory {
  std::span<Byte> bytes;
  std::span<Float> scales;
};
using tensor_source = tensor_memory<const unsigned char, const float>;
using tensor_target = tensor_memory<unsigned char, float>;

/// What a checkpoint says besides its tensors.
struct facts {
  std::string blueprint, storage;
  shape sizes;
  trilith::settings settings;
  std::vector<metadata_pair> packings;  ///< weights and their packing
};

}  // namespace trilith::io::checkpoint

namespace trilith::inline TRILITH_ABI::detail {

template <class Element>
[[nodiscard]] constexpr io::dtype dtype_of() noexcept {
  constexpr bool is_f32 = std::is_same_v<Element, float>, is_f16 = std::is_same_v<Element, float16>;
  static_assert(is_f32 || is_f16 || std::is_same_v<Element, bfloat16>,
                "trilith::io::save: a checkpoint stores plain weights whose element is float, "
                "trilith::float16 or trilith::bfloat16.");
  return is_f32 ? io::dtype::f32 : is_f16 ? io::dtype::f16 : io::dtype::bf16;
}

template <packing::Packing P>
[[nodiscard]] constexpr io::checkpoint::packing_table packing_table_of() noexcept {
  return {.name = P::name,
          .offset = P::offset,
          .step = P::step,
          .max_code = P::max_code,
          .fields = P::fields,
          .block = P::block,
          .row_bytes = &P::row_bytes,
          .pack = &packing::pack_row<P>,
          .unpack = &packing::unpack_row<P>,
          .first_invalid = &packing::first_invalid_byte<P>};
}

template <class M>
[[nodiscard]] io::checkpoint::coded_form coded_form_of(std::size_t rows, std::size_t cols) {
  using W = typename M::weights;
  return {.weights = W::name,
          .min_code = W::min_code,
          .max_code = W::max_code,
          .code_step = W::code_step,
          .group = M::granularity::group(cols),
          .scales = M::granularity::count(rows, cols),
          .packing = packing_table_of<typename M::packing>()};
}

/// The form of a parameter of type Tensor; rows is ignored for a vector.
template <class Tensor>
[[nodiscard]] io::checkpoint::tensor_form form_of(std::string name, std::size_t rows,
                                                  std::size_t cols) {
  if constexpr (std::is_same_v<Tensor, parameter_vector>)
    return {.name = std::move(name), .shape = {cols}};
  else if constexpr (Tensor::is_coded)
    return {.name = std::move(name),
            .type = io::dtype::u8,
            .shape = {rows, cols},
            .is_coded = true,
            .coded = coded_form_of<Tensor>(rows, cols)};
  else
    return {.name = std::move(name),
            .type = dtype_of<typename Tensor::element>(),
            .shape = {rows, cols}};
}

}  // namespace trilith::inline TRILITH_ABI::detail

#endif

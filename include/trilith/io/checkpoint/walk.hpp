#ifndef TRILITH_IO_CHECKPOINT_WALK_HPP
#define TRILITH_IO_CHECKPOINT_WALK_HPP

#include <trilith/io/checkpoint/tensors.hpp>
#include <trilith/model/realisation.hpp>

namespace trilith::io {

/// What a checkpoint may hold besides the model.
struct checkpoint_extras {
  std::span<const unsigned char> tokenizer = {};  ///< any bytes; text::serialize() gives some
  std::vector<metadata_pair> metadata = {};       ///< such as name and licence
  progress report = {};
};

struct load_options {
  progress report = {};
  /// Threads that convert other programs' tensors; 0: as many as the machine has. With more than
  /// one, `report` is called from any of them, one call at a time.
  std::size_t threads = 0;
  /// Elements that are used where they lie in a file are not looked at; with this they are, at the
  /// cost of reading them all.
  bool check_elements = false;
};

namespace checkpoint {
struct saved_tensor {
  tensor_form form;
  tensor_source memory;
};

/// A load under way.
struct loading {
  const safetensors_file& file;
  const facts& found;
  progress report;
  std::vector<bool> seen;  ///< tensors of the file that the model has
  std::uint64_t read = 0;  ///< bytes, of `expected`
  std::uint64_t expected = 0;
};
}  // namespace checkpoint

}  // namespace trilith::io

namespace trilith::TRILITH_IMPLEMENTED {
status save_checkpoint(std::string_view path, const io::checkpoint::facts& facts,
                       std::span<const io::checkpoint::saved_tensor> tensors,
                       const io::checkpoint_extras& extras);
/// The facts of a file, once they are found to agree with the `wanted` ones.
result<io::checkpoint::facts> read_facts(const io::safetensors_file& file,
                                         const io::checkpoint::facts& wanted);
/// Whether the file holds this tensor, of this type and shape.
status expect_tensor(io::checkpoint::loading& from, const io::checkpoint::tensor_form& form);
/// Whether every tensor of the file was expected.
status expect_no_more(const io::checkpoint::loading& from);
/// Copies an expected tensor, checking its values.
status read_tensor(io::checkpoint::loading& from, const io::checkpoint::tensor_form& form,
                   const io::checkpoint::tensor_target& to);
result<std::vector<unsigned char>> read_embedded_tokenizer(const io::safetensors_file& file);
}  // namespace trilith::TRILITH_IMPLEMENTED

namespace trilith::inline TRILITH_ABI::detail {

template <class M>
[[nodiscard]] io::checkpoint::facts facts_of(const shape& sizes) {
  return {.blueprint = M::blueprint::name(),
          .storage = std::string(M::storage::name),
          .sizes = sizes,
          .settings = {},
          .packings = {}};
}

/// The form that a field's parameter has in a model of these sizes.
template <class Tensor, class Field>
[[nodiscard]] io::checkpoint::tensor_form form_of(const fields::path& where, const Field& field,
                                                  const shape& sizes) {
  if constexpr (requires { field.rows; })
    return form_of<Tensor>(where / field.name, extent(sizes, field.rows),
                           extent(sizes, field.cols));
  else
    return form_of<Tensor>(where / field.name, 1, extent(sizes, field.size));
}

template <class Byte, class T>
[[nodiscard]] std::span<Byte> bytes_of(std::span<T> values) noexcept {
  return {reinterpret_cast<Byte*>(values.data()), values.size_bytes()};
}

template <class Memory, class Byte, class Tensor>
[[nodiscard]] Memory memory_of(Tensor& tensor) noexcept {
  if constexpr (requires { tensor.codes; })
    return {tensor.codes.span(), tensor.scales.span()};
  else if constexpr (requires { tensor.elements; })
    return {bytes_of<Byte>(tensor.elements.span()), {}};
  else
    return {bytes_of<Byte>(tensor.values.span()), {}};
}

/// A walk that lists the parameters of a model.
struct collect_tensors {
  const shape& sizes;
  fields::path where;
  std::vector<io::checkpoint::saved_tensor> tensors;

  void enter(std::string_view name) { where.enter(name); }
  void leave() { where.leave(); }
  template <class Field, class Tensor>
  void operator()(const Field& field, const Tensor& tensor) {
    tensors.push_back({form_of<Tensor>(where, field, sizes),
                       memory_of<io::checkpoint::tensor_source, const unsigned char>(tensor)});
  }
};

/// A walk that first looks whether the file has every parameter, then reads them.
struct load_tensors {
  io::checkpoint::loading& from;
  const shape& sizes;
  fields::path where;
  bool reading;
  status outcome;

  void enter(std::string_view name) { where.enter(name); }
  void leave() { where.leave(); }
  template <class Field, class Tensor>
  void operator()(const Field& field, Tensor& tensor) {
    if (!outcome) return;
    const io::checkpoint::tensor_form form = form_of<Tensor>(where, field, sizes);
    if (!reading) {
      outcome = TRILITH_IMPLEMENTED::expect_tensor(from, form);
      return;
    }
    if constexpr (requires { field.rows; })
      tensor = Tensor(extent(sizes, field.rows), extent(sizes, field.cols));
    else
      tensor = Tensor(extent(sizes, field.size));
    const auto memory = memory_of<io::checkpoint::tensor_target, unsigned char>(tensor);
    outcome = TRILITH_IMPLEMENTED::read_tensor(from, form, memory);
  }
};

}  // namespace trilith::inline TRILITH_ABI::detail

#endif

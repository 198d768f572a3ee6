#ifndef TRILITH_IO_CHECKPOINT_WALK_HPP
#define TRILITH_IO_CHECKPOINT_WALK_HPP

#include <trilith/io/checkpoint/tensors.hpp>
#include <trilith/model/realisation.hpp>

namespace trilith::io {

/// What a checkpoint may hold besides the model.
struct checkpoint_extras {
  std::vector<unsigned char> tokenizer = {};  ///< any bytes; text::serialize() gives some
  std::vector<metadata_pair> metadata = {};   ///< such as name and licence
  progress report = {};
};

struct load_options {
  progress report = {};
  /// Threads that copy, check and convert tensors; 0: as many as the machine has. With more than
  /// one, `report` is called from any of them, one call at a time.
  std::size_t threads = 0;
  /// What is used where it lies in a file is not looked at; with this it is, at the cost of reading
  /// it all.
  bool check_elements = false;
  /// Native checkpoints: true uses codes and elements where they lie in the mapped file. Loading
  /// takes milliseconds then, the memory is shared with every other program that does so, and the
  /// first token waits for the file; but the file's small pages cost speed, and it must not change
  /// meanwhile. False copies them into huge pages (docs/performance.md has both).
  bool in_place = false;
};

namespace checkpoint {
struct saved_tensor {
  tensor_form form;
  tensor_source memory;
};

/// A parameter to be read, and its memory; no memory where it is used in place.
struct loaded_tensor {
  tensor_form form;
  tensor_target memory;
};

/// A load under way.
struct loading {
  const safetensors_file& file;
  const facts& found;
  const load_options& options;
  std::vector<bool> seen = {};  ///< tensors of the file that the model has
  std::vector<loaded_tensor> tensors = {};
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
/// An expected tensor's codes or elements in the file where they can be used in place, or null.
const unsigned char* shown_in_place(const io::checkpoint::loading& from,
                                    const io::checkpoint::tensor_form& form) noexcept;
/// Copies the expected tensors, checking their values.
status read_tensors(const io::checkpoint::loading& from);
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
    if (!show(form, tensor)) {
      if constexpr (requires { field.rows; })
        tensor = Tensor(extent(sizes, field.rows), extent(sizes, field.cols), not_zeroed{});
      else
        tensor = Tensor(extent(sizes, field.size));
    }
    auto memory = memory_of<io::checkpoint::tensor_target, unsigned char>(tensor);
    if (is_shown(tensor)) memory.bytes = {};
    from.tensors.push_back({form, memory});
  }

 private:
  /// Codes or elements that are used where they lie in the file.
  template <class Tensor>
  [[nodiscard]] bool show(const io::checkpoint::tensor_form& form, Tensor& tensor) {
    if constexpr (requires { tensor.rows; }) {
      const unsigned char* const at = TRILITH_IMPLEMENTED::shown_in_place(from, form);
      if (at == nullptr) return false;
      tensor.rows = form.shape[0];
      tensor.cols = form.shape[1];
      if constexpr (Tensor::is_coded) {
        const std::size_t bytes = tensor.rows * Tensor::row_bytes_of(tensor.cols);
        tensor.codes = aligned_buffer<std::uint8_t>::view_of(at, bytes, from.file.owner());
        tensor.scales = aligned_buffer<float>(form.coded.scales);
      } else {
        using element = typename Tensor::element;
        tensor.elements = aligned_buffer<element>::view_of(
            reinterpret_cast<const element*>(at), tensor.rows * tensor.cols, from.file.owner());
      }
      return true;
    } else {
      return false;
    }
  }
  template <class Tensor>
  [[nodiscard]] static bool is_shown(const Tensor& tensor) noexcept {
    if constexpr (requires { tensor.codes; })
      return tensor.codes.is_view();
    else if constexpr (requires { tensor.elements; })
      return tensor.elements.is_view();
    else
      return false;
  }
};

}  // namespace trilith::inline TRILITH_ABI::detail

#endif

#ifndef TRILITH_IO_SAFETENSORS_TABLE_IMPL_HPP
#define TRILITH_IO_SAFETENSORS_TABLE_IMPL_HPP

#include <trilith/io/safetensors.hpp>
#include <trilith/io/safetensors/header_impl.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace trilith::io::safetensors {

/// bits_of(type) * product of shape / 8; false where that is no 64-bit number of whole bytes.
[[nodiscard]] inline bool count_bytes(dtype type, std::span<const std::uint64_t> shape,
                                      std::uint64_t& bytes) noexcept {
  std::uint64_t bits = bits_of(type);
  for (const std::uint64_t size : shape)
    if (__builtin_mul_overflow(bits, size, &bits)) return false;
  bytes = bits / 8;
  return bits % 8 == 0;
}

/// "[3, 20]"
[[nodiscard]] inline std::string spelled(std::span<const std::uint64_t> shape) {
  static constexpr std::size_t longest = 8;
  std::string out = "[";
  for (std::size_t i = 0; i < shape.size() && i < longest; ++i)
    out += join(i == 0 ? "" : ", ", shape[i]);
  return out += shape.size() > longest ? ", ...]" : "]";
}

[[nodiscard]] inline result<dtype> find_dtype(std::string_view name) {
  for (std::size_t i = 0; i < dtypes.size(); ++i)
    if (dtypes[i].name == name) return static_cast<dtype>(i);
  return error{errc::unsupported,
               join("expected a dtype such as F32, BF16 or U8, found ", json::shown(name), ".")};
}

/// Turns a header's claims into tensors of a file, checking every one.
class tensor_table {
 public:
  tensor_table(std::string_view file, std::uint64_t data_begin, std::uint64_t file_bytes)
      : file_(file), data_begin_(data_begin), data_bytes_(file_bytes - data_begin) {}

  [[nodiscard]] status add(raw_tensor& raw) {
    const auto type = find_dtype(raw.type);
    if (!type) return fault(raw.name, type.error().code, type.error().message);
    const std::uint64_t begin = raw.offsets[0], end = raw.offsets[1];
    if (begin > end)
      return fault(raw.name, errc::malformed,
                   join("expected data_offsets in order, found ", begin, " and ", end, "."));
    std::uint64_t bytes = 0;
    if (!count_bytes(*type, raw.shape, bytes))
      return fault(raw.name, errc::malformed,
                   join("the shape ", spelled(raw.shape), " of ", name_of(*type),
                        " gives no 64-bit number of whole bytes."));
    if (bytes != end - begin)
      return fault(raw.name, errc::malformed,
                   join("expected ", bytes, " bytes for the shape ", spelled(raw.shape), " of ",
                        name_of(*type), ", found data_offsets that span ", end - begin, "."));
    tensors_.push_back(
        {std::move(raw.name), *type, std::move(raw.shape), data_begin_ + begin, bytes});
    return done{};
  }

  /// Sorted by name, once the tensors are found to cover the data without overlap or hole.
  [[nodiscard]] result<std::vector<tensor_entry>> finish() {
    std::sort(tensors_.begin(), tensors_.end(), [](const tensor_entry& a, const tensor_entry& b) {
      return a.offset != b.offset ? a.offset < b.offset : a.bytes < b.bytes;
    });
    if (status ok = check_cover(); !ok) return std::move(ok).error();
    std::sort(tensors_.begin(), tensors_.end(),
              [](const tensor_entry& a, const tensor_entry& b) { return a.name < b.name; });
    for (std::size_t i = 1; i < tensors_.size(); ++i)
      if (tensors_[i].name == tensors_[i - 1].name)
        return fault(tensors_[i].name, errc::malformed, "the header has this name twice.");
    return std::move(tensors_);
  }

 private:
  [[nodiscard]] status check_cover() const {
    std::uint64_t covered = data_begin_;
    for (const tensor_entry& t : tensors_) {
      if (t.offset != covered)
        return fault(
            t.name, errc::malformed,
            join("expected its bytes at data offset ", covered - data_begin_,
                 ", right after the tensor before it, found them at ", t.offset - data_begin_,
                 t.offset < covered ? ": they overlap." : ": there is a hole."));
      covered += t.bytes;
    }
    if (covered - data_begin_ == data_bytes_) return done{};
    return error{covered - data_begin_ > data_bytes_ ? errc::truncated : errc::malformed,
                 join(file_, ": expected ", covered - data_begin_,
                      " bytes of tensors after the header, found ", data_bytes_, ".")};
  }
  [[nodiscard]] error fault(std::string_view tensor, errc code, std::string_view what) const {
    return {code, join(file_, ": tensor ", json::shown(tensor), ": ", what)};
  }

  std::string_view file_;
  std::uint64_t data_begin_, data_bytes_;
  std::vector<tensor_entry> tensors_;
};

}  // namespace trilith::io::safetensors

#endif

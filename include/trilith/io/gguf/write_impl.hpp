#ifndef TRILITH_IO_GGUF_WRITE_IMPL_HPP
#define TRILITH_IO_GGUF_WRITE_IMPL_HPP

#include <trilith/core/numeric.hpp>
#include <trilith/io/atomic_file_impl.hpp>
#include <trilith/io/gguf.hpp>
#include <trilith/io/gguf/check_impl.hpp>
#include <trilith/io/gguf/text_impl.hpp>

#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace trilith::io::gguf {

inline constexpr std::uint64_t part_bytes = std::uint64_t{1} << 24;  ///< between two reports

/// Appends what a GGUF header is made of.
class header_writer {
 public:
  template <class T>
    requires(std::is_integral_v<T>)
  void number(T value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void text(std::string_view value) {
    number(std::uint64_t{value.size()});
    bytes_ += value;
  }
  void type(gguf_type value) { number(static_cast<std::uint32_t>(value)); }
  void field(const gguf_pair& pair) {
    const gguf_value value = pair.value.view();
    text(pair.key);
    type(value.type());
    if (value.is_array()) {
      type(value.element_type());
      number(value.size());
    }
    bytes_.append(reinterpret_cast<const char*>(value.encoded().data()), value.encoded().size());
  }
  void tensor(const gguf_tensor_to_write& t, std::uint64_t data_offset) {
    text(t.name);
    number(static_cast<std::uint32_t>(t.dims.size()));
    for (const std::uint64_t size : t.dims) number(size);
    number(traits_of(t.type)->id);
    number(data_offset);
  }
  [[nodiscard]] std::string finish(std::uint64_t alignment) && {
    bytes_.resize(padded(bytes_.size(), alignment), '\0');
    return std::move(bytes_);
  }

 private:
  std::string bytes_ = "GGUF";
};

[[nodiscard]] inline std::uint64_t size_of(const gguf_tensor_to_write& t) noexcept {
  std::uint64_t bytes = 0;
  (void)gguf_tensor_bytes(t.type, t.dims, bytes);
  return bytes;
}

[[nodiscard]] inline std::string header_of(std::span<const gguf_tensor_to_write> tensors,
                                           std::span<const gguf_pair> metadata,
                                           std::uint64_t alignment) {
  header_writer out;
  out.number(std::uint32_t{3});
  out.number(std::uint64_t{tensors.size()});
  out.number(std::uint64_t{metadata.size()});
  for (const gguf_pair& pair : metadata) out.field(pair);
  std::uint64_t offset = 0;
  for (const gguf_tensor_to_write& t : tensors) {
    out.tensor(t, offset);
    offset += padded(size_of(t), alignment);
  }
  return std::move(out).finish(alignment);
}

/// Writes the bytes of tensors, part by part.
class data_writer {
 public:
  data_writer(atomic_file& file, std::string_view path, std::uint64_t alignment, double total,
              const progress& report)
      : file_(file), path_(path), alignment_(alignment), total_(total), report_(report) {}

  [[nodiscard]] status write(const gguf_tensor_to_write& t) {
    const std::uint64_t bytes = size_of(t);
    const std::uint64_t most =
        t.produce == nullptr
            ? part_bytes
            : max_of(part_bytes / t.part_multiple, std::uint64_t{1}) * t.part_multiple;
    for (std::uint64_t at = 0; at < bytes; at += most)
      if (status ok = write_part(t, at, min_of(most, bytes - at)); !ok) return ok;
    padding_.assign(padded(bytes, alignment_) - bytes, 0);
    return file_.write(padding_);
  }

 private:
  [[nodiscard]] status write_part(const gguf_tensor_to_write& t, std::uint64_t at,
                                  std::uint64_t count) {
    const auto part = part_of(t, at, count);
    if (!part) return part.error();
    if (status ok = file_.write(*part); !ok) return ok;
    written_ += static_cast<double>(count);
    if (report_(written_ / total_, t.name)) return done{};
    return error{errc::cancelled, join(path_, ": writing was cancelled; nothing was written.")};
  }
  [[nodiscard]] result<std::span<const unsigned char>> part_of(const gguf_tensor_to_write& t,
                                                               std::uint64_t at,
                                                               std::uint64_t count) {
    if (t.produce == nullptr) return t.bytes.subspan(at, count);
    part_.resize(count);
    if (status ok = t.produce(t.context, at, part_); !ok) return std::move(ok).error();
    return std::span<const unsigned char>(part_);
  }

  atomic_file& file_;
  std::string_view path_;
  std::uint64_t alignment_;
  double total_, written_ = 0;
  const progress& report_;
  std::vector<unsigned char> part_, padding_;
};

[[nodiscard]] inline status write_file(std::string_view path, const std::string& header,
                                       std::span<const gguf_tensor_to_write> tensors,
                                       std::uint64_t alignment, const progress& report) {
  atomic_file file(path);
  status ok = file.open();
  if (ok) ok = file.write({reinterpret_cast<const unsigned char*>(header.data()), header.size()});
  double total = 1;
  for (const gguf_tensor_to_write& t : tensors) total += static_cast<double>(size_of(t));
  data_writer data(file, path, alignment, total, report);
  for (std::size_t i = 0; ok && i < tensors.size(); ++i) ok = data.write(tensors[i]);
  if (ok) ok = file.commit();
  if (ok) (void)report(1.0, {});
  return ok;
}

}  // namespace trilith::io::gguf

namespace trilith::TRILITH_IMPLEMENTED {

status write_gguf(std::string_view path, std::span<const io::gguf_tensor_to_write> tensors,
                  std::span<const io::gguf_pair> metadata, const io::progress& report) {
  std::uint64_t alignment = 32;
  if (status ok = io::gguf::check_metadata(metadata, path, alignment); !ok) return ok;
  if (status ok = io::gguf::check_tensors(tensors, path); !ok) return ok;
  const std::string header = io::gguf::header_of(tensors, metadata, alignment);
  return io::gguf::write_file(path, header, tensors, alignment, report);
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif

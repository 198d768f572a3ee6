#ifndef TRILITH_IO_GGUF_LAYOUT_IMPL_HPP
#define TRILITH_IO_GGUF_LAYOUT_IMPL_HPP

#include <trilith/io/gguf.hpp>
#include <trilith/io/gguf/resolve_impl.hpp>
#include <trilith/io/gguf/text_impl.hpp>

#include <string>
#include <utility>
#include <vector>

namespace trilith::io::gguf {

/// Gives the tensors of a header their types and places: each must begin where the one before it,
/// padded, ends. Offsets in the header count from the first byte after it.
class tensor_layout {
 public:
  tensor_layout(std::string_view file, std::uint64_t data_begin, std::uint64_t data_bytes,
                std::uint64_t alignment, bool lenient)
      : file_(file),
        data_begin_(data_begin),
        data_bytes_(data_bytes),
        alignment_(alignment),
        lenient_(lenient) {}

  [[nodiscard]] status place(std::vector<gguf_tensor>& tensors) {
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      const gguf_tensor* const next = i + 1 < tensors.size() ? &tensors[i + 1] : nullptr;
      if (status ok = place(tensors[i], next); !ok) return ok;
    }
    for (gguf_tensor& t : tensors) t.offset += data_begin_;
    return lenient_ || data_bytes_ <= end_ ? status(done{}) : bytes_left_over();
  }

 private:
  [[nodiscard]] status place(gguf_tensor& t, const gguf_tensor* next) {
    if (t.offset % alignment_ != 0)
      return fault(t, errc::malformed,
                   join("expected its data offset to be a multiple of ", alignment_, ", found ",
                        t.offset, "."));
    if (t.offset != end_)
      return fault(t, errc::malformed,
                   join("expected its bytes at data offset ", end_, ", found them at ", t.offset,
                        t.offset < end_ ? ": they overlap." : ": there is a hole."));
    if (t.offset > data_bytes_) return ends_before(t, 0);
    if (status ok = resolve(t, room_of(t, next)); !ok) return ok;
    if (t.bytes > data_bytes_ - t.offset) return ends_before(t, t.bytes);
    end_ = t.offset + padded(t.bytes, alignment_);
    return done{};
  }
  [[nodiscard]] status resolve(gguf_tensor& t, const tensor_room& room) const {
    const status known = resolve_type(t, room);
    if (known) return done{};
    if (!lenient_) return fault(t, known.error().code, known.error().message);
    t.type = ggml_type::unknown;
    t.bytes = room.bytes;
    t.remark = known.error().message;
    return done{};
  }
  [[nodiscard]] tensor_room room_of(const gguf_tensor& t, const gguf_tensor* next) const {
    const bool is_last = next == nullptr;
    const std::uint64_t end = is_last ? data_bytes_ : next->offset;
    return {end < t.offset ? 0 : end - t.offset, alignment_, is_last};
  }
  [[nodiscard]] error ends_before(const gguf_tensor& t, std::uint64_t bytes) const {
    return fault(t, errc::truncated,
                 join("expected ", bytes, " bytes for ", spelled(t.dims), " of ", name_of(t.type),
                      " at offset ", data_begin_ + t.offset, ", found the end of the file at ",
                      data_begin_ + data_bytes_, "."));
  }
  [[nodiscard]] error bytes_left_over() const {
    return {errc::malformed,
            join(file_, ": expected the file to end at offset ", data_begin_ + end_,
                 " at the latest, found ", data_bytes_ - end_, " bytes more.")};
  }
  [[nodiscard]] error fault(const gguf_tensor& t, errc code, std::string_view what) const {
    return tensor_fault(file_, t.name, code, what);
  }

  std::string_view file_;
  std::uint64_t data_begin_, data_bytes_, alignment_;
  bool lenient_;
  std::uint64_t end_ = 0;  ///< of the tensors so far, padded; a data offset
};

}  // namespace trilith::io::gguf

#endif

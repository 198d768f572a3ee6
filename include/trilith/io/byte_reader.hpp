#ifndef TRILITH_IO_BYTE_READER_HPP
#define TRILITH_IO_BYTE_READER_HPP

#include <trilith/core/error.hpp>
#include <trilith/core/text.hpp>

#include <bit>
#include <span>
#include <string>
#include <type_traits>

namespace trilith::io {

static_assert(std::endian::native == std::endian::little,
              "trilith::io reads little-endian files on little-endian machines.");

/// Takes values off the front of a file's bytes, never past its end.
class byte_reader {
 public:
  byte_reader(std::span<const unsigned char> bytes, std::string_view file)
      : bytes_(bytes), file_(file) {}

  [[nodiscard]] std::size_t position() const noexcept { return at_; }
  [[nodiscard]] std::size_t left() const noexcept { return bytes_.size() - at_; }
  [[nodiscard]] std::string_view file() const noexcept { return file_; }

  /// The next `count` bytes, which hold `what`.
  [[nodiscard]] result<std::span<const unsigned char>> take(std::size_t count,
                                                            std::string_view what) {
    if (count > left())
      return error{errc::truncated, join(file_, ": the file ends inside ", what, ": expected ",
                                         count, " bytes at offset ", at_, ", found ", left(), ".")};
    at_ += count;
    return bytes_.subspan(at_ - count, count);
  }

  template <class T>
    requires(std::is_trivially_copyable_v<T>)
  [[nodiscard]] result<T> read(std::string_view what) {
    auto bytes = take(sizeof(T), what);
    if (!bytes) return std::move(bytes).error();
    T value;
    __builtin_memcpy(&value, bytes->data(), sizeof(T));
    return value;
  }

  /// Fills `out`, an array of `count` values.
  template <class T>
    requires(std::is_trivially_copyable_v<T>)
  [[nodiscard]] status read_into(T* out, std::size_t count, std::string_view what) {
    auto bytes = take(count * sizeof(T), what);
    if (!bytes) return std::move(bytes).error();
    if (count != 0) __builtin_memcpy(static_cast<void*>(out), bytes->data(), bytes->size());
    return done{};
  }

  /// An error unless every byte was taken.
  [[nodiscard]] status expect_end() const {
    if (left() != 0)
      return error{errc::malformed, join(file_, ": expected the file to end at offset ", at_,
                                         ", found ", left(), " bytes more.")};
    return done{};
  }

 private:
  std::span<const unsigned char> bytes_;
  std::string file_;
  std::size_t at_ = 0;
};

}  // namespace trilith::io

#endif

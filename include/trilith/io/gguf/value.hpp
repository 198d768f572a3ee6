#ifndef TRILITH_IO_GGUF_VALUE_HPP
#define TRILITH_IO_GGUF_VALUE_HPP

#include <trilith/io/gguf/value_type.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace trilith::io {

static_assert(std::endian::native == std::endian::little,
              "trilith::io reads little-endian files on little-endian machines.");

class gguf_elements;
class gguf_strings;

/// A value of a GGUF file's metadata: a view of bytes that were checked and must outlive it.
///
///     std::uint64_t layers = 0;
///     const auto* value = file.find("llama.block_count");
///     if (value == nullptr || !value->as_unsigned(layers)) ...
class gguf_value {
 public:
  /// `encoded`: as in the file, without the type, and for an array without its type and count.
  gguf_value(gguf_type type, gguf_type element_type, std::uint64_t count,
             std::span<const unsigned char> encoded) noexcept
      : type_(type), element_type_(element_type), count_(count), encoded_(encoded) {}

  [[nodiscard]] gguf_type type() const noexcept { return type_; }
  [[nodiscard]] bool is_array() const noexcept { return type_ == gguf_type::array; }
  /// Of an array; elsewhere the same as type().
  [[nodiscard]] gguf_type element_type() const noexcept { return element_type_; }
  /// Elements of an array; elsewhere 1.
  [[nodiscard]] std::uint64_t size() const noexcept { return count_; }
  [[nodiscard]] std::span<const unsigned char> encoded() const noexcept { return encoded_; }

  /// These give the value, or false where its type is another or it is out of range. Any integer
  /// type will do for as_unsigned and as_signed, any number for as_float: writers differ.
  [[nodiscard]] bool as_unsigned(std::uint64_t& out) const noexcept {
    if (is_unsigned()) return out = load_unsigned(), true;
    std::int64_t value = 0;
    if (!is_signed() || (value = load_signed()) < 0) return false;
    out = static_cast<std::uint64_t>(value);
    return true;
  }
  [[nodiscard]] bool as_signed(std::int64_t& out) const noexcept {
    if (is_signed()) return out = load_signed(), true;
    std::uint64_t value = 0;
    if (!is_unsigned() || (value = load_unsigned()) >> 63 != 0) return false;
    out = static_cast<std::int64_t>(value);
    return true;
  }
  [[nodiscard]] bool as_float(double& out) const noexcept {
    if (type_ == gguf_type::f32) return out = static_cast<double>(load<float>()), true;
    if (type_ == gguf_type::f64) return out = load<double>(), true;
    if (is_unsigned()) return out = static_cast<double>(load_unsigned()), true;
    if (is_signed()) return out = static_cast<double>(load_signed()), true;
    return false;
  }
  [[nodiscard]] bool as_bool(bool& out) const noexcept {
    return type_ == gguf_type::boolean && (out = encoded_[0] != 0, true);
  }
  [[nodiscard]] bool as_string(std::string_view& out) const noexcept {
    if (type_ != gguf_type::string) return false;
    out = {reinterpret_cast<const char*>(encoded_.data()) + 8, encoded_.size() - 8};
    return true;
  }

  /// The elements of an array, each a gguf_value; of any other value, the value alone.
  [[nodiscard]] gguf_elements elements() const noexcept;
  /// The elements of an array of strings, each a std::string_view; empty for all else.
  [[nodiscard]] gguf_strings strings() const noexcept;

 private:
  [[nodiscard]] bool is_unsigned() const noexcept {
    return type_ == gguf_type::u8 || type_ == gguf_type::u16 || type_ == gguf_type::u32 ||
           type_ == gguf_type::u64;
  }
  [[nodiscard]] bool is_signed() const noexcept {
    return type_ == gguf_type::i8 || type_ == gguf_type::i16 || type_ == gguf_type::i32 ||
           type_ == gguf_type::i64;
  }
  [[nodiscard]] std::uint64_t load_unsigned() const noexcept {
    std::uint64_t value = 0;
    __builtin_memcpy(&value, encoded_.data(), bytes_of(type_));
    return value;
  }
  [[nodiscard]] std::int64_t load_signed() const noexcept {
    const unsigned unused = 64 - 8 * bytes_of(type_);
    return static_cast<std::int64_t>(load_unsigned() << unused) >> unused;
  }
  template <class T>
  [[nodiscard]] T load() const noexcept {
    T value;
    __builtin_memcpy(&value, encoded_.data(), sizeof(T));
    return value;
  }

  gguf_type type_, element_type_;
  std::uint64_t count_;
  std::span<const unsigned char> encoded_;
};

}  // namespace trilith::io

#endif

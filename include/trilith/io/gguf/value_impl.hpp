#ifndef TRILITH_IO_GGUF_VALUE_IMPL_HPP
#define TRILITH_IO_GGUF_VALUE_IMPL_HPP

#include <trilith/io/byte_reader.hpp>
#include <trilith/io/gguf/text_impl.hpp>
#include <trilith/io/gguf/value.hpp>

#include <cstring>
#include <string>
#include <string_view>

namespace trilith::io::gguf {

/// Reads the metadata's values where they lie.
class value_reader {
 public:
  value_reader(byte_reader& in, std::string_view key, bool lenient)
      : in_(in), key_(key), lenient_(lenient), what_(join("the value of key ", quoted(key))) {}

  [[nodiscard]] result<gguf_value> read() {
    const auto type = read_type("a type");
    if (!type) return type.error();
    if (*type == gguf_type::array) return read_array();
    if (*type != gguf_type::string) return read_numbers(*type, *type, 1);
    return read_strings(gguf_type::string, 1);
  }

 private:
  [[nodiscard]] error fault(errc code, std::string_view what) const {
    return key_fault(in_.file(), key_, code, what);
  }
  [[nodiscard]] result<gguf_type> read_type(std::string_view expected) {
    const auto number = in_.read<std::uint32_t>(what_);
    if (!number) return number.error();
    if (*number >= gguf_types.size())
      return fault(errc::malformed, join("expected ", expected, " from 0 to 12, found ", *number,
                                         " at offset ", in_.position() - 4, "."));
    return static_cast<gguf_type>(*number);
  }
  [[nodiscard]] result<gguf_value> read_array() {
    const auto type = read_type("an element type");
    if (!type) return type.error();
    if (*type == gguf_type::array)
      return fault(errc::unsupported,
                   "expected an array of numbers or texts, found nested arrays.");
    const auto count = in_.read<std::uint64_t>(what_);
    if (!count) return count.error();
    if (*type == gguf_type::string) return read_strings(gguf_type::array, *count);
    return read_numbers(gguf_type::array, *type, *count);
  }
  [[nodiscard]] result<gguf_value> read_numbers(gguf_type type, gguf_type element,
                                                std::uint64_t count) {
    const std::uint64_t size = bytes_of(element);
    if (count > in_.left() / size) return too_long(count, name_of(element), size);
    const auto bytes = in_.take(count * size, what_);
    if (!bytes) return bytes.error();
    if (element == gguf_type::boolean && !lenient_)
      if (status ok = check_bools(*bytes); !ok) return std::move(ok).error();
    return gguf_value(type, element, count, *bytes);
  }
  [[nodiscard]] status check_bools(std::span<const unsigned char> bytes) const {
    for (const unsigned char byte : bytes)
      if (byte > 1)
        return fault(errc::malformed, join("expected a bool of 0 or 1, found ", +byte, "."));
    return done{};
  }
  [[nodiscard]] result<gguf_value> read_strings(gguf_type type, std::uint64_t count) {
    if (count > in_.left() / 8) return too_long(count, "string", 8);
    byte_reader ahead = in_;  // sized by walking, then taken as a whole
    const auto rest = ahead.take(ahead.left(), what_);
    std::uint64_t at = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
      std::uint64_t length = 0;
      if (rest->size() - at < 8) return cut(i, 8, rest->size() - at);
      std::memcpy(&length, rest->data() + at, 8);
      at += 8;
      if (length > rest->size() - at) return cut(i, length, rest->size() - at);
      const std::string_view text(reinterpret_cast<const char*>(rest->data()) + at, length);
      if (!lenient_ && !is_utf8(text)) return no_utf8(i, text);
      at += length;
    }
    const auto bytes = in_.take(at, what_);
    if (!bytes) return bytes.error();
    return gguf_value(type, gguf_type::string, count, *bytes);
  }
  [[nodiscard]] error too_long(std::uint64_t count, std::string_view type,
                               std::uint64_t size) const {
    return fault(errc::truncated,
                 join("expected ", count, " values of type ", type, ", at least ", size,
                      " bytes each, found ", in_.left(), " bytes left in the file."));
  }
  [[nodiscard]] error cut(std::uint64_t i, std::uint64_t expected, std::uint64_t found) const {
    return fault(errc::truncated, join("the file ends inside text ", i, ": expected ", expected,
                                       " bytes, found ", found, "."));
  }
  [[nodiscard]] error no_utf8(std::uint64_t i, std::string_view text) const {
    return fault(errc::malformed,
                 join("expected texts of UTF-8, found ", quoted(text), " as text ", i, "."));
  }

  byte_reader& in_;
  std::string_view key_;
  bool lenient_;
  std::string what_;
};

}  // namespace trilith::io::gguf

#endif

#ifndef TRILITH_TEXT_SENTENCEPIECE_PROTOBUF_IMPL_HPP
#define TRILITH_TEXT_SENTENCEPIECE_PROTOBUF_IMPL_HPP

#include <trilith/text/little_endian_impl.hpp>

#include <bit>
#include <cstdint>
#include <span>

namespace trilith::text::detail {

/// One field of a protobuf message, as the wire has it.
struct wire_field {
  enum class form : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

  std::uint32_t number = 0;
  form type = form::varint;
  std::uint64_t value = 0;                   // varint, fixed64, fixed32
  std::span<const unsigned char> payload{};  // bytes: a string or a message

  [[nodiscard]] bool is(std::uint32_t n, form f) const { return number == n && type == f; }
  [[nodiscard]] float as_float() const {
    return std::bit_cast<float>(static_cast<std::uint32_t>(value));
  }
  /// Negative numbers are written as 64 bits and cut.
  [[nodiscard]] std::int32_t as_int() const { return static_cast<std::int32_t>(value); }
};

/// Walks over the fields of one message. Nothing is read past its end, and no length is believed
/// before it is compared with the bytes that are left.
/// @see protobuf.dev/programming-guides/encoding
class wire_reader {
 public:
  explicit wire_reader(std::span<const unsigned char> message) : in_{message} {}

  /// The next field; false at the end and where the message breaks.
  [[nodiscard]] bool next(wire_field& field) {
    if (in_.left() == 0) return false;
    start_ = in_.at;
    broken_ = !read(field);
    return !broken_;
  }
  [[nodiscard]] bool broken() const { return broken_; }
  /// The offset in the message of the last field that next() looked at.
  [[nodiscard]] std::size_t offset() const { return start_; }

 private:
  [[nodiscard]] bool read(wire_field& field) {
    std::uint64_t tag = 0;
    if (!varint(tag) || tag >> 32 != 0 || tag >> 3 == 0) return false;
    field.number = static_cast<std::uint32_t>(tag >> 3);
    field.type = static_cast<wire_field::form>(tag & 7);
    switch (field.type) {
      case wire_field::form::varint:
        return varint(field.value);
      case wire_field::form::fixed64:
        return fixed(field.value, 8);
      case wire_field::form::fixed32:
        return fixed(field.value, 4);
      case wire_field::form::bytes:
        return bytes(field);
    }
    return false;  // groups, which no tokenizer uses
  }

  [[nodiscard]] bool varint(std::uint64_t& value) {
    value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (!in_.holds(1)) return false;
      const std::uint8_t byte = in_.u8();
      value |= std::uint64_t{byte & 0x7Fu} << shift;
      if (byte < 0x80) return true;
    }
    return false;
  }

  [[nodiscard]] bool fixed(std::uint64_t& value, unsigned width) {
    if (!in_.holds(width)) return false;
    value = 0;
    for (unsigned i = 0; i < width; ++i) value |= std::uint64_t{in_.u8()} << (8 * i);
    return true;
  }

  [[nodiscard]] bool bytes(wire_field& field) {
    std::uint64_t length = 0;
    if (!varint(length) || !in_.holds(length)) return false;
    field.payload = in_.take(static_cast<std::size_t>(length));
    return true;
  }

  byte_reader in_;
  std::size_t start_ = 0;
  bool broken_ = false;
};

}  // namespace trilith::text::detail

#endif

#ifndef TRILITH_IO_GGUF_OWNED_VALUE_HPP
#define TRILITH_IO_GGUF_OWNED_VALUE_HPP

#include <trilith/io/gguf/elements.hpp>

#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace trilith::io {

namespace gguf {

template <class T>
concept Number = std::is_arithmetic_v<T> && !std::is_same_v<T, char> && sizeof(T) <= 8;

/// The type that holds a C++ number as it is: std::int32_t is i32, bool is bool.
template <Number T>
[[nodiscard]] consteval gguf_type type_of() noexcept {
  if (std::is_same_v<T, bool>) return gguf_type::boolean;
  if (std::is_floating_point_v<T>) return sizeof(T) == 4 ? gguf_type::f32 : gguf_type::f64;
  constexpr gguf_type of_unsigned[] = {gguf_type::u8, gguf_type::u16, gguf_type::u32,
                                       gguf_type::u64};
  constexpr gguf_type of_signed[] = {gguf_type::i8, gguf_type::i16, gguf_type::i32, gguf_type::i64};
  constexpr std::size_t i = sizeof(T) == 1 ? 0 : sizeof(T) == 2 ? 1 : sizeof(T) == 4 ? 2 : 3;
  return std::is_unsigned_v<T> ? of_unsigned[i] : of_signed[i];
}

}  // namespace gguf

/// A value for write_gguf, encoded as it will lie in the file. Numbers, texts, and vectors of them
/// convert to it; the type in the file is the C++ type's, so spell it:
///
///     {"llama.block_count", std::uint32_t{30}}, {"tokenizer.ggml.scores", std::vector<float>{...}}
class gguf_owned_value {
 public:
  template <gguf::Number T>
  gguf_owned_value(T number) : gguf_owned_value(gguf::type_of<T>()) {
    append(number);
  }
  gguf_owned_value(std::string_view text) : gguf_owned_value(gguf_type::string) { append(text); }
  gguf_owned_value(const std::string& text) : gguf_owned_value(std::string_view(text)) {}
  gguf_owned_value(const char* text) : gguf_owned_value(std::string_view(text)) {}
  template <gguf::Number T>
  gguf_owned_value(const std::vector<T>& numbers)
      : gguf_owned_value(gguf::type_of<T>(), numbers.size()) {
    for (const T number : numbers) append(number);
  }
  gguf_owned_value(const std::vector<std::string_view>& texts)
      : gguf_owned_value(gguf_type::string, texts.size()) {
    for (const std::string_view text : texts) append(text);
  }
  gguf_owned_value(const std::vector<std::string>& texts)
      : gguf_owned_value(gguf_type::string, texts.size()) {
    for (const std::string& text : texts) append(std::string_view(text));
  }
  /// A copy of what a file says.
  explicit gguf_owned_value(const gguf_value& value)
      : type_(value.type()),
        element_type_(value.element_type()),
        count_(value.size()),
        encoded_(reinterpret_cast<const char*>(value.encoded().data()), value.encoded().size()) {}

  /// The value, as a reader of the file will see it.
  [[nodiscard]] gguf_value view() const noexcept {
    return {type_,
            element_type_,
            count_,
            {reinterpret_cast<const unsigned char*>(encoded_.data()), encoded_.size()}};
  }

 private:
  explicit gguf_owned_value(gguf_type type) : type_(type), element_type_(type), count_(1) {}
  gguf_owned_value(gguf_type element_type, std::size_t count)
      : type_(gguf_type::array), element_type_(element_type), count_(count) {}

  template <gguf::Number T>
  void append(T number) {
    char bytes[sizeof(T)];
    __builtin_memcpy(bytes, &number, sizeof(T));
    encoded_.append(bytes, sizeof(T));
  }
  void append(std::string_view text) {
    append(std::uint64_t{text.size()});
    encoded_ += text;
  }

  gguf_type type_, element_type_;
  std::uint64_t count_;
  std::string encoded_;
};

}  // namespace trilith::io

#endif

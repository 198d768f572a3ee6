#ifndef TRILITH_IO_GGUF_ELEMENTS_HPP
#define TRILITH_IO_GGUF_ELEMENTS_HPP

#include <trilith/io/gguf/value.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace trilith::io {

namespace gguf {

/// Walks encoded values of one type.
class cursor {
 public:
  cursor(gguf_type type, const unsigned char* at, std::uint64_t left) noexcept
      : type_(type), at_(at), left_(left) {}

  [[nodiscard]] gguf_value value() const noexcept { return {type_, type_, 1, {at_, bytes()}}; }
  void advance() noexcept {
    at_ += bytes();
    --left_;
  }
  [[nodiscard]] bool at_end() const noexcept { return left_ == 0; }

 private:
  [[nodiscard]] std::size_t bytes() const noexcept {
    if (type_ != gguf_type::string) return bytes_of(type_);
    std::uint64_t length;
    __builtin_memcpy(&length, at_, sizeof length);
    return 8 + length;
  }

  gguf_type type_;
  const unsigned char* at_;
  std::uint64_t left_;
};

struct end_of_values {};

}  // namespace gguf

/// `for (const gguf_value element : value.elements())`
class gguf_elements {
 public:
  class iterator : gguf::cursor {
   public:
    explicit iterator(gguf::cursor c) noexcept : cursor(c) {}
    [[nodiscard]] gguf_value operator*() const noexcept { return value(); }
    iterator& operator++() noexcept { return advance(), *this; }
    friend bool operator==(const iterator& i, gguf::end_of_values) noexcept { return i.at_end(); }
  };

  explicit gguf_elements(gguf::cursor first) noexcept : first_(first) {}
  [[nodiscard]] iterator begin() const noexcept { return iterator(first_); }
  [[nodiscard]] gguf::end_of_values end() const noexcept { return {}; }

 private:
  gguf::cursor first_;
};

/// `for (const std::string_view text : value.strings())`
class gguf_strings {
 public:
  class iterator : gguf::cursor {
   public:
    explicit iterator(gguf::cursor c) noexcept : cursor(c) {}
    [[nodiscard]] std::string_view operator*() const noexcept {
      std::string_view text;
      (void)value().as_string(text);
      return text;
    }
    iterator& operator++() noexcept { return advance(), *this; }
    friend bool operator==(const iterator& i, gguf::end_of_values) noexcept { return i.at_end(); }
  };

  explicit gguf_strings(gguf::cursor first) noexcept : first_(first) {}
  [[nodiscard]] iterator begin() const noexcept { return iterator(first_); }
  [[nodiscard]] gguf::end_of_values end() const noexcept { return {}; }

 private:
  gguf::cursor first_;
};

inline gguf_elements gguf_value::elements() const noexcept {
  return gguf_elements({element_type_, encoded_.data(), count_});
}
inline gguf_strings gguf_value::strings() const noexcept {
  const bool are_strings = is_array() && element_type_ == gguf_type::string;
  return gguf_strings({gguf_type::string, encoded_.data(), are_strings ? count_ : 0});
}

}  // namespace trilith::io

#endif

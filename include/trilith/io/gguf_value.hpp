#ifndef TRILITH_IO_GGUF_VALUE_HPP
#define TRILITH_IO_GGUF_VALUE_HPP

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace trilith::io {

static_assert(std::endian::native == std::endian::little,
              "trilith::io reads little-endian files on little-endian machines.");

/// The types of GGUF metadata; the values are the numbers in files.
enum class gguf_type : std::uint32_t {
  u8 = 0,
  i8 = 1,
  u16 = 2,
  i16 = 3,
  u32 = 4,
  i32 = 5,
  f32 = 6,
  boolean = 7,
  string = 8,
  array = 9,
  u64 = 10,
  i64 = 11,
  f64 = 12
};

struct gguf_type_traits {
  std::string_view name;
  std::uint32_t bytes;  ///< of a value; 0 where that differs from value to value
};

inline constexpr std::array<gguf_type_traits, 13> gguf_types{{{"u8", 1},
                                                              {"i8", 1},
                                                              {"u16", 2},
                                                              {"i16", 2},
                                                              {"u32", 4},
                                                              {"i32", 4},
                                                              {"f32", 4},
                                                              {"bool", 1},
                                                              {"string", 0},
                                                              {"array", 0},
                                                              {"u64", 8},
                                                              {"i64", 8},
                                                              {"f64", 8}}};

[[nodiscard]] constexpr std::string_view name_of(gguf_type t) noexcept {
  return gguf_types[static_cast<std::size_t>(t)].name;
}
[[nodiscard]] constexpr std::uint32_t bytes_of(gguf_type t) noexcept {
  return gguf_types[static_cast<std::size_t>(t)].bytes;
}

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

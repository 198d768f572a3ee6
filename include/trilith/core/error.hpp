#ifndef TRILITH_CORE_ERROR_HPP
#define TRILITH_CORE_ERROR_HPP

#include <trilith/config.hpp>

#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>
#include <string_view>
#include <utility>

namespace trilith {

/// Why an operation on user data failed; `error::message` says it in a sentence.
enum class errc {
  file_not_found,    ///< the path does not name a readable file
  io_failure,        ///< the system refused a read, write, sync or rename
  truncated,         ///< the file ends before its own header says it does
  malformed,         ///< the bytes do not follow the format
  unsupported,       ///< well-formed, but nothing here reads it
  mismatch,          ///< shape, blueprint or type differs from what the program asked for
  invalid_value,     ///< a NaN scale, a code that no packing produces, a token out of range
  invalid_argument,  ///< an option outside its range
  out_of_context,    ///< more tokens than the model's context holds
  cancelled,         ///< a callback asked to stop
  out_of_memory,     ///< the system has no room for what was asked
};

struct error {
  errc code = errc::malformed;
  std::string message;
};

/// Stops the program with one sentence: for broken preconditions and for `result::value()`.
[[noreturn]] inline void fail(std::string_view sentence) noexcept {
  std::fprintf(stderr, "trilith: %.*s\n", static_cast<int>(sentence.size()), sentence.data());
  std::abort();
}

/// A value, or the error that kept it from existing. Nothing is thrown.
///
///     auto file = tl::io::map_file("model.safetensors");
///     if (!file) return std::move(file).error();
template <class T>
class [[nodiscard]] result {
 public:
  using value_type = T;

  result(T value) noexcept : good_(true), value_(std::move(value)) {}
  result(trilith::error why) noexcept : good_(false), error_(std::move(why)) {}
  result(result&& other) noexcept : good_(other.good_) { take(std::move(other)); }
  result& operator=(result&& other) noexcept {
    if (this != &other) {
      drop();
      good_ = other.good_;
      take(std::move(other));
    }
    return *this;
  }
  ~result() { drop(); }

  [[nodiscard]] bool has_value() const noexcept { return good_; }
  explicit operator bool() const noexcept { return good_; }

  /// The value. Without one the program stops and prints the error's sentence.
  T& value() & noexcept { return expect(), value_; }
  const T& value() const& noexcept { return expect(), value_; }
  T value() && noexcept { return expect(), std::move(value_); }

  T& operator*() & noexcept { return value(); }
  const T& operator*() const& noexcept { return value(); }
  T* operator->() noexcept { return &value(); }
  const T* operator->() const noexcept { return &value(); }

  /// The error; only when there is no value.
  [[nodiscard]] const trilith::error& error() const& noexcept {
    if (good_) fail("result::error() was called on a result that holds a value.");
    return error_;
  }
  [[nodiscard]] trilith::error error() && noexcept {
    if (good_) fail("result::error() was called on a result that holds a value.");
    return std::move(error_);
  }

 private:
  void expect() const noexcept {
    if (!good_) fail(error_.message);
  }
  void take(result&& other) noexcept {
    if (good_)
      ::new (static_cast<void*>(&value_)) T(std::move(other.value_));
    else
      ::new (static_cast<void*>(&error_)) trilith::error(std::move(other.error_));
  }
  void drop() noexcept {
    if (good_)
      value_.~T();
    else
      error_.~error();
  }

  bool good_;
  union {
    T value_;
    trilith::error error_;
  };
};

/// The value of an operation that only succeeds or fails.
struct done {};
using status = result<done>;

}  // namespace trilith

/// Checks what the caller promised; a sentence instead of undefined behaviour (TRILITH_CHECKED).
#if TRILITH_CHECKED
#define TRILITH_PRECONDITION(condition, sentence) \
  ((condition) ? void(0) : ::trilith::fail("precondition broken: " sentence))
#else
#define TRILITH_PRECONDITION(condition, sentence) ((void)0)
#endif

#endif

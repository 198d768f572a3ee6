#ifndef TRILITH_CORE_ALIGNED_BUFFER_HPP
#define TRILITH_CORE_ALIGNED_BUFFER_HPP

#include <trilith/core/large_memory.hpp>
#include <trilith/core/shared_owner.hpp>

#include <cstddef>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

namespace trilith {

/// For memory that is written whole before it is read.
struct not_zeroed {};

/// An array of trivial T with 64 readable bytes after the end, so that a kernel may load one whole
/// vector past a row's tail. It owns its memory, on a 64-byte boundary and zero-filled; or, made by
/// view_of(), it shows memory that someone else keeps alive. A copy always owns. Where the program
/// has the runtime linked, a large one is in huge pages (core/large_memory.hpp).
template <class T>
class aligned_buffer {
  static_assert(std::is_trivially_copyable_v<T>, "aligned_buffer holds trivially copyable values.");

 public:
  static constexpr std::size_t alignment = 64;
  static constexpr std::size_t slack_bytes = 64;

  aligned_buffer() noexcept = default;
  explicit aligned_buffer(std::size_t count) : size_(count) {
    if (!take(count)) __builtin_memset(static_cast<void*>(data_), 0, count * sizeof(T));
  }
  aligned_buffer(std::size_t count, not_zeroed) : size_(count) { (void)take(count); }
  /// Shows `count` values that `owner` keeps alive. 64 bytes after them must be readable; they need
  /// no more alignment than T has. Values shown this way may be in memory that cannot be written.
  [[nodiscard]] static aligned_buffer view_of(const T* data, std::size_t count,
                                              shared_owner owner) noexcept {
    aligned_buffer out;
    out.data_ = const_cast<T*>(data);
    out.size_ = count;
    std::swap(out.owner_, owner);
    return out;
  }
  aligned_buffer(const aligned_buffer& other) : aligned_buffer(other.size_, not_zeroed{}) {
    if (size_ != 0) __builtin_memcpy(static_cast<void*>(data_), other.data_, size_ * sizeof(T));
  }
  aligned_buffer(aligned_buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        large_(other.large_),
        owner_(std::move(other.owner_)) {}
  aligned_buffer& operator=(aligned_buffer other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(large_, other.large_);
    std::swap(owner_, other.owner_);
    return *this;
  }
  ~aligned_buffer() {
    if (data_ == nullptr || owner_) return;
    if (large_ != nullptr)
      large_->give_back(data_, size_ * sizeof(T) + slack_bytes);
    else
      ::operator delete(data_, std::align_val_t{alignment});
  }

  /// Whether it shows memory of someone else.
  [[nodiscard]] bool is_view() const noexcept { return static_cast<bool>(owner_); }

  [[nodiscard]] T* data() noexcept { return data_; }
  [[nodiscard]] const T* data() const noexcept { return data_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] T& operator[](std::size_t i) noexcept { return data_[i]; }
  [[nodiscard]] const T& operator[](std::size_t i) const noexcept { return data_[i]; }
  [[nodiscard]] T* begin() noexcept { return data_; }
  [[nodiscard]] T* end() noexcept { return data_ + size_; }
  [[nodiscard]] const T* begin() const noexcept { return data_; }
  [[nodiscard]] const T* end() const noexcept { return data_ + size_; }
  [[nodiscard]] std::span<T> span() noexcept { return {data_, size_}; }
  [[nodiscard]] std::span<const T> span() const noexcept { return {data_, size_}; }

 private:
  /// Memory for `count` values and zeros after them; true where the values are zeros too.
  [[nodiscard]] bool take(std::size_t count) {
    const std::size_t bytes = count * sizeof(T) + slack_bytes;
    bool is_zeroed = false;
    if (bytes >= large_memory::from_bytes && large_memory::installed != nullptr) {
      data_ = static_cast<T*>(large_memory::installed->take(bytes, is_zeroed));
      if (data_ != nullptr) large_ = large_memory::installed;
    }
    if (data_ == nullptr)
      data_ = static_cast<T*>(::operator new(bytes, std::align_val_t{alignment}));
    if (!is_zeroed) __builtin_memset(static_cast<void*>(data_ + count), 0, slack_bytes);
    return is_zeroed;
  }

  T* data_ = nullptr;
  std::size_t size_ = 0;
  const large_memory* large_ = nullptr;  ///< whose the memory is; null: operator new's
  shared_owner owner_;
};

}  // namespace trilith

#endif

#ifndef TRILITH_CORE_SHARED_OWNER_HPP
#define TRILITH_CORE_SHARED_OWNER_HPP

#include <utility>

namespace trilith {

/// Keeps one value alive for all who view it, such as a mapped file whose tensors are used in
/// place. The last copy ends it. Copies may live in different threads.
class shared_owner {
 public:
  shared_owner() noexcept = default;
  /// Takes a value in; `kept`, where given, is set to where it is now.
  template <class T>
  [[nodiscard]] static shared_owner of(T value, T** kept = nullptr) {
    shared_owner owner;
    auto* const made = new holder<T>(std::move(value));
    owner.block_ = made;
    if (kept != nullptr) *kept = &made->value;
    return owner;
  }
  shared_owner(const shared_owner& other) noexcept : block_(other.block_) {
    if (block_ != nullptr) __atomic_fetch_add(&block_->owners, 1, __ATOMIC_RELAXED);
  }
  shared_owner(shared_owner&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  shared_owner& operator=(shared_owner other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~shared_owner() {
    if (block_ != nullptr && __atomic_sub_fetch(&block_->owners, 1, __ATOMIC_ACQ_REL) == 0)
      block_->end(block_);
  }

  explicit operator bool() const noexcept { return block_ != nullptr; }

 private:
  struct block {
    void (*end)(block*) noexcept;
    long owners = 1;
  };
  template <class T>
  struct holder : block {
    explicit holder(T v)
        : block{[](block* b) noexcept { delete static_cast<holder*>(b); }}, value(std::move(v)) {}
    T value;
  };
  block* block_ = nullptr;
};

}  // namespace trilith

#endif

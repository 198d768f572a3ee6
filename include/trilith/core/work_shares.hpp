#ifndef TRILITH_CORE_WORK_SHARES_HPP
#define TRILITH_CORE_WORK_SHARES_HPP

#include <cstddef>

namespace trilith {

/// The indices [0, count) in about four parts for each of some threads. A thread takes the parts of
/// its own share first, so that it meets the same rows in every pass, and then those that others
/// left: a thread that is disturbed holds nobody up for longer than one part.
class work_shares {
 public:
  /// slots: threads that take part, at least 1 and at most `count`.
  work_shares(std::size_t count, std::size_t slots) noexcept
      : count_(count),
        parts_(count / parts_per_slot < slots ? count : parts_per_slot * slots),
        shares_(slots < most_shares ? slots : most_shares) {
    while (step_ < 32 && step_ * 8 <= count_ / parts_) step_ *= 2;
    for (std::size_t i = 0; i < shares_; ++i)
      share_[i] = {parts_ * i / shares_, parts_ * (i + 1) / shares_};
  }

  /// Gives the thread in this slot its next indices; false when none are left.
  [[nodiscard]] bool take(std::size_t slot, std::size_t& begin, std::size_t& end) noexcept {
    for (std::size_t i = 0; i < shares_; ++i) {
      share& from = share_[(slot + i) % shares_];
      if (__atomic_load_n(&from.next, __ATOMIC_RELAXED) >= from.end) continue;
      const std::size_t part = __atomic_fetch_add(&from.next, std::size_t{1}, __ATOMIC_RELAXED);
      if (part >= from.end) continue;
      begin = edge(part);
      end = edge(part + 1);
      return true;
    }
    return false;
  }

 private:
  static constexpr std::size_t parts_per_slot = 4, most_shares = 32;
  struct alignas(64) share {  // a cache line of its own: threads seldom meet
    std::size_t next, end;    // parts
  };

  /// Parts begin at multiples of up to 32 rows, as kernels take them, where they are long enough.
  [[nodiscard]] std::size_t edge(std::size_t part) const noexcept {
    return part == parts_ ? count_ : count_ * part / parts_ / step_ * step_;
  }

  std::size_t count_, parts_, shares_, step_ = 1;
  share share_[most_shares];
};

}  // namespace trilith

#endif

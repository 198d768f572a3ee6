#ifndef TRILITH_TRAIN_ANY_SCHEDULE_HPP
#define TRILITH_TRAIN_ANY_SCHEDULE_HPP

#include <trilith/train/description.hpp>
#include <trilith/train/schedule.hpp>

#include <cstddef>
#include <cstdint>
#include <new>
#include <string_view>
#include <type_traits>

namespace trilith::inline TRILITH_ABI {

/// Any Schedule of at most 64 bytes, so that options can name one without a template parameter: it
/// is asked twice a step.
///
///     tl::any_schedule s = tl::cosine{.warmup = 100};
class any_schedule {
 public:
  static constexpr std::size_t room = 64;

  template <Schedule S>
  any_schedule(const S& s) noexcept : does_(&actions_of<S>) {
    static_assert(std::is_trivially_copyable_v<S> && sizeof(S) <= room,
                  "trilith: a schedule among train_options is a trivially copyable aggregate of at "
                  "most 64 bytes.");
    ::new (static_cast<void*>(memory_)) S(s);
  }

  [[nodiscard]] std::string_view name() const noexcept { return does_->name; }
  [[nodiscard]] double rate(std::uint64_t step, std::uint64_t steps) const noexcept {
    return does_->rate(memory_, step, steps);
  }
  [[nodiscard]] double decay(std::uint64_t step, std::uint64_t steps) const noexcept {
    return does_->decay(memory_, step, steps);
  }
  /// As description::add_policy().
  void describe_as(const std::string& key, description& out) const {
    does_->describe(memory_, key, out);
  }

 private:
  struct actions {
    std::string_view name;
    double (*rate)(const void*, std::uint64_t, std::uint64_t) noexcept;
    double (*decay)(const void*, std::uint64_t, std::uint64_t) noexcept;
    void (*describe)(const void*, const std::string&, description&);
  };
  template <class S>
  static constexpr actions actions_of = {
      S::name,
      [](const void* s, std::uint64_t step, std::uint64_t steps) noexcept {
        return static_cast<const S*>(s)->rate(step, steps);
      },
      [](const void* s, std::uint64_t step, std::uint64_t steps) noexcept {
        return static_cast<const S*>(s)->decay(step, steps);
      },
      [](const void* s, const std::string& key, description& out) {
        out.add_policy(key, *static_cast<const S*>(s));
      }};

  alignas(std::max_align_t) unsigned char memory_[room] = {};
  const actions* does_;
};

}  // namespace trilith::inline TRILITH_ABI

#endif

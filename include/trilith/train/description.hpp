#ifndef TRILITH_TRAIN_DESCRIPTION_HPP
#define TRILITH_TRAIN_DESCRIPTION_HPP

#include <trilith/core/text.hpp>
#include <trilith/io/safetensors.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

/// Optimisers, schedules and options as names with values, for checkpoints to compare.
namespace trilith::TRILITH_IMPLEMENTED {
std::string decimals_of(double x);
bool number_from(std::string_view text, double& out) noexcept;
bool number_from(std::string_view text, std::uint64_t& out) noexcept;
}  // namespace trilith::TRILITH_IMPLEMENTED

namespace trilith {

/// The shortest decimals that give this double exactly when read: "0.1", "1e-08"; no locale changes
/// them.
[[nodiscard]] inline std::string decimals(double x) {
  return TRILITH_IMPLEMENTED::decimals_of(x);
}

/// A list of names with values.
class description {
 public:
  void add(std::string name, std::string_view value) {
    pairs_.push_back({std::move(name), std::string(value)});
  }
  void add(std::string name, double value) { add(std::move(name), decimals(value)); }
  template <class Integer>
    requires(std::is_integral_v<Integer>)
  void add(std::string name, Integer value) {
    add(std::move(name), std::to_string(value));
  }

  /// `name` = the policy's name, and `name.x` for each x that it describes: policies may have a
  /// member describe(f) that calls f("x", number or text) for all that changes what they do.
  template <class Policy>
  void add_policy(const std::string& name, const Policy& policy) {
    add(name, std::string_view(Policy::name));
    if constexpr (requires { policy.describe([](std::string_view, const auto&) {}); })
      policy.describe(
          [&](std::string_view part, const auto& value) { add(join(name, ".", part), value); });
  }

  [[nodiscard]] const std::vector<io::metadata_pair>& pairs() const noexcept { return pairs_; }
  [[nodiscard]] std::vector<io::metadata_pair>& pairs() noexcept { return pairs_; }

 private:
  std::vector<io::metadata_pair> pairs_;
};

}  // namespace trilith

#endif

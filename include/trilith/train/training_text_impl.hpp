#ifndef TRILITH_TRAIN_TRAINING_TEXT_IMPL_HPP
#define TRILITH_TRAIN_TRAINING_TEXT_IMPL_HPP

#include <trilith/core/text.hpp>
#include <trilith/io/atomic_file_impl.hpp>
#include <trilith/train/training_text.hpp>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <string>

namespace trilith::training_texts {

[[nodiscard]] inline std::string with_digits(double x, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, x);
  return text;
}
/// "850", "18.3k", "2.1M"
[[nodiscard]] inline std::string short_count(double x) {
  if (x >= 1e6) return with_digits(x / 1e6, 1) + "M";
  return x >= 1e3 ? with_digits(x / 1e3, 1) + "k" : with_digits(x, 0);
}

}  // namespace trilith::training_texts

namespace trilith::TRILITH_IMPLEMENTED {

std::string spelled_duration(double seconds) {
  const long all = std::lround(seconds);
  char text[64];
  if (all >= 3600)
    std::snprintf(text, sizeof text, "%ld h %02ld min", all / 3600, all / 60 % 60);
  else if (all >= 60)
    std::snprintf(text, sizeof text, "%ld min %02ld s", all / 60, all % 60);
  else
    std::snprintf(text, sizeof text, "%ld s", all);
  return text;
}

std::string progress_of_training(const step_report& last, const validation_report& checked,
                                 std::uint64_t steps, double seconds_left) {
  using namespace training_texts;
  std::string out = join(last.step, "/", steps, "  loss ", with_digits(last.loss, 3));
  if (checked.step != 0)
    out += join("  validation ", with_digits(checked.bits_per_byte, 3), " bits/byte");
  out += join("  ", short_count(last.tokens_per_second), " tokens/s");
  if (seconds_left >= 0) out += join("  ", spelled_duration(seconds_left), " left");
  return out;
}

double monotonic_seconds() noexcept {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

status write_text_file(std::string_view path, std::string_view text) {
  io::atomic_file file(path);
  status good = file.open();
  const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
  if (good) good = file.write({bytes, text.size()});
  if (good) good = file.commit();
  return good;
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif

#ifndef TRILITH_TRAIN_TRAINING_LOG_IMPL_HPP
#define TRILITH_TRAIN_TRAINING_LOG_IMPL_HPP

#include <trilith/io/files_impl.hpp>
#include <trilith/io/mapped_file.hpp>
#include <trilith/train/description.hpp>
#include <trilith/train/training_log.hpp>

#include <charconv>
#include <cmath>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace trilith::training_logs {

inline constexpr std::string_view header =
    "step,loss,gradient_norm,rate,flipped_share,zero_share,scale_drift,loss_z,norm_z,outcome,"
    "validation_bits_per_byte,validation_perplexity,tokens_per_second,seconds\n";
inline constexpr std::size_t loss_column = 1, bits_column = 10;

/// At most nine digits; nothing for NaN.
[[nodiscard]] inline std::string cell(double x) {
  if (std::isnan(x)) return {};
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, x, std::chars_format::general, 9);
  return {text, end.ptr};
}

/// Cell number `column` of a row; empty where there is none.
[[nodiscard]] inline std::string_view cell_of(std::string_view row, std::size_t column) {
  for (; column != 0; --column) {
    const std::size_t comma = row.find(',');
    if (comma == row.npos) return {};
    row.remove_prefix(comma + 1);
  }
  return row.substr(0, row.find(','));
}

/// Reads the rows of the first `done` steps; the size of the file up to their end.
class reader {
 public:
  reader(std::string_view text, std::uint64_t done, training_history& history)
      : text_(text), done_(done), history_(history) {}

  [[nodiscard]] std::size_t run() {
    std::size_t kept = header.size();
    while (true) {
      const std::size_t end = text_.find('\n', kept);
      if (end == text_.npos || !take(text_.substr(kept, end - kept))) return kept;
      kept = end + 1;
    }
  }

 private:
  /// False for the first row that does not stay.
  [[nodiscard]] bool take(std::string_view row) {
    std::uint64_t step = 0;
    if (!TRILITH_IMPLEMENTED::number_from(cell_of(row, 0), step) || step > done_) return false;
    note(history_.losses, step, cell_of(row, loss_column));
    note(history_.bits_per_byte, step, cell_of(row, bits_column));
    return true;
  }
  static void note(std::vector<curve_point>& to, std::uint64_t step, std::string_view number) {
    double y = 0;
    if (TRILITH_IMPLEMENTED::number_from(number, y)) to.push_back({static_cast<double>(step), y});
  }

  std::string_view text_;
  std::uint64_t done_;
  training_history& history_;
};

[[nodiscard]] inline error not_a_log(const std::string& path, std::string_view text) {
  return {errc::malformed,
          join(path, ": expected a training log, which begins with \"", header.substr(0, 20),
               "...\", found \"", text.substr(0, 20), "\"; move it away, or name another file.")};
}

/// Opens for appending; a file that is cut to `size` bytes.
[[nodiscard]] inline result<int> open_at(const std::string& path, std::size_t size) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file < 0)
    return TRILITH_IMPLEMENTED::files::failed(path, "the log cannot be opened for writing");
  if (::ftruncate(file, static_cast<off_t>(size)) == 0) return file;
  error why = TRILITH_IMPLEMENTED::files::failed(path, "the log cannot be cut");
  (void)::close(file);
  return why;
}

}  // namespace trilith::training_logs

namespace trilith::TRILITH_IMPLEMENTED {

std::string log_row(const step_report& s, const validation_report* v) {
  using training_logs::cell;
  std::string out = std::to_string(s.step);
  for (const double x : {s.loss, s.gradient_norm, s.rate, s.flipped_share, s.zero_share,
                         s.scale_drift, s.loss_z, s.norm_z})
    out += join(",", cell(x));
  out += join(",", name_of(s.outcome), ",", v == nullptr ? "" : cell(v->bits_per_byte), ",",
              v == nullptr ? "" : cell(v->perplexity));
  char times[64];
  std::snprintf(times, sizeof times, ",%ld,%ld.%03ld\n", std::lround(s.tokens_per_second),
                std::lround(s.seconds * 1000) / 1000, std::lround(s.seconds * 1000) % 1000);
  return out + times;
}

result<int> begin_log(const std::string& path) {
  auto file = training_logs::open_at(path, 0);
  if (!file) return file;
  if (status good = write_log(*file, path, training_logs::header); !good) {
    close_log(*file);
    return std::move(good).error();
  }
  return file;
}

result<int> continue_log(const std::string& path, std::uint64_t done, training_history& history) {
  if (!files::is_file(path)) return begin_log(path);
  const auto before = io::map_file(path);
  if (!before) return before.error();
  const std::string_view text(reinterpret_cast<const char*>(before->bytes().data()),
                              before->bytes().size());
  if (training_logs::header.starts_with(text)) return begin_log(path);
  if (!text.starts_with(training_logs::header)) return training_logs::not_a_log(path, text);
  return training_logs::open_at(path, training_logs::reader(text, done, history).run());
}

status write_log(int file, const std::string& path, std::string_view text) {
  const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
  if (files::write_all(file, {bytes, text.size()})) return done{};
  return files::failed(path, "writing the log failed");
}

status sync_log(int file, const std::string& path) {
  if (::fsync(file) == 0 || errno == EINVAL || errno == ENOSYS) return done{};  // /dev/stdout
  return files::failed(path, "writing the log to disk failed");
}

void close_log(int file) noexcept {
  (void)::close(file);
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif

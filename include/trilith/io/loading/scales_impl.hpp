#ifndef TRILITH_IO_LOADING_SCALES_IMPL_HPP
#define TRILITH_IO_LOADING_SCALES_IMPL_HPP

#include <trilith/io/loading/plan_impl.hpp>
#include <trilith/io/sources/checks_impl.hpp>
#include <trilith/weights/statistics.hpp>

#include <atomic>

/// The scales of coded weights: from as many as the file has to as many as the model has.
namespace trilith::io::loading {

/// Collects the scales of one parameter; several threads may add those of different rows.
class scale_collector {
 public:
  explicit scale_collector(const assignment& a) : a_(a), scales_(a.to.scales) {}

  /// Row r of the model has `scale` for its weights [first, first + count).
  [[nodiscard]] status add(std::size_t r, std::size_t first, std::size_t count, float scale) {
    const std::size_t group = a_.form.coded.group;
    for (std::size_t g = first / group; g * group < first + count; ++g)
      if (const float other = set(index(r, g), scale); other != scale)
        return error{errc::mismatch, join(a_.from->origin, ", row ", r, ": expected one scale for ",
                                          weights_text(), ", found ", checkpoint::spelled(other),
                                          " and ", checkpoint::spelled(scale), ".")};
    if (scales_.size() == 1) last_ = scale;
    return done{};
  }
  /// The scale of the whole matrix that was added last; 0 where there are several or none yet.
  [[nodiscard]] float last() const noexcept { return last_; }
  /// Groups that hold nothing but zeros have no scale in some files.
  void fill_gaps() noexcept {
    for (float& scale : scales_)
      if (scale == 0.0f) scale = weights::smallest_scale;
  }

 private:
  [[nodiscard]] std::size_t index(std::size_t r, std::size_t g) const noexcept {
    return scales_.size() == 1 ? 0 : r * ceil_div(a_.from->cols, a_.form.coded.group) + g;
  }
  /// What the scale is now: the first one that was set.
  [[nodiscard]] float set(std::size_t i, float scale) noexcept {
    float found = 0.0f;
    std::atomic_ref<float> slot(scales_[i]);
    return slot.compare_exchange_strong(found, scale, std::memory_order_relaxed) ? scale : found;
  }
  [[nodiscard]] std::string weights_text() const {
    return scales_.size() == 1 ? std::string("the whole matrix")
                               : join(a_.form.coded.group, " weights");
  }

  const assignment& a_;
  std::span<float> scales_;
  float last_ = 0.0f;
};

/// Whether all groups of a row of the file have this scale, which is above 0.
[[nodiscard]] inline bool is_one_scale(const source_tensor& from, std::size_t row,
                                       float scale) noexcept {
  const std::size_t group = sources::codes_of(from).group;
  if (scale == 0.0f) return false;
  for (std::size_t g = 0; g * group < from.cols; ++g)
    if (sources::scale_at(from, row, g) != scale) return false;
  return true;
}

/// The scales of row r of the model, which is row `row` of the file, once its codes are known.
[[nodiscard]] inline status add_row_scales(const assignment& a, scale_collector& scales,
                                           std::size_t r, std::size_t row,
                                           const std::int8_t* codes) {
  const source_tensor& from = *a.from;
  const std::size_t group = sources::codes_of(from).group;
  if (group == 0) return done{};
  for (std::size_t first = 0; first < from.cols; first += group) {
    const std::size_t n = min_of(group, from.cols - first);
    const float scale = sources::scale_at(from, row, first / group);
    bool is_zero = true;
    for (std::size_t i = first; i < first + n; ++i) is_zero = is_zero && codes[i] == 0;
    if (scale == 0.0f && is_zero) continue;
    if (status ok = sources::check_scale(from, row, first, scale); !ok) return ok;
    if (status ok = scales.add(r, first, n, scale); !ok) return ok;
  }
  return done{};
}

}  // namespace trilith::io::loading

#endif

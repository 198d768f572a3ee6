#ifndef TRILITH_IO_WRITING_SCALES_IMPL_HPP
#define TRILITH_IO_WRITING_SCALES_IMPL_HPP

#include <trilith/io/sources/checks_impl.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

/// A source's matrices seen as codes and scales, whatever encoding they have.
namespace trilith::io::writing {

[[nodiscard]] inline std::string spelled_shape(const source_tensor& t) {
  return join("[", t.rows, ", ", t.cols, "]");
}
[[nodiscard]] inline bool is_coded(const source_tensor& t) noexcept {
  return sources::traits_of(t.how).is_coded;
}

/// One row of a matrix as codes and scales. Floats are codes by their sign, each with a scale of
/// its own: trits in a type for floats then have one scale by themselves.
class coded_row {
 public:
  explicit coded_row(const source_tensor& from) : from_(from), codes_(from.cols) {
    if (!is_coded(from)) floats_.resize(from.cols);
    group_ = is_coded(from) ? sources::codes_of(from).group : 1;
    if (group_ == 0) group_ = from.cols;
  }

  [[nodiscard]] status read(std::size_t row) {
    row_ = row;
    if (!is_coded(from_)) return read_floats();
    const std::size_t good = sources::unpack_row(from_, row, codes_.data());
    if (good == from_.cols) return done{};
    return sources::invalid_code(from_, row, good);
  }

  [[nodiscard]] const std::vector<std::int8_t>& codes() const noexcept { return codes_; }
  /// The columns that share a scale.
  [[nodiscard]] std::size_t group() const noexcept { return group_; }
  /// The scale of column c.
  [[nodiscard]] float scale(std::size_t c) const noexcept {
    if (is_coded(from_)) return sources::scale_at(from_, row_, c / group_);
    return std::fabs(floats_[c]);
  }
  [[nodiscard]] bool is_zero(std::size_t first, std::size_t last) const noexcept {
    return std::all_of(codes_.data() + first, codes_.data() + last,
                       [](std::int8_t code) { return code == 0; });
  }

  /// Makes `scale` that of columns [first, last) where it is 0, and an error where it is another.
  /// Columns that hold only zeros agree with every scale.
  [[nodiscard]] status join_scales(std::size_t first, std::size_t last, float& scale) const {
    for (std::size_t c = first; c < last; c = (c / group_ + 1) * group_) {
      const float found = this->scale(c);
      if (found == scale && scale != 0.0f) continue;
      if (is_zero(c, std::min((c / group_ + 1) * group_, last))) continue;
      if (status ok = sources::check_scale(from_, row_, c, found); !ok) return ok;
      if (scale != 0.0f)
        return error{errc::mismatch, join(from_.origin, " ", spelled_shape(from_), ", row ", row_,
                                          ", column ", c, ": scales ", checkpoint::spelled(scale),
                                          " and ", checkpoint::spelled(found))};
      scale = found;
    }
    return done{};
  }

 private:
  [[nodiscard]] status read_floats() {
    sources::decode_row(from_, row_, floats_.data());
    if (status ok = sources::check_finite(from_, row_, floats_.data()); !ok) return ok;
    for (std::size_t c = 0; c < floats_.size(); ++c)
      codes_[c] = static_cast<std::int8_t>((floats_[c] > 0.0f) - (floats_[c] < 0.0f));
    return done{};
  }

  const source_tensor& from_;
  std::vector<std::int8_t> codes_;
  std::vector<float> floats_;
  std::size_t group_ = 0, row_ = 0;
};

/// The scale of a whole matrix; a mismatch where it has several. Of nothing but zeros: what the
/// source says, or 1.
[[nodiscard]] inline result<float> scale_of_matrix(const source_tensor& from) {
  if (is_coded(from) && sources::codes_of(from).group == 0) {
    const float scale = sources::scale_at(from, 0, 0);
    if (status ok = sources::check_scale(from, scale); !ok) return std::move(ok).error();
    return scale;
  }
  coded_row row(from);
  float scale = 0.0f;
  for (std::size_t r = 0; r < from.rows; ++r) {
    status ok = row.read(r);
    if (ok) ok = row.join_scales(0, from.cols, scale);
    if (!ok) return std::move(ok).error();
  }
  return scale == 0.0f ? 1.0f : scale;
}

/// Whether columns that share a scale in a target of `group` columns share it in the source.
[[nodiscard]] inline status check_groups(const source_tensor& from, std::size_t group) {
  coded_row row(from);
  if (row.group() % group == 0) return done{};
  for (std::size_t r = 0; r < from.rows; ++r) {
    if (status ok = row.read(r); !ok) return ok;
    for (std::size_t c = 0; c < from.cols; c += group) {
      float scale = 0.0f;
      if (status ok = row.join_scales(c, std::min(c + group, from.cols), scale); !ok) return ok;
    }
  }
  return done{};
}

}  // namespace trilith::io::writing

#endif

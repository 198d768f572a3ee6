#ifndef TRILITH_IO_WRITING_COMPARE_IMPL_HPP
#define TRILITH_IO_WRITING_COMPARE_IMPL_HPP

#include <trilith/io/write_model.hpp>
#include <trilith/io/writing/scales_impl.hpp>

/// Two models, weight by weight.
namespace trilith::io::writing {

class comparison {
 public:
  [[nodiscard]] status add(const source_tensor& a, const source_tensor& b) {
    if (a.rows != b.rows || a.cols != b.cols)
      return error{errc::mismatch, join(b.origin, ": expected ", spelled_shape(a), " as ", a.origin,
                                        " has, found ", spelled_shape(b), ".")};
    return is_coded(a) && is_coded(b) ? add_codes(a, b) : add_floats(a, b);
  }
  [[nodiscard]] model_difference take() && { return std::move(out_); }

 private:
  [[nodiscard]] static double change(float a, float b) noexcept {
    if (a == b) return 0;
    const double distance = std::fabs(static_cast<double>(a) - static_cast<double>(b));
    return a == 0.0f ? distance : distance / std::fabs(static_cast<double>(a));
  }
  void note(const source_tensor& t, double& largest, double change) {
    if (change > 0 && out_.worst.empty()) out_.worst = t.name;
    largest = std::max(largest, change);
  }

  [[nodiscard]] status add_codes(const source_tensor& a, const source_tensor& b) {
    coded_row x(a), y(b);
    for (std::size_t r = 0; r < a.rows; ++r) {
      status ok = x.read(sources::source_row(a, row_order::half_split, r));
      if (ok) ok = y.read(sources::source_row(b, row_order::half_split, r));
      if (!ok) return ok;
      for (std::size_t c = 0; c < a.cols; ++c) out_.different_codes += x.codes()[c] != y.codes()[c];
      if (out_.different_codes != 0 && out_.worst.empty()) out_.worst = a.name;
      out_.codes += a.cols;
      add_scales(a, x, y);
    }
    return done{};
  }
  void add_scales(const source_tensor& t, const coded_row& x, const coded_row& y) {
    const std::size_t group = std::min(x.group(), y.group());
    for (std::size_t c = 0; c < t.cols; c += group)
      if (!x.is_zero(c, std::min(c + group, t.cols)))
        note(t, out_.scale_change, change(x.scale(c), y.scale(c)));
  }

  [[nodiscard]] status add_floats(const source_tensor& a, const source_tensor& b) {
    std::vector<float> x(a.cols), y(a.cols);
    for (std::size_t r = 0; r < a.rows; ++r) {
      sources::decode_row(a, sources::source_row(a, row_order::half_split, r), x.data());
      sources::decode_row(b, sources::source_row(b, row_order::half_split, r), y.data());
      for (std::size_t c = 0; c < a.cols; ++c) note(a, out_.float_change, change(x[c], y[c]));
    }
    return done{};
  }

  model_difference out_;
};

/// The tensor of this name; of a head that is missing, the embedding.
[[nodiscard]] inline const source_tensor* counterpart(const model_source& in,
                                                      std::string_view name) noexcept {
  const source_tensor* const found = in.find(name);
  return found == nullptr && name == "head" ? in.find("embedding") : found;
}

}  // namespace trilith::io::writing

namespace trilith::TRILITH_IMPLEMENTED {

result<io::model_difference> compare_models(const io::model_source& a, const io::model_source& b,
                                            const io::progress& report) {
  using namespace io::writing;
  for (const io::source_tensor& t : b.tensors)
    if (counterpart(a, t.name) == nullptr)
      return error{errc::mismatch, join(t.origin, ": ", a.name, " has no ", t.name, ".")};
  comparison all;
  double compared = 0;
  for (const io::source_tensor& t : a.tensors) {
    const io::source_tensor* const other = counterpart(b, t.name);
    if (other == nullptr)
      return error{errc::mismatch, join(t.origin, ": ", b.name, " has no ", t.name, ".")};
    if (status ok = all.add(t, *other); !ok) return std::move(ok).error();
    if (!report(++compared / static_cast<double>(a.tensors.size()), t.name))
      return error{errc::cancelled, join(b.name, ": comparing was cancelled.")};
  }
  return std::move(all).take();
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif

#ifndef TRILITH_IO_WRITING_ROWS_IMPL_HPP
#define TRILITH_IO_WRITING_ROWS_IMPL_HPP

#include <trilith/io/writing/scales_impl.hpp>

#include <cstring>
#include <span>

/// The bytes of a tensor in another encoding, made part by part.
namespace trilith::io::writing {

/// How far numbers moved when they were rounded.
struct rounding {
  double largest = 0;  ///< |a - b| / |a|

  void add(float from, float to, float least = 0.0f) noexcept {
    if (from == to) return;
    const double a = from;
    const double size = std::max(std::fabs(a), static_cast<double>(least));
    largest = std::max(largest, std::fabs(a - static_cast<double>(to)) / size);
  }
};

/// A tensor on its way into a file.
struct output {
  const source_tensor* from = nullptr;
  std::string name = {};  ///< in the file
  encoding how = encoding::f32;
  row_order order = row_order::half_split;  ///< of the rows of queries and keys in the file
  float scale = 0.0f;                       ///< of the whole matrix, where the layout has one
  rounding rounded = {};

  [[nodiscard]] const packing::layout_table& layout() const noexcept {
    return sources::traits_of(how).layout;
  }
  [[nodiscard]] bool is_coded() const noexcept { return sources::traits_of(how).is_coded; }
  [[nodiscard]] std::size_t rows() const noexcept { return from->rows; }
  [[nodiscard]] std::size_t cols() const noexcept { return from->cols; }

  /// Bytes of a row; of hf_u8, of the four rows that share theirs.
  [[nodiscard]] std::size_t row_bytes() const noexcept {
    switch (how) {
      case encoding::f32:
        return 4 * cols();
      case encoding::f16:
      case encoding::bf16:
        return 2 * cols();
      case encoding::q8_0:
        return packing::q8_0::bytes(1, cols());
      case encoding::i2_s:
        return cols() / 4;
      case encoding::hf_u8:
        return cols();
      default:
        return layout().bytes(1, cols());
    }
  }
  [[nodiscard]] std::size_t units() const noexcept {
    return how == encoding::hf_u8 ? packing::hf_u8::steps(rows()) : rows();
  }
};

/// Rows of the target from those of the source.
class row_writer {
 public:
  explicit row_writer(output& to) : to_(to), row_(*to.from), floats_(to.cols()) {}

  /// The bytes of the units [first, last): rows, or rows of bytes of hf_u8.
  [[nodiscard]] status write(std::size_t first, std::size_t last, std::span<unsigned char> out) {
    if (to_.how == encoding::hf_u8) return write_planes(first, last, out);
    if (to_.is_coded()) return write_codes(first, last, out);
    for (std::size_t r = first; r < last; ++r)
      if (status ok = write_floats(r, out.data() + (r - first) * to_.row_bytes()); !ok) return ok;
    return done{};
  }

 private:
  [[nodiscard]] std::size_t source_row(std::size_t r) const noexcept {
    return sources::source_row(*to_.from, to_.order, r);
  }
  [[nodiscard]] error lost(std::size_t r, float value, float becomes) const {
    return {errc::invalid_value,
            join(to_.from->origin, ", row ", r, ": ", checkpoint::spelled(value), " would become ",
                 checkpoint::spelled(becomes), " in ", sources::traits_of(to_.how).name,
                 ". f32 holds it.")};
  }

  [[nodiscard]] status write_codes(std::size_t first, std::size_t last,
                                   std::span<unsigned char> out) {
    const packing::layout_table& layout = to_.layout();
    const std::size_t rows = last - first;
    slab_.assign(layout.bytes(rows, to_.cols()), 0);
    for (std::size_t r = first; r < last; ++r) {
      if (status ok = row_.read(source_row(r)); !ok) return ok;
      if (status ok = set_scales(r, layout.group); !ok) return ok;
      layout.pack_row(row_.codes().data(), scales_.data(), rows, to_.cols(), r - first,
                      slab_.data());
    }
    std::memcpy(out.data(), slab_.data(), rows * to_.row_bytes());
    return done{};
  }

  /// hf_u8: the rows s, s + R, s + 2R, s + 3R share bytes. Packed as a matrix of these rows alone.
  [[nodiscard]] status write_planes(std::size_t first, std::size_t last,
                                    std::span<unsigned char> out) {
    const std::size_t count = last - first, all = to_.units();
    std::fill(out.begin(), out.end(), static_cast<unsigned char>(0));
    for (std::size_t k = 0; k < 4; ++k)
      for (std::size_t s = first; s < last && s + k * all < to_.rows(); ++s) {
        if (status ok = row_.read(source_row(s + k * all)); !ok) return ok;
        to_.layout().pack_row(row_.codes().data(), nullptr, 4 * count, to_.cols(),
                              k * count + s - first, out.data());
      }
    return done{};
  }

  /// The scales of the row that was read, as the layout keeps them.
  [[nodiscard]] status set_scales(std::size_t r, std::size_t group) {
    scales_.clear();
    if (group == 0) {
      scales_.push_back(to_.scale);
      return done{};
    }
    for (std::size_t c = 0; c < to_.cols(); c += group) {
      float scale = 0.0f;
      if (status ok = row_.join_scales(c, std::min(c + group, to_.cols()), scale); !ok) return ok;
      if (scale == 0.0f) scale = to_.scale;  // nothing but zeros
      const float kept = to_float(to_float16(scale));
      if (scale != 0.0f && !sources::is_positive(kept)) return lost(r, scale, kept);
      to_.rounded.add(scale, kept);
      scales_.push_back(scale);
    }
    return done{};
  }

  [[nodiscard]] status write_floats(std::size_t r, unsigned char* out) {
    sources::decode_row(*to_.from, source_row(r), floats_.data());
    if (status ok = sources::check_finite(*to_.from, r, floats_.data()); !ok) return ok;
    switch (to_.how) {
      case encoding::f16:
        return store<float16>(r, out, [](float x) { return to_float16(x); });
      case encoding::bf16:
        return store<bfloat16>(r, out, [](float x) { return to_bfloat16(x); });
      case encoding::q8_0:
        return store_q8_0(r, out);
      default:
        std::memcpy(out, floats_.data(), 4 * floats_.size());
        return done{};
    }
  }
  template <class Element, class Convert>
  [[nodiscard]] status store(std::size_t r, unsigned char* out, Convert convert) {
    constexpr float smallest_normal_half = 0x1p-14f;
    const bool is_code = is_coded(*to_.from);
    for (std::size_t c = 0; c < floats_.size(); ++c) {
      const Element element = convert(floats_[c]);
      const float kept = to_float(element);
      const bool is_gone = is_code && kept == 0.0f && floats_[c] != 0.0f;
      if (!is_finite(kept) || is_gone) return lost(r, floats_[c], kept);
      to_.rounded.add(floats_[c], kept, is_code ? 0.0f : smallest_normal_half);
      std::memcpy(out + c * sizeof(Element), &element, sizeof(Element));
    }
    return done{};
  }

  [[nodiscard]] status store_q8_0(std::size_t r, unsigned char* out) {
    packing::q8_0::encode_row(floats_.data(), to_.cols(), 0, out);
    for (std::size_t c = 0; c < to_.cols(); c += packing::q8_0::group)
      if (const float kept = packing::q8_0::scale(out, to_.cols(), 0, c / packing::q8_0::group);
          !is_finite(kept))
        return lost(r, floats_[c], kept);
    return done{};
  }

  output& to_;
  coded_row row_;
  std::vector<float> floats_, scales_;
  std::vector<unsigned char> slab_;
};

/// The producer of gguf.hpp and safetensors.hpp; context: an output. Parts begin with a row.
[[nodiscard]] inline status produce(void* context, std::uint64_t at, std::span<unsigned char> out) {
  output& to = *static_cast<output*>(context);
  const std::size_t size = to.row_bytes();
  const std::size_t first = at / size;
  const std::size_t last = std::min(first + out.size() / size, to.units());
  const std::size_t bytes = last > first ? (last - first) * size : 0;
  if (bytes != 0)
    if (status ok = row_writer(to).write(first, last, out.subspan(0, bytes)); !ok) return ok;
  if (bytes == out.size()) return done{};
  const auto tail = out.subspan(bytes);  // i2_s: the scale, and bytes without meaning
  std::fill(tail.begin(), tail.end(), static_cast<unsigned char>(0));
  std::memcpy(tail.data(), &to.scale, sizeof to.scale);
  return done{};
}

}  // namespace trilith::io::writing

#endif

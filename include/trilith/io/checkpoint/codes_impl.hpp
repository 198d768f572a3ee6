#ifndef TRILITH_IO_CHECKPOINT_CODES_IMPL_HPP
#define TRILITH_IO_CHECKPOINT_CODES_IMPL_HPP

#include <trilith/core/numeric.hpp>
#include <trilith/core/text.hpp>
#include <trilith/io/checkpoint/tensors.hpp>

#include <array>
#include <string>
#include <vector>

/// The packed codes of a matrix, whatever its packing.
namespace trilith::io::checkpoint {

/// Calls visit(first byte, weights, row) for every run of weights that are packed together: a row,
/// or a group of one. Stops where visit gives false.
template <class Visit>
bool for_each_run(const packing_table& packing, std::size_t rows, std::size_t cols,
                  std::size_t group, Visit visit) {
  std::size_t at = 0;
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t first = 0; first < cols; first += group) {
      const std::size_t n = min_of(group, cols - first);
      if (!visit(at, n, r)) return false;
      at += packing.row_bytes(n);
    }
  return true;
}

[[nodiscard]] inline std::size_t row_bytes(const packing_table& packing, std::size_t cols,
                                           std::size_t group) noexcept {
  const std::size_t groups = ceil_div(cols, group);
  return (groups - 1) * packing.row_bytes(group) + packing.row_bytes(cols - (groups - 1) * group);
}

/// Finds bytes that hold no codes of the weights.
class code_checker {
 public:
  code_checker(const packing_table& packing, const coded_form& form)
      : packing_(packing), form_(form), codes_(packing.block), repacked_(packing.block) {
    for (unsigned b = 0; b < 256; ++b) {
      const auto byte = static_cast<std::uint8_t>(b);
      packing.unpack(&byte, packing.fields, codes_.data());
      good_[b] = packing.first_invalid(&byte, 1) == 1 &&
                 first_disallowed(packing.fields) == packing.fields;
    }
  }

  /// The first bad byte of a run of n codes, or `bytes` of the run where all are good.
  [[nodiscard]] std::size_t first_bad(const std::uint8_t* run, std::size_t n, std::size_t bytes) {
    const std::size_t full = n / packing_.block * packing_.block / packing_.fields;
    std::size_t i = 0;
    while (i < full && good_[run[i]]) ++i;
    return i < full ? i : full + first_bad_of_tail(run + full, n % packing_.block, bytes - full);
  }

 private:
  [[nodiscard]] bool allowed(int code) const noexcept {
    return form_.min_code <= code && code <= form_.max_code &&
           (code - form_.min_code) % form_.code_step == 0;
  }
  [[nodiscard]] std::size_t first_disallowed(std::size_t n) const noexcept {
    std::size_t i = 0;
    while (i < n && allowed(codes_[i])) ++i;
    return i;
  }
  /// The last, narrower block may have fields without a code, which are 0.
  [[nodiscard]] std::size_t first_bad_of_tail(const std::uint8_t* tail, std::size_t n,
                                              std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i)
      if (packing_.first_invalid(tail + i, 1) == 0) return i;
    packing_.unpack(tail, n, codes_.data());
    if (const std::size_t code = first_disallowed(n); code != n) return code % bytes;
    packing_.pack(codes_.data(), n, repacked_.data());
    std::size_t i = 0;
    while (i < bytes && tail[i] == repacked_[i]) ++i;
    return i;
  }
  const packing_table& packing_;
  const coded_form& form_;
  std::array<bool, 256> good_{};
  std::vector<std::int8_t> codes_;
  std::vector<std::uint8_t> repacked_;
};

/// bytes: the codes of a matrix [rows, cols].
[[nodiscard]] inline status check_codes(const packing_table& packing, const tensor_form& form,
                                        std::span<const unsigned char> bytes,
                                        std::string_view where) {
  const coded_form& coded = form.coded;
  code_checker checker(packing, coded);
  std::string why;
  for_each_run(packing, form.shape[0], form.shape[1], coded.group,
               [&](std::size_t at, std::size_t n, std::size_t row) {
                 const std::size_t size = packing.row_bytes(n);
                 const std::size_t bad = checker.first_bad(bytes.data() + at, n, size);
                 if (bad == size) return true;
                 const std::size_t byte = at + bad;
                 why = join(where, ".codes[", row, ", ", byte % (bytes.size() / form.shape[0]),
                            "] should hold codes of ", coded.weights, " in ", packing.name,
                            ", unused fields being 0; found the byte ", bytes[byte], ".");
                 return false;
               });
  return why.empty() ? status(done{}) : status(error{errc::invalid_value, std::move(why)});
}

/// The same codes in another packing; both are of a matrix [rows, cols].
inline void repack(const packing_table& from, const std::uint8_t* source, const packing_table& to,
                   std::uint8_t* target, const tensor_form& form) {
  std::vector<std::int8_t> codes(form.coded.group);
  for_each_run(from, form.shape[0], form.shape[1], form.coded.group,
               [&](std::size_t at, std::size_t n, std::size_t) {
                 from.unpack(source + at, n, codes.data());
                 to.pack(codes.data(), n, target);
                 target += to.row_bytes(n);
                 return true;
               });
}

}  // namespace trilith::io::checkpoint

#endif

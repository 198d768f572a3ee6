#ifndef TRILITH_ADAPT_CODE_CHANGES_HPP
#define TRILITH_ADAPT_CODE_CHANGES_HPP

#include <trilith/model/realisation.hpp>
#include <trilith/train/code_statistics.hpp>
#include <trilith/weights/decode.hpp>

#include <vector>

namespace trilith::inline TRILITH_ABI {

namespace detail {

/// Counts over the hidden matrices of two packed models.
struct count_changes {
  code_statistics found = {};
  double log_scales = 0;
  std::uint64_t scales = 0;
  void enter(std::string_view) {}
  void leave() {}
  template <class Field>
  void operator()(const Field&, parameter_vector&, parameter_vector&) {}
  template <class Field, class M>
  void operator()(const Field& field, M& before, M& after) {
    if constexpr (M::is_coded)
      if (field.rows != axis::vocab) count(before, after);
  }

 private:
  template <class M>
  void count(const M& before, const M& after) {
    std::vector<std::int8_t> x(before.cols), y(before.cols);
    for (std::size_t r = 0; r < before.rows; ++r) {
      unpack_codes(before, r, x.data());
      unpack_codes(after, r, y.data());
      for (std::size_t i = 0; i < x.size(); ++i)
        found.flipped += x[i] != y[i], found.zeros += y[i] == 0;
    }
    found.codes += before.rows * before.cols;
    for (std::size_t i = 0; i < before.scales.size(); ++i, ++scales)
      log_scales += __builtin_log(static_cast<double>(after.scales[i]) /
                                  static_cast<double>(before.scales[i]));
  }
};

}  // namespace detail

/// How the codes of the hidden matrices differ between two packed models of one blueprint and
/// shape: what share of them flipped, what share is zero after it, and the geometric mean of the
/// scales' ratios.
template <Packed Model>
[[nodiscard]] code_statistics compare_codes(const Model& before, const Model& after) {
  detail::count_changes visit;
  // hana hands out references; both are only read
  fields::walk<typename Model::blueprint>(visit, const_cast<Model&>(before).parameters,
                                          const_cast<Model&>(after).parameters);
  const double n = visit.scales == 0 ? 1.0 : static_cast<double>(visit.scales);
  visit.found.scale_drift = __builtin_exp(visit.log_scales / n);
  return visit.found;
}

}  // namespace trilith::inline TRILITH_ABI

#endif

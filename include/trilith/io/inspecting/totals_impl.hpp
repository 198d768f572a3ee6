#ifndef TRILITH_IO_INSPECTING_TOTALS_IMPL_HPP
#define TRILITH_IO_INSPECTING_TOTALS_IMPL_HPP

#include <trilith/core/text.hpp>
#include <trilith/io/gguf/size.hpp>
#include <trilith/io/inspect.hpp>

#include <algorithm>

/// What all readers of io::inspect() share.
namespace trilith::io::inspecting {

/// Elements of an array that are shown.
inline constexpr std::uint64_t shown_elements = 6;

/// The parts of a tensor's name around its first number: "blk.", "12", ".attn_q.weight".
struct layer_name {
  std::string_view before, number, after;
};

[[nodiscard]] inline layer_name split_at_layer(std::string_view name) noexcept {
  for (std::size_t at = 0; at < name.size();) {
    const std::size_t end = std::min(name.find('.', at), name.size());
    const std::string_view part = name.substr(at, end - at);
    if (!part.empty() && part.find_first_not_of("0123456789") == part.npos)
      return {name.substr(0, at), part, name.substr(end)};
    at = end + 1;
  }
  return {name, {}, {}};
}

/// Sums that files of the size of this machine's memory cannot reach stay at the top.
inline void add(std::uint64_t& sum, std::uint64_t more) noexcept {
  if (__builtin_add_overflow(sum, more, &sum)) sum = ~std::uint64_t{0};
}
inline void add(inspected_total& sum, const inspected_tensor& t) noexcept {
  ++sum.tensors;
  add(sum.weights, t.weights);
  add(sum.bytes, t.bytes);
}

inline void set_weights(inspected_tensor& t) noexcept {
  if (!gguf::count_weights({t.shape.data(), t.shape.size()}, t.weights)) t.weights = 0;
}

inline void add_totals(inspection& out) {
  for (const inspected_tensor& t : out.tensors) {
    add(out.all, t);
    if (t.shape.size() > 1 && !split_at_layer(t.name).number.empty()) add(out.layer_matrices, t);
  }
}

}  // namespace trilith::io::inspecting

#endif

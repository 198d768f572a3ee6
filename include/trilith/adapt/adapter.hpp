#ifndef TRILITH_ADAPT_ADAPTER_HPP
#define TRILITH_ADAPT_ADAPTER_HPP

#include <trilith/adapt/low_rank.hpp>
#include <trilith/adapt/svf_tensors.hpp>

#include <string>
#include <vector>

namespace trilith::inline TRILITH_ABI {

/// Changes of low rank of some matrices of a model, by the matrices' names. Small beside the model,
/// so that one packed base serves several (adapt/adapted.hpp).
struct adapter {
  struct part {
    std::string name;  ///< "blocks.0.attention.query"
    low_rank change;
  };
  std::vector<part> parts{};

  [[nodiscard]] const low_rank* find(std::string_view name) const noexcept {
    for (const part& p : parts)
      if (p.name == name) return &p.change;
    return nullptr;
  }
  [[nodiscard]] std::size_t parameters() const noexcept {
    std::size_t sum = 0;
    for (const part& p : parts) sum += p.change.parameters();
    return sum;
  }
};

/// What a learner of low rank has trained (low_rank_learner, baking).
template <class Learner>
[[nodiscard]] adapter adapter_of(const Learner& learner) {
  adapter out;
  learner.for_each_change([&](std::string_view name, const low_rank& c) {
    out.parts.push_back({std::string(name), c});
  });
  return out;
}

namespace detail {
inline constexpr std::string_view adapter_format = "trilith adapter";
}

/// Writes a safetensors file with NAME.lora_a [rank, In] and NAME.lora_b [Out, rank] of each
/// matrix; the factor s is multiplied into B. The file is whole, or the old one is left. Errors:
/// those of io::write_safetensors().
[[nodiscard]] inline status save_adapter(std::string_view path, const adapter& a) {
  std::vector<detail::named_floats> all;
  std::vector<std::vector<float>> scaled;
  scaled.reserve(a.parts.size());
  for (const auto& [name, c] : a.parts) {
    scaled.emplace_back(c.b.elements.begin(), c.b.elements.end());
    for (float& x : scaled.back()) x *= c.scale;
    all.push_back({name + ".lora_a", {c.rank(), c.in()}, c.a.elements.span()});
    all.push_back({name + ".lora_b", {c.out(), c.rank()}, scaled.back()});
  }
  return detail::write_floats(path, detail::adapter_format, {}, all);
}

/// Errors: file_not_found, io_failure; truncated, and malformed for damage, foreign files and
/// factors that do not fit each other; unsupported for another version. Each names the file, the
/// tensor, what was expected and what was found.
[[nodiscard]] inline result<adapter> load_adapter(std::string_view path) {
  const auto file = detail::open_floats(path, detail::adapter_format);
  if (!file) return file.error();
  adapter out;
  for (const io::tensor_entry& t : file->tensors()) {
    if (!t.name.ends_with(".lora_a")) continue;
    const std::string name = t.name.substr(0, t.name.size() - 7);
    const auto a = detail::find_floats(*file, t.name, 2, "[rank, In]");
    if (!a) return a.error();
    const auto b =
        detail::find_floats(*file, name + ".lora_b", 2, join("[Out, ", (*a)->shape[0], "]"));
    if (!b) return b.error();
    if ((*b)->shape[1] != (*a)->shape[0])
      return detail::unexpected(errc::malformed, file->name(), (*b)->name,
                                join((*a)->shape[0], " columns"), detail::spelled(**b));
    low_rank change;
    change.a = plain_matrix<weights::f32>((*a)->shape[0], (*a)->shape[1]);
    change.b = plain_matrix<weights::f32>((*b)->shape[0], (*b)->shape[1]);
    detail::copy_floats(*file, **a, change.a.elements.span());
    detail::copy_floats(*file, **b, change.b.elements.span());
    out.parts.push_back({name, std::move(change)});
  }
  return out;
}

}  // namespace trilith::inline TRILITH_ABI

#endif

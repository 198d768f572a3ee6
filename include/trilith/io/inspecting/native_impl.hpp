#ifndef TRILITH_IO_INSPECTING_NATIVE_IMPL_HPP
#define TRILITH_IO_INSPECTING_NATIVE_IMPL_HPP

#include <trilith/core/shape.hpp>
#include <trilith/io/checkpoint/numbers_impl.hpp>
#include <trilith/io/inspecting/totals_impl.hpp>
#include <trilith/io/safetensors.hpp>

#include <array>
#include <string>
#include <vector>

/// Native checkpoints: codes and scales of a matrix are one tensor again (docs/checkpoint.md).
namespace trilith::io::inspecting {

struct packing_fields {
  std::string_view name;
  std::uint64_t fields;  ///< codes in a byte
};
inline constexpr std::array<packing_fields, 5> known_packings{
    {{"bits1", 8}, {"bits2", 4}, {"base3", 5}, {"bits4", 2}, {"bits8", 1}}};

/// Columns of the parameters that decoders have; 0 for those of a program's own layers.
[[nodiscard]] inline std::uint64_t columns_of(std::string_view name, const shape& s) noexcept {
  for (const std::string_view of_dim : {".query", ".key", ".value", ".gate", ".up"})
    if (name.ends_with(of_dim)) return s.dim;
  if (name == "embedding" || name == "head") return s.dim;
  if (name.ends_with(".output")) return extent(s, axis::query_dim);
  return name.ends_with(".down") ? s.ffn_dim : 0;
}

class native_reader {
 public:
  explicit native_reader(const safetensors_file& file) : file_(file) {
    const std::string* const sizes = file.find_metadata("shape");
    if (sizes == nullptr) return;
    const auto store = [](std::size_t& to, const json::number& n) {
      to = n.whole;
      return n.is_whole && n.whole <= largest_size;
    };
    has_sizes_ =
        checkpoint::read_members(*sizes, shape_members, sizes_, file.name(), store).has_value();
  }

  /// The matrix whose codes this tensor holds; false where it holds none, or nothing says of how
  /// many columns.
  [[nodiscard]] bool join_codes(const tensor_entry& codes, inspected_tensor& out) const {
    if (!has_sizes_ || !codes.name.ends_with(".codes") || codes.shape.size() != 2) return false;
    out.name = codes.name.substr(0, codes.name.size() - 6);
    const tensor_entry* const scales = file_.find(out.name + ".scales");
    const std::uint64_t columns = columns_of(out.name, sizes_);
    if (scales == nullptr || columns == 0) return false;
    out.shape = {codes.shape[0], columns};
    out.bytes = codes.bytes + scales->bytes;
    out.type = packing_of(codes.shape[1], columns);
    set_weights(out);
    return true;
  }
  /// Whether this tensor is part of another one's line.
  [[nodiscard]] bool belongs_to_codes(const tensor_entry& t) const {
    if (!t.name.ends_with(".scales")) return false;
    inspected_tensor unused;
    const tensor_entry* const codes = file_.find(t.name.substr(0, t.name.size() - 7) + ".codes");
    return codes != nullptr && join_codes(*codes, unused);
  }

 private:
  /// Of the packings that the file names, the one whose rows have about this many bytes.
  [[nodiscard]] std::string packing_of(std::uint64_t row_bytes, std::uint64_t columns) const {
    std::string best = "codes";
    std::uint64_t least = ~std::uint64_t{0};
    for (const metadata_pair& pair : file_.metadata()) {
      if (!pair.key.starts_with("packing.")) continue;
      for (const packing_fields& known : known_packings) {
        const std::uint64_t bytes = (columns + known.fields - 1) / known.fields;
        const std::uint64_t off = bytes > row_bytes ? bytes - row_bytes : row_bytes - bytes;
        if (known.name != pair.value || off >= least) continue;
        least = off;
        best = join(pair.key.substr(8), " in ", pair.value);
      }
    }
    return best;
  }

  const safetensors_file& file_;
  shape sizes_ = {};
  bool has_sizes_ = false;
};

}  // namespace trilith::io::inspecting

#endif

#ifndef TRILITH_IO_GGUF_RESOLVE_IMPL_HPP
#define TRILITH_IO_GGUF_RESOLVE_IMPL_HPP

#include <trilith/core/numeric.hpp>
#include <trilith/io/gguf.hpp>
#include <trilith/io/gguf/text_impl.hpp>

#include <string>
#include <vector>

/// From a tensor's number to its type. Where programs disagree about a number, the tensor's size
/// decides.
namespace trilith::io::gguf {

/// How many bytes there are up to the next tensor or the end of the file.
struct tensor_room {
  std::uint64_t bytes;
  std::uint64_t alignment;
  bool is_last;  ///< its padding may be missing

  [[nodiscard]] bool fits(std::uint64_t size) const noexcept {
    return bytes == size ? is_last || padded(size, alignment) == size
                         : size < bytes && bytes == padded(size, alignment);
  }
};

[[nodiscard]] inline std::vector<const ggml_traits*> types_of(std::uint32_t id) {
  std::vector<const ggml_traits*> out;
  for (const ggml_traits& t : ggml_types)
    if (t.id == id) out.push_back(&t);
  return out;
}

[[nodiscard]] inline error no_blocks(const gguf_tensor& t, const ggml_traits& type) {
  std::uint64_t n = 0;
  if (!count_weights(t.dims, n))
    return {errc::malformed,
            join("the dimensions ", spelled(t.dims), " give 2^60 weights or more.")};
  return {errc::malformed, join("expected ", type.is_flat ? "a tensor" : "rows",
                                " of whole blocks of ", type.block_weights, " weights for ",
                                type.name, ", found the dimensions ", spelled(t.dims), ".")};
}

/// I2_S that is not the published layout of n / 4 bytes, a scale and 28 bytes, by its size.
[[nodiscard]] inline error unknown_i2_s(const gguf_tensor& t, const tensor_room& room) {
  std::uint64_t n = 0;
  if (!count_weights(t.dims, n)) return no_blocks(t, *traits_of(ggml_type::i2_s));
  const std::string expected =
      join("expected ", n / 4 + 32, " bytes for ", spelled(t.dims),
           " of I2_S, with one scale at the end, found room for ", room.bytes);
  if (room.fits(n / 4))
    return {errc::unsupported, join(expected,
                                    ": the variant without a scale (consecutive codes "
                                    "with a separate scale tensor, or QK256).")};
  if (room.fits(n / 4 + 2 * (n / 32)))
    return {errc::unsupported,
            join(expected, ": the variant with an F16 scale in every block of 32.")};
  return {room.is_last && room.bytes < n / 4 + 32 ? errc::truncated : errc::malformed,
          expected + "."};
}

/// None of several types fits: names them all.
[[nodiscard]] inline error undecided(const gguf_tensor& t, const tensor_room& room,
                                     const std::vector<const ggml_traits*>& types) {
  std::string list;
  std::uint64_t bytes = 0, smallest = ~std::uint64_t{0};
  for (const ggml_traits* const type : types)
    if (gguf_tensor_bytes(type->type, t.dims, bytes)) {
      list += join(list.empty() ? "" : " or ", bytes, " (", type->name, ")");
      smallest = min_of(smallest, bytes);
    }
  if (list.empty()) return no_blocks(t, *types.front());
  return {room.is_last && room.bytes < smallest ? errc::truncated : errc::malformed,
          join("expected ", list, " bytes for ", spelled(t.dims), " of type ", t.type_id,
               ", found room for ", room.bytes, ".")};
}

/// Sets t.type and t.bytes from t.type_id.
[[nodiscard]] inline status resolve_type(gguf_tensor& t, const tensor_room& room) {
  const auto types = types_of(t.type_id);
  if (types.empty())
    return error{errc::unsupported,
                 join("expected a known type such as 0 (F32), found ", t.type_id, ".")};
  for (const ggml_traits* const type : types) {
    t.type = type->type;
    if (gguf_tensor_bytes(t.type, t.dims, t.bytes) && room.fits(t.bytes)) return done{};
  }
  if (t.type == ggml_type::i2_s) return unknown_i2_s(t, room);
  if (types.size() > 1) return undecided(t, room, types);
  if (!gguf_tensor_bytes(t.type, t.dims, t.bytes)) return no_blocks(t, *types.front());
  return done{};  // whose room is wrong: the layout says what it overlaps or leaves
}

}  // namespace trilith::io::gguf

#endif

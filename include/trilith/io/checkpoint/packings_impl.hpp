#ifndef TRILITH_IO_CHECKPOINT_PACKINGS_IMPL_HPP
#define TRILITH_IO_CHECKPOINT_PACKINGS_IMPL_HPP

#include <trilith/io/checkpoint/walk.hpp>
#include <trilith/io/safetensors/json_impl.hpp>
#include <trilith/packing/base3.hpp>
#include <trilith/packing/bits.hpp>

#include <array>
#include <string>

namespace trilith::io::checkpoint {

/// Whether `packing` can hold every code of `form`.
[[nodiscard]] inline bool holds(const packing_table& packing, const coded_form& form) noexcept {
  return packing.offset <= form.min_code && form.max_code <= packing.max_code &&
         (form.min_code - packing.offset) % packing.step == 0 && form.code_step % packing.step == 0;
}

/// Every packing of the library: what a file may be packed in whatever the program prefers.
inline constexpr std::array<packing_table, 5> known_packings{
    trilith::detail::packing_table_of<packing::bits1>(),
    trilith::detail::packing_table_of<packing::bits2>(),
    trilith::detail::packing_table_of<packing::base3>(),
    trilith::detail::packing_table_of<packing::bits4>(),
    trilith::detail::packing_table_of<packing::bits8>()};

/// How the file packs these weights.
[[nodiscard]] inline result<packing_table> find_packing(const loading& from,
                                                        const coded_form& form) {
  const std::string where = join(from.file.name(), ": packing of ", form.weights);
  const std::string* name = nullptr;
  for (const metadata_pair& p : from.found.packings)
    if (p.key == form.weights) name = &p.value;
  if (name == nullptr)
    return error{errc::malformed, join(where, ": expected one in the metadata, found none.")};
  if (*name == form.packing.name) return form.packing;
  for (const packing_table& p : known_packings)
    if (*name == p.name && holds(p, form)) return p;
  return error{errc::unsupported,
               join(where, ": expected ", form.packing.name,
                    " or another that holds these codes, found ", json::shown(*name), ".")};
}

}  // namespace trilith::io::checkpoint

#endif

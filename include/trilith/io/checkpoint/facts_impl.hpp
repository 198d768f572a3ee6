#ifndef TRILITH_IO_CHECKPOINT_FACTS_IMPL_HPP
#define TRILITH_IO_CHECKPOINT_FACTS_IMPL_HPP

#include <trilith/io/checkpoint/numbers_impl.hpp>
#include <trilith/io/checkpoint/walk.hpp>
#include <trilith/io/safetensors/json_impl.hpp>

#include <array>
#include <limits>
#include <string>
#include <vector>

/// The facts of a checkpoint as metadata, and back.
namespace trilith::io::checkpoint {

inline constexpr std::string_view format_name = "trilith", format_version = "2";
inline constexpr std::string_view tokenizer_name = "tokenizer";
inline constexpr std::string_view packing_prefix = "packing.";
inline constexpr std::array<std::string_view, 7> reserved_keys{
    "format", "format_version", "trilith_version", "blueprint", "storage", "shape", "settings"};

[[nodiscard]] inline bool is_reserved(std::string_view key) noexcept {
  for (const std::string_view reserved : reserved_keys)
    if (key == reserved) return true;
  return key.starts_with(packing_prefix);
}

struct settings_member {
  std::string_view name;
  float trilith::settings::*value;
};
inline constexpr std::array<settings_member, 2> settings_members{
    {{"norm_eps", &settings::norm_eps}, {"rope_theta", &settings::rope_theta}}};

/// Both are finite; eps may be 0.
[[nodiscard]] inline status check_settings(const settings& s, std::string_view where) {
  for (const settings_member& m : settings_members)
    if (const float value = s.*m.value; !(value >= 0 && value <= std::numeric_limits<float>::max()))
      return error{
          errc::invalid_value,
          join(where, ": ", m.name, " should be a finite number from 0 on, found ", value, ".")};
  if (!(s.rope_theta > 0))
    return error{errc::invalid_value, join(where, ": rope_theta should be above 0, found 0.")};
  return done{};
}

template <class Members, class From, class Spell>
[[nodiscard]] std::string spelled_members(const Members& members, const From& from, Spell spell) {
  std::string out;
  for (const auto& m : members)
    out += join(out.empty() ? "{\"" : ", \"", m.name, "\": ", spell(from.*m.value));
  return out += '}';
}

[[nodiscard]] inline std::vector<metadata_pair> to_metadata(const facts& f) {
  std::vector<metadata_pair> out{
      {"format", std::string(format_name)},
      {"format_version", std::string(format_version)},
      {"trilith_version", TRILITH_VERSION},
      {"blueprint", f.blueprint},
      {"storage", f.storage},
      {"shape", spelled_members(shape_members, f.sizes, [](std::size_t n) { return n; })},
      // decimals of the exact value, as a double: every float comes back bit by bit
      {"settings", spelled_members(settings_members, f.settings,
                                   [](float x) { return json::spelled(static_cast<double>(x)); })}};
  for (const metadata_pair& p : f.packings) out.push_back({join(packing_prefix, p.key), p.value});
  return out;
}

[[nodiscard]] inline result<std::string> find_fact(const safetensors_file& file,
                                                   std::string_view key) {
  if (const std::string* value = file.find_metadata(key)) return *value;
  return error{errc::malformed, join(file.name(), ": expected ", key,
                                     " in the metadata of a checkpoint, found none.")};
}

[[nodiscard]] inline status read_numbers(const safetensors_file& file, facts& out) {
  const auto sizes = find_fact(file, "shape"), numbers = find_fact(file, "settings");
  if (!sizes) return sizes.error();
  if (!numbers) return numbers.error();
  status ok = read_members(*sizes, shape_members, out.sizes, join(file.name(), ": shape"),
                           [](std::size_t& to, const json::number& n) {
                             to = n.whole;
                             return n.is_whole;
                           });
  if (!ok) return ok;
  return read_members(*numbers, settings_members, out.settings, join(file.name(), ": settings"),
                      [](float& to, const json::number& n) {
                        constexpr double most = std::numeric_limits<float>::max();
                        if (!(n.value >= -most && n.value <= most)) return false;
                        to = static_cast<float>(n.value);
                        return true;
                      });
}

/// What to do with a file of another realisation.
[[nodiscard]] inline std::string_view remedy(std::string_view found, std::string_view wanted) {
  if (found == "packed")
    return wanted == "dense" ? "load it as trilith::packed<...> and call trilith::dequantize"
                             : "load it as trilith::packed<...>";
  if (found == "dense")
    return wanted == "packed" ? "load it as trilith::dense<...> and call trilith::pack"
                              : "load it as trilith::dense<...>";
  if (found == "latent")
    return wanted == "packed" ? "load it as trilith::latent<...> and call trilith::pack"
                              : "load it as trilith::latent<...>";
  return "this program knows packed, dense and latent models";
}

[[nodiscard]] inline status check_kind(const safetensors_file& file, const facts& found,
                                       const facts& wanted) {
  if (found.blueprint != wanted.blueprint)
    return error{errc::mismatch, join(file.name(), ": expected a model of the blueprint ",
                                      wanted.blueprint, ", found ", found.blueprint, ".")};
  if (found.storage != wanted.storage)
    return error{errc::mismatch,
                 join(file.name(), ": expected a ", wanted.storage, " model, the file holds a ",
                      found.storage, " model; ", remedy(found.storage, wanted.storage), ".")};
  return done{};
}

[[nodiscard]] inline status check_format(const safetensors_file& file) {
  const std::string* const format = file.find_metadata("format");
  if (format == nullptr || *format != format_name)
    return error{errc::unsupported,
                 join(file.name(), ": expected a checkpoint of format ", format_name, ", found ",
                      format == nullptr ? std::string("no format") : json::shown(*format),
                      " in the metadata.")};
  const auto version = find_fact(file, "format_version");
  if (!version) return version.error();
  if (*version != format_version)
    return error{errc::unsupported, join(file.name(), ": expected format_version ", format_version,
                                         ", found ", json::shown(*version), ".")};
  return done{};
}

}  // namespace trilith::io::checkpoint

#endif

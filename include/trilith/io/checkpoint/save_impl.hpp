#ifndef TRILITH_IO_CHECKPOINT_SAVE_IMPL_HPP
#define TRILITH_IO_CHECKPOINT_SAVE_IMPL_HPP

#include <trilith/io/checkpoint/codes_impl.hpp>
#include <trilith/io/checkpoint/facts_impl.hpp>
#include <trilith/io/checkpoint/values_impl.hpp>
#include <trilith/io/safetensors/write_impl.hpp>

namespace trilith::io::checkpoint {

[[nodiscard]] inline std::span<const unsigned char> bytes_of(std::span<const float> x) noexcept {
  return {reinterpret_cast<const unsigned char*>(x.data()), x.size_bytes()};
}

/// Adds `value` under `key`; false where the key has another value already.
[[nodiscard]] inline bool note_packing(std::vector<metadata_pair>& packings, std::string_view key,
                                       std::string_view value) {
  for (const metadata_pair& p : packings)
    if (p.key == key) return p.value == value;
  packings.push_back({std::string(key), std::string(value)});
  return true;
}

/// Lists the tensors of a file, refusing what load_checkpoint() would refuse.
class save_plan {
 public:
  explicit save_plan(std::string_view path) : path_(path) {}
  std::vector<tensor_to_write> tensors;
  std::vector<metadata_pair> packings;

  [[nodiscard]] status add(const saved_tensor& t) {
    return t.form.is_coded ? add_coded(t.form, t.memory) : add_plain(t.form, t.memory);
  }

 private:
  [[nodiscard]] status add_plain(const tensor_form& form, const tensor_source& memory) {
    std::uint64_t bytes = 0;
    if (!safetensors::count_bytes(form.type, form.shape, bytes) || bytes != memory.bytes.size())
      return wrong_size(form, bytes, memory.bytes.size());
    tensors.push_back({form.name, form.type, form.shape, memory.bytes});
    return check_elements(form.type, memory.bytes, join(path_, ": ", form.name));
  }
  [[nodiscard]] status add_coded(const tensor_form& form, const tensor_source& memory) {
    const packing_table& packing = form.coded.packing;
    const std::vector<std::uint64_t> shape{form.shape[0],
                                           row_bytes(packing, form.shape[1], form.coded.group)};
    std::uint64_t bytes = 0;
    if (!safetensors::count_bytes(dtype::u8, shape, bytes) || bytes != memory.bytes.size())
      return wrong_size(form, bytes, memory.bytes.size());
    if (form.coded.scales != memory.scales.size())
      return wrong_size(form, form.coded.scales * sizeof(float), memory.scales.size_bytes());
    if (!note_packing(packings, form.coded.weights, packing.name))
      return error{errc::invalid_argument,
                   join(path_, ": two different schemes have the name ", form.coded.weights, ".")};
    tensors.push_back({form.name + ".codes", dtype::u8, shape, memory.bytes});
    const auto scales = bytes_of(memory.scales);
    tensors.push_back({form.name + ".scales", dtype::f32, {form.coded.scales}, scales});
    const std::string where = join(path_, ": ", form.name);
    status ok = check_codes(packing, form, memory.bytes, where);
    return ok ? check_scales(scales, where) : std::move(ok);
  }
  [[nodiscard]] error wrong_size(const tensor_form& form, std::uint64_t expected,
                                 std::uint64_t found) const {
    return {errc::invalid_argument, join(path_, ": ", form.name, ": the model's shape asks for ",
                                         expected, " bytes, its parameter has ", found, ".")};
  }

  std::string_view path_;
};

/// The caller's metadata after our own.
[[nodiscard]] inline status append_metadata(std::vector<metadata_pair>& metadata,
                                            const std::vector<metadata_pair>& extra,
                                            std::string_view path) {
  for (const metadata_pair& p : extra) {
    if (is_reserved(p.key))
      return error{errc::invalid_argument,
                   join(path, ": the metadata's name ", json::shown(p.key),
                        " is one of the checkpoint's own; choose another.")};
    metadata.push_back(p);
  }
  return done{};
}

}  // namespace trilith::io::checkpoint

namespace trilith::TRILITH_IMPLEMENTED {

status save_checkpoint(std::string_view path, const io::checkpoint::facts& facts,
                       std::span<const io::checkpoint::saved_tensor> tensors,
                       const io::checkpoint_extras& extras) {
  namespace cp = io::checkpoint;
  if (status ok = io::json::available(path); !ok) return ok;
  if (status ok = check(facts.sizes, join(path, ": the model's shape")); !ok) return ok;
  if (status ok = cp::check_settings(facts.settings, join(path, ": the model's settings")); !ok)
    return ok;
  cp::save_plan plan(path);
  for (const cp::saved_tensor& t : tensors)
    if (status ok = plan.add(t); !ok) return ok;
  if (!extras.tokenizer.empty())
    plan.tensors.push_back({std::string(cp::tokenizer_name),
                            io::dtype::u8,
                            {extras.tokenizer.size()},
                            extras.tokenizer});
  cp::facts whole = facts;
  whole.packings = std::move(plan.packings);
  auto metadata = cp::to_metadata(whole);
  if (status ok = cp::append_metadata(metadata, extras.metadata, path); !ok) return ok;
  return io::write_safetensors(path, plan.tensors, metadata, extras.report);
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif

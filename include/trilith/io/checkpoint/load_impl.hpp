#ifndef TRILITH_IO_CHECKPOINT_LOAD_IMPL_HPP
#define TRILITH_IO_CHECKPOINT_LOAD_IMPL_HPP

#include <trilith/io/checkpoint/codes_impl.hpp>
#include <trilith/io/checkpoint/facts_impl.hpp>
#include <trilith/io/checkpoint/packings_impl.hpp>
#include <trilith/io/checkpoint/values_impl.hpp>
#include <trilith/io/safetensors/read_impl.hpp>

namespace trilith::io::checkpoint {

/// The tensor of this name, once its type and shape are as expected.
[[nodiscard]] inline result<const tensor_entry*> expect(loading& from, std::string_view name,
                                                        dtype type,
                                                        const std::vector<std::uint64_t>& shape) {
  const tensor_entry* const t = from.file.find(name);
  const std::string where = join(from.file.name(), ": tensor ", name, ": ");
  if (t == nullptr)
    return error{errc::malformed, join(where, "expected ", name_of(type), " ",
                                       safetensors::spelled(shape), ", found no such tensor.")};
  if (t->type != type || t->shape != shape)
    return error{errc::mismatch,
                 join(where, "expected ", name_of(type), " ", safetensors::spelled(shape),
                      ", found ", name_of(t->type), " ", safetensors::spelled(t->shape), ".")};
  from.seen.resize(from.file.tensors().size());
  from.seen[static_cast<std::size_t>(t - from.file.tensors().data())] = true;
  return t;
}

[[nodiscard]] inline status expect_coded(loading& from, const tensor_form& form) {
  const auto packing = find_packing(from, form.coded);
  if (!packing) return packing.error();
  // codes first: with them rows and columns are within the file, and the number of scales is too
  const std::vector<std::uint64_t> shape{form.shape[0],
                                         row_bytes(*packing, form.shape[1], form.coded.group)};
  if (auto codes = expect(from, form.name + ".codes", dtype::u8, shape); !codes)
    return std::move(codes).error();
  if (auto scales = expect(from, form.name + ".scales", dtype::f32, {form.coded.scales}); !scales)
    return std::move(scales).error();
  return done{};
}

/// The bytes of a tensor that was found before.
[[nodiscard]] inline std::span<const unsigned char> found_bytes(const loading& from,
                                                                std::string_view name) {
  return from.file.bytes(*from.file.find(name));
}

}  // namespace trilith::io::checkpoint

namespace trilith::TRILITH_IMPLEMENTED {

result<io::checkpoint::facts> read_facts(const io::safetensors_file& file,
                                         const io::checkpoint::facts& wanted) {
  namespace cp = io::checkpoint;
  if (status ok = cp::check_format(file); !ok) return std::move(ok).error();
  auto blueprint = cp::find_fact(file, "blueprint"), storage = cp::find_fact(file, "storage");
  if (!blueprint) return std::move(blueprint).error();
  if (!storage) return std::move(storage).error();
  cp::facts out;
  out.blueprint = std::move(blueprint).value();
  out.storage = std::move(storage).value();
  status ok = cp::check_kind(file, out, wanted);
  if (ok) ok = cp::read_numbers(file, out);
  if (ok) ok = check(out.sizes, join(file.name(), ": shape"));
  if (ok) ok = cp::check_settings(out.settings, join(file.name(), ": settings"));
  if (ok) ok = check_agreement(wanted.sizes, out.sizes, file.name());
  if (ok && out.sizes.layers > file.tensors().size())
    ok =
        error{errc::malformed, join(file.name(), ": shape: expected tensors for ", out.sizes.layers,
                                    " layers, found ", file.tensors().size(), " tensors.")};
  if (!ok) return std::move(ok).error();
  for (const io::metadata_pair& p : file.metadata())
    if (p.key.starts_with(cp::packing_prefix))
      out.packings.push_back({p.key.substr(cp::packing_prefix.size()), p.value});
  return out;
}

status expect_tensor(io::checkpoint::loading& from, const io::checkpoint::tensor_form& form) {
  if (form.is_coded) return io::checkpoint::expect_coded(from, form);
  auto found = io::checkpoint::expect(from, form.name, form.type, form.shape);
  return found ? status(done{}) : status(std::move(found).error());
}

status expect_no_more(const io::checkpoint::loading& from) {
  const auto& tensors = from.file.tensors();
  for (std::size_t i = 0; i < tensors.size(); ++i)
    if ((i >= from.seen.size() || !from.seen[i]) &&
        tensors[i].name != io::checkpoint::tokenizer_name)
      return error{errc::malformed,
                   join(from.file.name(), ": tensor ", io::json::shown(tensors[i].name),
                        ": the blueprint has no such parameter.")};
  return done{};
}

result<std::vector<unsigned char>> read_embedded_tokenizer(const io::safetensors_file& file) {
  const io::tensor_entry* const t = file.find(io::checkpoint::tokenizer_name);
  if (t == nullptr || t->type != io::dtype::u8 || t->shape.size() != 1)
    return error{errc::mismatch,
                 join(file.name(), ": expected a tensor tokenizer of U8 [bytes], found ",
                      t == nullptr ? "none." : "another type or shape.")};
  const auto bytes = file.bytes(*t);
  return std::vector<unsigned char>(bytes.begin(), bytes.end());
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif

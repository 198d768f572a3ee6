#ifndef TRILITH_IO_CHECKPOINT_HPP
#define TRILITH_IO_CHECKPOINT_HPP

#include <trilith/io/checkpoint/walk.hpp>

/// The native checkpoint: a safetensors file that holds any realisation of any blueprint,
/// losslessly. docs/checkpoint.md has its layout, byte by byte.
namespace trilith::io {

/// Saves a model: tensors as they lie in memory, and in the metadata what they are.
///
///     tl::io::save(model, "tiny.safetensors", {.tokenizer = tl::text::serialize(words),
///                                              .metadata = {{"name", "tiny"}, {"licence",
///                                              "MIT"}}});
///
/// The file is written under a temporary name, synced and renamed, so that `path` is the old file
/// or the whole new one at any moment. A file that save() wrote is one that load_checkpoint()
/// reads.
///
/// Errors: invalid_value for values that load_checkpoint() would refuse (a NaN, a scale that is not
/// positive), invalid_argument for reserved metadata keys and for parameters that do not have the
/// model's shape; io_failure; cancelled where extras.report said so; unsupported in a build without
/// nlohmann-json.
/// Cost: one pass over the parameters to check them, one to write them; no copy in memory.
template <Realisation M>
[[nodiscard]] status save(const M& model, std::string_view path,
                          const checkpoint_extras& extras = {}) {
  if (status ok = check_agreement(M::blueprint::sizes, model.sizes, path); !ok) return ok;
  if (model.parameters.blocks.size() != model.sizes.layers)
    return error{errc::invalid_argument,
                 join(path, ": the model's shape says layers = ", model.sizes.layers,
                      ", but it has ", model.parameters.blocks.size(), " blocks.")};
  trilith::detail::collect_tensors visit{model.sizes, {}, {}};
  fields::walk<typename M::blueprint>(visit, model.parameters);
  checkpoint::facts facts = trilith::detail::facts_of<M>(model.sizes);
  facts.settings = model.settings;
  return TRILITH_IMPLEMENTED::save_checkpoint(path, facts,
                                              {visit.tensors.data(), visit.tensors.size()}, extras);
}

/// Loads a model that save() wrote as the same blueprint and realisation.
///
///     auto model = tl::io::load_checkpoint<tl::packed<bitnet>>("tiny.safetensors");
///
/// A file whose codes are packed otherwise than M packs them is converted, losslessly. Backends are
/// no part of a blueprint's name.
///
/// Errors, each naming file, tensor, expected and found: what open_safetensors() reports; mismatch
/// for another blueprint, realisation or shape, also of a tensor; malformed for missing and unknown
/// tensors; invalid_value for codes the weights do not have, scales that are not positive, and
/// elements that are not finite; cancelled where options.report said so. Nothing is allocated
/// before the file was found to hold as much. With options.in_place, codes of the same packing and
/// elements are used where they lie in the file, and looked at only with options.check_elements.
/// Cost: one pass over the file, two where the packing differs; none of what is used in place.
template <Realisation M>
[[nodiscard]] result<M> load_checkpoint(const safetensors_file& file,
                                        const load_options& options = {}) {
  using B = typename M::blueprint;
  auto found = TRILITH_IMPLEMENTED::read_facts(file, trilith::detail::facts_of<M>(B::sizes));
  if (!found) return std::move(found).error();
  M model;
  model.sizes = found->sizes;
  model.settings = found->settings;
  model.parameters.blocks.resize(model.sizes.layers);
  checkpoint::loading from{file, *found, options};
  trilith::detail::load_tensors visit{from, model.sizes, {}, false, done{}};
  fields::walk<B>(visit, model.parameters);
  if (visit.outcome) visit.outcome = TRILITH_IMPLEMENTED::expect_no_more(from);
  visit.reading = true;
  if (visit.outcome) fields::walk<B>(visit, model.parameters);
  if (visit.outcome) visit.outcome = TRILITH_IMPLEMENTED::read_tensors(from);
  if (!visit.outcome) return std::move(visit.outcome).error();
  return model;
}
template <Realisation M>
[[nodiscard]] result<M> load_checkpoint(std::string_view path, const load_options& options = {}) {
  const auto file = open_safetensors(path);
  if (!file) return file.error();
  return load_checkpoint<M>(*file, options);
}

/// The bytes of the tokenizer that save() embedded, for text::parse_tokenizer. Errors: what
/// open_safetensors() reports; mismatch where the file has none.
[[nodiscard]] inline result<std::vector<unsigned char>> embedded_tokenizer(
    const safetensors_file& file) {
  return TRILITH_IMPLEMENTED::read_embedded_tokenizer(file);
}
[[nodiscard]] inline result<std::vector<unsigned char>> embedded_tokenizer(std::string_view path) {
  const auto file = open_safetensors(path);
  if (!file) return file.error();
  return embedded_tokenizer(*file);
}

}  // namespace trilith::io

#endif

#ifndef TRILITH_IO_LOAD_HPP
#define TRILITH_IO_LOAD_HPP

#include <trilith/infer/any_model.hpp>
#include <trilith/infer/text_model.hpp>
#include <trilith/io/checkpoint.hpp>
#include <trilith/io/loading/walk.hpp>
#include <trilith/text/load_tokenizer.hpp>

namespace trilith::TRILITH_FAMILIES_IMPLEMENTED {
result<any_model> load_any(std::string_view path, const io::load_options& options,
                           io::load_report& report, text::tokenizer& words);
}  // namespace trilith::TRILITH_FAMILIES_IMPLEMENTED

namespace trilith::io {

/// A model, its tokenizer (empty where the file has none) and what load() found out on the way.
template <class M>
struct loaded : text_model<M> {
  load_report report;
};

/// Makes a model of type M out of an opened file.
///
/// Every tensor is converted to what M stores: trits of any layout keep their codes and scales;
/// floats are quantised where M's weights are coded; elements that M stores as the file does are
/// used in place. Rows of queries and keys are put in the order of M's rotary pairs.
///
/// Errors: mismatch for a shape, gate or tensor that M's blueprint does not have or the file lacks,
/// and for scales that differ within what M gives one scale; invalid_value for codes and scales
/// that cannot be, and NaN (in elements used in place: with options.check_elements); cancelled
/// where options.report said so.
template <Realisation M>
[[nodiscard]] result<M> load_from(const model_source& source, const load_options& options = {}) {
  using B = typename M::blueprint;
  if (status ok = check_agreement(B::sizes, source.facts.sizes, source.name); !ok)
    return std::move(ok).error();
  M model;
  model.sizes = source.facts.sizes;
  model.settings = source.facts.settings;
  model.parameters.blocks.resize(model.sizes.layers);
  loading::plan plan{source, options.check_elements};
  trilith::detail::plan_tensors visit{plan, trilith::detail::row_order_of<B>(), {}, done{}};
  fields::walk<B>(visit, model.parameters);
  if (visit.outcome)
    visit.outcome = TRILITH_IMPLEMENTED::check_plan(plan, trilith::detail::gate_of<B>());
  if (visit.outcome) visit.outcome = TRILITH_IMPLEMENTED::carry_out(plan, options);
  if (!visit.outcome) return std::move(visit.outcome).error();
  return model;
}

/// Whether a safetensors file is one that io::save() wrote.
[[nodiscard]] inline bool is_checkpoint(const safetensors_file& file) noexcept {
  return file.find_metadata("blueprint") != nullptr;
}

/// The tokenizer that a native checkpoint holds, and what there is to say of the file.
[[nodiscard]] inline status read_native_extras(const safetensors_file& file, text::tokenizer& words,
                                               load_report& report) {
  if (const auto bytes = embedded_tokenizer(file)) {
    auto embedded = text::parse_tokenizer({bytes->data(), bytes->size()}, file.name());
    if (!embedded) return std::move(embedded).error();
    words = std::move(*embedded);
  }
  report.file = file.name();
  report.format = "native checkpoint";
  report.blueprint = *file.find_metadata("blueprint");
  return done{};
}

/// Loads a native checkpoint, or a model file of any kind that open_model() reads, as the type M.
///
///     auto m = tl::io::load<tl::packed<tl::presets::bitnet_b1_58_2b4t>>("ggml-model-i2_s.gguf");
///     std::cout << m->report.text();
///     tl::generate(*m, "The capital of France is", {}, print);
template <Realisation M>
[[nodiscard]] result<loaded<M>> load(std::string_view path, const load_options& options = {}) {
  if (const auto native = open_safetensors(path); native && is_checkpoint(*native)) {
    auto model = load_checkpoint<M>(*native, options);
    if (!model) return std::move(model).error();
    loaded<M> out{{std::move(*model), {}}, {}};
    if (status ok = read_native_extras(*native, out.tokenizer, out.report); !ok)
      return std::move(ok).error();
    return out;
  }
  auto source = open_model(path);
  if (!source) return std::move(source).error();
  auto model = load_from<M>(*source, options);
  if (!model) return std::move(model).error();
  return loaded<M>{{std::move(*model), std::move(source->tokenizer)}, std::move(source->report)};
}

/// The same where the program does not know the blueprint: the file's content chooses among those
/// of published models (docs/model_files.md). Also reads native checkpoints of these blueprints.
///
///     auto m = tl::io::load("Llama3-8B-1.58-100B-tokens");
///     tl::generate(*m, "The capital of France is", {}, print);
[[nodiscard]] inline result<loaded<any_model>> load(std::string_view path,
                                                    const load_options& options = {}) {
  load_report report;
  text::tokenizer words;
  auto model = TRILITH_FAMILIES_IMPLEMENTED::load_any(path, options, report, words);
  if (!model) return std::move(model).error();
  return loaded<any_model>{{std::move(*model), std::move(words)}, std::move(report)};
}

}  // namespace trilith::io

#endif

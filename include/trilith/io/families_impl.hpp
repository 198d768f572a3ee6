#ifndef TRILITH_IO_FAMILIES_IMPL_HPP
#define TRILITH_IO_FAMILIES_IMPL_HPP

#include <trilith/io/families.hpp>
#include <trilith/io/load.hpp>
#include <trilith/io/source_of.hpp>
#include <trilith/model/describe_model.hpp>

#include <string>

/// The blueprints of io/families.hpp behind any_model. Compiled once: cmake/families.cpp.
namespace trilith::io::any {

template <class Model>
class held_session final : public erased::session {
 public:
  explicit held_session(trilith::session<Model> s) : session_(std::move(s)) {}

  status append(std::size_t sequence, std::span<const std::int32_t> tokens) override {
    return session_.append(sequence, tokens);
  }
  status step(std::span<const next_token> tokens) override { return session_.step(tokens); }
  status score(std::size_t sequence, std::span<const std::int32_t> tokens, void* context,
               void (*visit)(void*, std::size_t, std::span<const float>)) override {
    return session_.score(sequence, tokens, [&](std::size_t i, std::span<const float> logits) {
      visit(context, i, logits);
    });
  }
  std::span<float> logits(std::size_t sequence) noexcept override {
    return session_.logits(sequence);
  }
  std::size_t length(std::size_t sequence) const noexcept override {
    return session_.length(sequence);
  }
  std::size_t sequences() const noexcept override { return session_.sequences(); }
  std::size_t context() const noexcept override { return session_.context(); }
  void rewind(std::size_t sequence, std::size_t length) noexcept override {
    session_.rewind(sequence, length);
  }

 private:
  trilith::session<Model> session_;
};

template <class Model>
class held_model final : public erased::model {
 public:
  explicit held_model(Model m) : model_(std::move(m)) {}

  result<erased::session*> open(const session_options& options) const override {
    auto opened = trilith::session<Model>::open(model_, options);
    if (!opened) return std::move(opened).error();
    return static_cast<erased::session*>(new held_session<Model>(std::move(*opened)));
  }
  std::string describe() const override { return trilith::describe(model_); }
  std::size_t bytes() const noexcept override { return parameter_bytes(model_); }
  model_source source() const override { return source_of(model_); }
  status save(std::string_view path, const checkpoint_extras& extras) const override {
    return io::save(model_, path, extras);
  }

 private:
  Model model_;
};

template <class Model>
[[nodiscard]] any_model hold(Model model) {
  const shape sizes = model.sizes;
  const trilith::settings settings = model.settings;
  return any_model(new held_model<Model>(std::move(model)), sizes, settings);
}

template <class... Blueprints>
struct list {};
using all_families = list<
    families::bitnet<relu_squared, weights::f16>, families::bitnet<relu_squared, weights::bf16>,
    families::bitnet<relu_squared, weights::f32>, families::bitnet<silu, weights::f16>,
    families::bitnet<silu, weights::bf16>, families::bitnet<silu, weights::f32>,
    families::llama_bitlinear<weights::f16>, families::llama_bitlinear<weights::bf16>,
    families::llama_bitlinear<weights::f32>, families::llama<weights::f16>,
    families::llama<weights::bf16>, families::llama<weights::f32>, families::qwen3<weights::f16>,
    families::qwen3<weights::bf16>, families::qwen3<families::binary_128>,
    families::qwen3<families::binary_128, weights::f16>, families::qwen3<families::ternary_64>,
    families::qwen3<families::ternary_64, weights::f16>>;

/// Blueprints that no published file needs, and that native checkpoints may name.
template <class... Bs>
[[nodiscard]] constexpr auto with_native(list<Bs...>) {
  return list<Bs..., presets::b1_58_relu<shape{}, presets::int8_head>,
              presets::b1_58<shape{}, presets::int8_head>>{};
}

[[nodiscard]] inline error no_family(const model_source& source) {
  const source_facts& f = source.facts;
  return {
      errc::unsupported,
      join(source.name, ": no blueprint is known with ", source.report.weights, ", gate ", f.gate,
           f.has_sub_norms ? ", sub-norms" : ", no sub-norms",
           f.has_head_norms ? ", norms of each head" : "", ", embedding ", source.report.embedding,
           ". Compose it (docs/04_compose_architecture.md) and call io::load<packed<...>>.")};
}

template <class B>
[[nodiscard]] result<any_model> load_as(const model_source& source, const load_options& options,
                                        load_report& report) {
  auto model = load_from<packed<B>>(source, options);
  if (!model) return std::move(model).error();
  report.blueprint = B::name();
  report.activations = B::block::attention_layer::scheme::activations::name;
  return hold(std::move(*model));
}

/// The first blueprint that fits the facts.
template <class... Bs>
[[nodiscard]] result<any_model> choose(list<Bs...>, const model_source& source,
                                       const load_options& options, load_report& report) {
  result<any_model> out = no_family(source);
  const auto attempt = [&]<class B>() {
    if (!families::matches<B>(source.facts)) return false;
    out = load_as<B>(source, options, report);
    return true;
  };
  (void)(attempt.template operator()<Bs>() || ...);
  return out;
}

/// A native checkpoint names its blueprint itself.
template <class... Bs>
[[nodiscard]] result<any_model> choose_native(list<Bs...>, const safetensors_file& file,
                                              const load_options& options) {
  const std::string& name = *file.find_metadata("blueprint");
  result<any_model> out = error{
      errc::unsupported,
      join(file.name(), ": expected a checkpoint of a published blueprint, found ", name,
           ". Load it with io::load_checkpoint<packed<...>> and the type it was saved from.")};
  const auto attempt = [&]<class B>() {
    if (name != B::name()) return false;
    auto model = load_checkpoint<packed<B>>(file, options);
    if (model)
      out = hold(std::move(*model));
    else
      out = std::move(model).error();
    return true;
  };
  (void)(attempt.template operator()<Bs>() || ...);
  return out;
}

[[nodiscard]] inline result<any_model> load_native(const safetensors_file& file,
                                                   const load_options& options, load_report& report,
                                                   text::tokenizer& words) {
  auto model = choose_native(with_native(all_families{}), file, options);
  if (!model) return model;
  if (status ok = read_native_extras(file, words, report); !ok) return std::move(ok).error();
  return model;
}

}  // namespace trilith::io::any

namespace trilith::TRILITH_FAMILIES_IMPLEMENTED {

result<any_model> load_any(std::string_view path, const io::load_options& options,
                           io::load_report& report, text::tokenizer& words) {
  if (auto native = io::open_safetensors(path); native && io::is_checkpoint(*native))
    return io::any::load_native(*native, options, report, words);
  auto source = io::open_model(path);
  if (!source) return std::move(source).error();
  auto model = io::any::choose(io::any::all_families{}, *source, options, source->report);
  report = std::move(source->report);
  words = std::move(source->tokenizer);
  return model;
}

}  // namespace trilith::TRILITH_FAMILIES_IMPLEMENTED

#endif

#ifndef TRILITH_IO_SOURCES_GGUF_KEYS_IMPL_HPP
#define TRILITH_IO_SOURCES_GGUF_KEYS_IMPL_HPP

#include <trilith/io/gguf.hpp>
#include <trilith/io/sources/facts_impl.hpp>

/// The hyper-parameters of a GGUF file.
namespace trilith::io::sources {

/// The architectures that are read, and what their files leave unsaid.
struct gguf_architecture {
  std::string_view name;
  std::string_view default_gate;
  bool is_2b4t = false;  ///< the official files of 2B4T, which need repairs
};
inline constexpr std::array<gguf_architecture, 5> gguf_architectures{
    {{"bitnet", "silu"},
     {"bitnet-25", "relu_squared", true},
     {"bitnet-b1.58", "relu_squared", true},
     {"llama", "silu"},
     {"qwen3", "silu"}}};

class gguf_keys {
 public:
  [[nodiscard]] static result<gguf_keys> read(const gguf_file& file) {
    gguf_keys keys(file);
    std::string_view name;
    const gguf_value* const value = file.find("general.architecture");
    if (value == nullptr || !value->as_string(name))
      return error{errc::malformed, join(file.name(),
                                         ": key general.architecture: expected a "
                                         "string, found none.")};
    for (const gguf_architecture& a : gguf_architectures)
      if (a.name == name) {
        keys.architecture_ = &a;
        return keys;
      }
    return error{errc::unsupported,
                 join(file.name(),
                      ": key general.architecture: expected bitnet, bitnet-25, bitnet-b1.58, llama "
                      "or qwen3, found ",
                      name, ".")};
  }

  [[nodiscard]] std::string_view architecture() const noexcept { return architecture_->name; }
  [[nodiscard]] bool is_2b4t() const noexcept { return architecture_->is_2b4t; }

  /// Shape, settings and gate.
  [[nodiscard]] status set_facts(model_source& out) const {
    shape& s = out.facts.sizes;
    status ok = size("embedding_length", s.dim);
    if (ok) ok = size("feed_forward_length", s.ffn_dim);
    if (ok) ok = size("block_count", s.layers);
    if (ok) ok = size("attention.head_count", s.heads);
    if (ok) ok = size("attention.head_count_kv", s.kv_heads, s.heads);
    if (ok) ok = size("context_length", s.context);
    if (ok) ok = size("attention.key_length", s.head_dim, s.heads == 0 ? 0 : s.dim / s.heads);
    if (ok) ok = set_vocab(s);
    if (ok) ok = number("attention.layer_norm_rms_epsilon", out.facts.settings.norm_eps);
    if (ok) ok = number("rope.freq_base", out.facts.settings.rope_theta, 10000.0f);
    if (ok) ok = check(s, file_->name());
    if (ok) ok = check_rotary(s);
    return ok ? set_gate(out) : std::move(ok);
  }

 private:
  explicit gguf_keys(const gguf_file& file) : file_(&file) {}

  [[nodiscard]] std::string key(std::string_view name) const {
    return join(architecture_->name, ".", name);
  }
  [[nodiscard]] error expected(std::string_view name, std::string_view what) const {
    const gguf_value* const found = file_->find(key(name));
    return {errc::malformed,
            join(file_->name(), ": key ", key(name), ": expected ", what, ", found ",
                 found == nullptr ? std::string_view("none") : name_of(found->type()), ".")};
  }

  /// `otherwise`: 0 where the key must be there.
  [[nodiscard]] status size(std::string_view name, std::size_t& out,
                            std::size_t otherwise = 0) const {
    const gguf_value* const value = file_->find(key(name));
    std::uint64_t found = otherwise;
    if ((value == nullptr && otherwise == 0) || (value != nullptr && !value->as_unsigned(found)))
      return expected(name, "a whole number");
    out = static_cast<std::size_t>(found);
    return done{};
  }
  [[nodiscard]] status number(std::string_view name, float& out, float otherwise = 0.0f) const {
    const gguf_value* const value = file_->find(key(name));
    double found = static_cast<double>(otherwise);
    if ((value == nullptr && otherwise == 0.0f) || (value != nullptr && !value->as_float(found)))
      return expected(name, "a number");
    out = static_cast<float>(found);
    return check_positive(join(file_->name(), ": key ", key(name)), out);
  }

  /// The embedding's rows; some files say it a second time.
  [[nodiscard]] status set_vocab(shape& s) const {
    const gguf_tensor* const embedding = file_->find_tensor("token_embd.weight");
    if (embedding == nullptr || embedding->dims.size() != 2)
      return error{errc::malformed, join(file_->name(),
                                         ": expected a tensor token_embd.weight of "
                                         "two dimensions, found none.")};
    return size("vocab_size", s.vocab, static_cast<std::size_t>(embedding->dims[1]));
  }

  /// Rotary positions that turn part of a head, or by scaled angles, are another model.
  [[nodiscard]] status check_rotary(const shape& s) const {
    std::size_t turned = 0;
    if (status ok = size("rope.dimension_count", turned, s.head_dim); !ok) return ok;
    if (turned != s.head_dim)
      return error{errc::unsupported,
                   join(file_->name(), ": key ", key("rope.dimension_count"), ": expected ",
                        s.head_dim, ", the width of a head, found ", turned, ".")};
    std::string_view type = "none";
    float factor = 1.0f;
    if (const gguf_value* const value = file_->find(key("rope.scaling.type")); value != nullptr)
      (void)value->as_string(type);
    if (status ok = number("rope.scaling.factor", factor, 1.0f); !ok) return ok;
    const bool is_plain = type == "none" || (type == "linear" && factor == 1.0f);
    if (is_plain && file_->find_tensor("rope_freqs.weight") == nullptr) return done{};
    return error{errc::unsupported,
                 join(file_->name(), ": key ", key("rope.scaling.type"),
                      ": expected none, or linear by 1, found ",
                      is_plain ? std::string("a tensor rope_freqs.weight") : std::string(type),
                      ", which nothing here computes yet.")};
  }

  [[nodiscard]] status set_gate(model_source& out) const {
    const gguf_value* const value = file_->find(key("hidden_act"));
    std::string_view name = architecture_->default_gate;
    if (value != nullptr && !value->as_string(name)) return expected("hidden_act", "a string");
    out.facts.gate = gate_named(name);
    if (out.facts.gate.empty())
      return error{errc::unsupported, join(file_->name(), ": key ", key("hidden_act"),
                                           ": expected silu or relu2, found ", name, ".")};
    if (value == nullptr && is_2b4t())
      out.report.repairs.push_back(
          "No activation in the metadata: squared ReLU, which 2B4T was trained with.");
    return done{};
  }

  const gguf_file* file_;
  const gguf_architecture* architecture_ = nullptr;
};

}  // namespace trilith::io::sources

#endif

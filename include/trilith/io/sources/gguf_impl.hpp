#ifndef TRILITH_IO_SOURCES_GGUF_IMPL_HPP
#define TRILITH_IO_SOURCES_GGUF_IMPL_HPP

#include <trilith/io/hf_names.hpp>
#include <trilith/io/sources/gguf_keys_impl.hpp>
#include <trilith/io/sources/gguf_words_impl.hpp>

/// A model_source of a GGUF file.
namespace trilith::io::sources {

/// The tensors of one file under the library's names.
class gguf_reader {
 public:
  gguf_reader(const gguf_file& file, const gguf_keys& keys, model_source& out, shared_owner owner)
      : file_(file), keys_(keys), out_(out), owner_(std::move(owner)) {}

  [[nodiscard]] status read_all() {
    for (const gguf_tensor& t : file_.tensors())
      if (status ok = read(t); !ok) return ok;
    sort_by_name(out_);
    return set_tensor_facts(out_);
  }

 private:
  [[nodiscard]] std::string origin(const gguf_tensor& t) const {
    return join(file_.name(), ": tensor ", t.name);
  }

  [[nodiscard]] status read(const gguf_tensor& from) {
    if (from.name.ends_with(".scale")) return done{};  // read with the matrix it belongs to
    source_tensor t;
    t.name = canonical_of_gguf(from.name);
    t.origin = origin(from);
    if (t.name.empty())
      return error{errc::unsupported,
                   join(t.origin, ": expected a tensor of ", keys_.architecture(),
                        " that is known, found one that is not.")};
    if (status ok = set_encoding(t, from.type); !ok) return ok;
    if (from.dims.empty() || from.dims.size() > 2)
      return error{errc::malformed, join(t.origin, ": expected one or two dimensions, found ",
                                         from.dims.size(), ".")};
    t.cols = from.dims[0];
    t.rows = from.dims.size() == 2 ? from.dims[1] : 1;
    if (status ok = check_dimensions(t); !ok) return ok;
    const auto bytes = file_.bytes(from);
    const gguf_tensor& last = file_.tensors().back();
    t.memory = {bytes, readable_end(file_.bytes(last).data() + last.bytes), owner_};
    set_order(t);
    if (status ok = set_factor(t, from.name); !ok) return ok;
    out_.tensors.push_back(std::move(t));
    return done{};
  }

  /// I2_S counts its blocks through the whole matrix, so that GGUF does not say that rows are whole
  /// blocks; none of the published files has others.
  [[nodiscard]] static status check_dimensions(const source_tensor& t) {
    if (t.rows == 0 || t.cols == 0)
      return error{errc::malformed, join(t.origin, ": expected rows and columns, found ", t.rows,
                                         " rows of ", t.cols, ".")};
    const encoding_traits& traits = traits_of(t.how);
    if (traits.layout.fits == nullptr || traits.layout.fits(t.rows, t.cols)) return done{};
    return error{errc::unsupported,
                 join(t.origin, ": expected rows of whole blocks of ", traits.name, ", found ",
                      t.rows, " rows of ", t.cols, ".")};
  }

  [[nodiscard]] static status set_encoding(source_tensor& t, ggml_type type) {
    constexpr std::array<std::pair<ggml_type, encoding>, 10> known{
        {{ggml_type::f32, encoding::f32},
         {ggml_type::f16, encoding::f16},
         {ggml_type::bf16, encoding::bf16},
         {ggml_type::q8_0, encoding::q8_0},
         {ggml_type::q6_k, encoding::q6_k},
         {ggml_type::i2_s, encoding::i2_s},
         {ggml_type::tq1_0, encoding::tq1_0},
         {ggml_type::tq2_0, encoding::tq2_0},
         {ggml_type::q1_0, encoding::q1_0},
         {ggml_type::q2_0, encoding::q2_0}}};
    for (const auto& [in_file, how] : known)
      if (in_file == type) {
        t.how = how;
        return done{};
      }
    return error{errc::unsupported,
                 join(t.origin,
                      ": expected F32, F16, BF16, Q8_0, Q6_K, I2_S, TQ1_0, TQ2_0, Q1_0 or Q2_0, "
                      "found ",
                      name_of(type), ".")};
  }

  void set_order(source_tensor& t) const {
    if (!t.name.ends_with(".attention.query") && !t.name.ends_with(".attention.key")) return;
    t.order = keys_.architecture() == "llama" ? row_order::interleaved : row_order::half_split;
    t.head_dim = out_.facts.sizes.head_dim;
  }

  /// Newer converters put the scale of "blk.0.attn_q.weight" into a tensor "blk.0.attn_q.scale".
  [[nodiscard]] status set_factor(source_tensor& t, const std::string& name) const {
    if (!name.ends_with(".weight")) return done{};
    const std::string scale = name.substr(0, name.size() - 6) + "scale";
    const gguf_tensor* const found = file_.find_tensor(scale);
    if (found == nullptr) return done{};
    if (found->type != ggml_type::f32 || found->bytes != 4)
      return error{errc::malformed, join(origin(*found), ": expected one F32, found ", found->bytes,
                                         " bytes of ", name_of(found->type), ".")};
    std::memcpy(&t.factor, file_.bytes(*found).data(), 4);
    return check_positive(origin(*found), t.factor);
  }

  const gguf_file& file_;
  const gguf_keys& keys_;
  model_source& out_;
  shared_owner owner_;
};

/// Whether the matrix holds only 0 and plus or minus one number: trits in a type for floats.
[[nodiscard]] inline bool holds_trits(const source_tensor& t) {
  const std::size_t rows = min_of<std::size_t>(t.rows, 16);
  std::vector<float> w(rows * t.cols);
  for (std::size_t r = 0; r < rows; ++r) decode_row(t, r, w.data() + r * t.cols);
  return are_codes(w.data(), w.size()) &&
         std::any_of(w.begin(), w.end(), [](float x) { return x != 0.0f; });
}

[[nodiscard]] inline status set_gguf_facts(model_source& out) {
  const source_tensor* const q = out.find("blocks.0.attention.query");
  if (q == nullptr)
    return error{errc::malformed,
                 join(out.name, ": expected a tensor blk.0.attn_q.weight, found none.")};
  const bool is_float = !traits_of(q->how).is_coded;
  set_weights(out.facts, *q, is_float && holds_trits(*q));
  if (is_float && out.facts.weights == weight_family::ternary)
    out.report.notes.push_back("The matrices are trits in a type for floats: taken as ternary.");
  return done{};
}

[[nodiscard]] inline result<model_source> open_gguf_source(std::string_view path) {
  auto opened = open_gguf(path);
  if (!opened) return std::move(opened).error();
  gguf_file* file = nullptr;
  const shared_owner owner = shared_owner::of(std::move(*opened), &file);
  auto keys = gguf_keys::read(*file);
  if (!keys) return std::move(keys).error();
  model_source out{.name = file->name()};
  status ok = keys->set_facts(out);
  if (ok) ok = gguf_reader(*file, *keys, out, owner).read_all();
  if (ok) ok = set_gguf_facts(out);
  if (ok) ok = read_gguf_words(*file, *keys, out);
  if (!ok) return std::move(ok).error();
  out.report.format = join("GGUF v", file->version());
  out.report.architecture = keys->architecture();
  report_facts(out);
  return out;
}

}  // namespace trilith::io::sources

#endif

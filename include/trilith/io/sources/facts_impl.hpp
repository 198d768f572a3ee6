#ifndef TRILITH_IO_SOURCES_FACTS_IMPL_HPP
#define TRILITH_IO_SOURCES_FACTS_IMPL_HPP

#include <trilith/core/text.hpp>
#include <trilith/io/sources/checks_impl.hpp>
#include <trilith/text/chat.hpp>

#include <algorithm>
#include <string>

#include <unistd.h>

/// What all formats share on the way to a model_source.
namespace trilith::io::sources {

/// The last byte that can be read after the end of a mapping that ends at `end`.
[[nodiscard]] inline const unsigned char* readable_end(const unsigned char* end) noexcept {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto address = reinterpret_cast<std::uintptr_t>(end);
  return end + (page - address % page) % page;
}

inline void sort_by_name(model_source& source) {
  std::sort(source.tensors.begin(), source.tensors.end(),
            [](const source_tensor& a, const source_tensor& b) { return a.name < b.name; });
}

/// The gate's function by the names that files use; empty for one that is not known.
[[nodiscard]] inline std::string_view gate_named(std::string_view name) noexcept {
  if (name == "silu" || name == "swish") return "silu";
  if (name == "relu2" || name == "relu_squared" || name == "squared_relu") return "relu_squared";
  return {};
}

/// Which kind of numbers the blocks' matrices hold, from their encoding.
inline void set_weights(source_facts& facts, const source_tensor& t,
                        bool floats_are_ternary) noexcept {
  facts.linear = t.how;
  if (!traits_of(t.how).is_coded) {
    facts.weights = floats_are_ternary ? weight_family::ternary : weight_family::plain;
    return;
  }
  const code_facts codes = codes_of(t);
  facts.weights = codes.code_step == 2 ? weight_family::binary : weight_family::ternary;
  // files of per-matrix schemes repeat their one scale in every block of tq1_0 and tq2_0
  if (t.how != encoding::tq1_0 && t.how != encoding::tq2_0) facts.group = codes.group;
}

[[nodiscard]] inline std::string_view name_of(weight_family family) noexcept {
  switch (family) {
    case weight_family::ternary:
      return "ternary";
    case weight_family::binary:
      return "binary";
    default:
      return "plain";
  }
}

/// The lines of the report that follow from the facts.
inline void report_facts(model_source& source) {
  const source_facts& f = source.facts;
  load_report& r = source.report;
  r.file = source.name;
  const std::string scales = f.group == 0 ? std::string("one scale a matrix")
                                          : join("one scale for ", f.group, " weights");
  r.weights = join(name_of(f.weights), " in ", traits_of(f.linear).name);
  if (f.weights != weight_family::plain) r.weights += join(", ", scales);
  r.gate = f.gate;
  r.embedding = join(traits_of(f.embedding).name,
                     f.has_separate_head ? ", head of its own" : ", also the head");
  const text::tokenizer& words = source.tokenizer;
  const bool is_byte_level = words.vocab().pre != text::pre_tokenizer::none;
  r.tokenizer = words.size() == 0 ? std::string("none")
                                  : join(is_byte_level ? "byte-level BPE, " : "SentencePiece, ",
                                         words.size(), " tokens");
  if (r.chat.empty()) r.chat = "none";
}

/// Facts that follow from which tensors there are.
[[nodiscard]] inline status set_tensor_facts(model_source& source) {
  source_facts& f = source.facts;
  f.has_sub_norms = source.find("blocks.0.attention.sub_norm") != nullptr;
  f.has_head_norms = source.find("blocks.0.attention.query_norm") != nullptr;
  f.has_separate_head = source.find("head") != nullptr;
  const source_tensor* const embedding = source.find("embedding");
  if (embedding == nullptr)
    return error{errc::malformed,
                 join(source.name, ": expected a tensor for the embedding, found none.")};
  f.embedding = embedding->how;
  if (embedding->rows != f.sizes.vocab)
    return error{errc::mismatch, join(embedding->origin, ": expected ", f.sizes.vocab,
                                      " rows, one for each token, found ", embedding->rows, ".")};
  return done{};
}

}  // namespace trilith::io::sources

namespace trilith::TRILITH_IMPLEMENTED {

void complete_source(io::model_source& source) {
  io::sources::sort_by_name(source);
  (void)io::sources::set_tensor_facts(source);
  if (const io::source_tensor* const q = source.find("blocks.0.attention.query"); q != nullptr)
    io::sources::set_weights(source.facts, *q, false);
  io::sources::report_facts(source);
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif

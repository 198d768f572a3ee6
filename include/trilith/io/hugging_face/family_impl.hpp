#ifndef TRILITH_IO_HUGGING_FACE_FAMILY_IMPL_HPP
#define TRILITH_IO_HUGGING_FACE_FAMILY_IMPL_HPP

#include <trilith/io/hf_config.hpp>
#include <trilith/io/hugging_face/members_impl.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace trilith::io::hf {

[[nodiscard]] inline std::string known_architectures() {
  std::string names;
  for (const hf_family_traits& t : hf_families)
    names += join(names.empty() ? "" : ", ", t.architecture);
  return names;
}

/// By the class; by model_type where a file names no class.
inline void find_family(members& in, hf_config& to) {
  for (const hf_family_traits& t : hf_families) {
    // 1bitLLM wrote LLaMA's model_type, so that the class alone tells the two apart.
    const bool by_type = to.architecture.empty() && to.model_type == t.model_type &&
                         t.family != hf_family::bitnet_1bitllm;
    if (to.architecture != t.architecture && !by_type) continue;
    to.family = t.family;
    if (!by_type) return;
    to.architecture = t.architecture;
    to.notes.push_back(join(to.source, ": no architectures; model_type ", json::shown(t.model_type),
                            " is taken for ", t.architecture, "."));
    return;
  }
  const bool by_type = to.architecture.empty();
  in.fail(errc::unsupported, by_type ? "model_type" : "architectures",
          join("expected one of ", known_architectures(), ", found ",
               by_type && to.model_type.empty()
                   ? "neither architectures nor model_type"
                   : json::shown(by_type ? to.model_type : to.architecture),
               "."));
}

/// weight_bits and input_bits are 1bitLLM's: its quantisers run at 1 (ternary) and 8.
inline void read_bits(members& in, hf_config& to) {
  in.whole("weight_bits", to.weight_bits, 1, 64);
  in.whole("input_bits", to.input_bits, 1, 64);
  if (!in.good() || to.weight_bits == 0) return;
  if (to.family == hf_family::llama) {
    to.family = hf_family::bitnet_1bitllm;
    to.notes.push_back(join(to.source, ": weight_bits makes it a model of 1bitLLM."));
  }
  if (to.family != hf_family::bitnet_1bitllm) return;
  if (to.weight_bits != 1)
    in.fail(errc::unsupported, "weight_bits",
            join("expected 1, which means ternary weights, found ", to.weight_bits, "."));
  if (to.input_bits != 0 && to.input_bits != 8)
    in.fail(errc::unsupported, "input_bits", join("expected 8, found ", to.input_bits, "."));
}

inline void read_family(members& in, hf_config& to) {
  std::vector<std::string> classes;
  in.texts("architectures", classes);
  in.text("model_type", to.model_type);
  if (!classes.empty()) to.architecture = classes.front();
  if (in.good()) find_family(in, to);
  read_bits(in, to);
  if (!in.good() || to.family != hf_family::bitnet_1bitllm) return;
  if (to.weight_bits == 0 && to.model_type != "llama")
    in.fail(errc::unsupported, "weight_bits",
            join("expected 1, or the model_type llama, as 1bitLLM's models have it, found the "
                 "model_type ",
                 json::shown(to.model_type), " without weight_bits."));
}

}  // namespace trilith::io::hf

#endif

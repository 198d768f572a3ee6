#ifndef TRILITH_IO_HUGGING_FACE_ROPE_IMPL_HPP
#define TRILITH_IO_HUGGING_FACE_ROPE_IMPL_HPP

#include <trilith/io/hf_config.hpp>
#include <trilith/io/hugging_face/members_impl.hpp>

#include <string>
#include <string_view>

namespace trilith::io::hf {

/// What an object of rotary parameters says; `theta` is 0 where it gives none.
struct rope_facts {
  hf_rope_scaling scaling;
  double theta = 0;

  friend constexpr bool operator==(const rope_facts&, const rope_facts&) = default;
};

inline constexpr double largest_theta = 1e15;

inline void read_llama3(members& in, hf_rope_scaling& to) {
  to.type = hf_rope_scaling::kind::llama3;
  in.real("factor", to.factor, 1, 1e6, need::required);
  in.real("low_freq_factor", to.low_freq_factor, 1e-3, 1e6, need::required);
  in.real("high_freq_factor", to.high_freq_factor, 1e-3, 1e6, need::required);
  in.real("original_max_position_embeddings", to.original_context, 1,
          static_cast<double>(largest_size), need::required);
  if (in.good() && to.high_freq_factor <= to.low_freq_factor)
    in.fail(errc::invalid_value, "high_freq_factor",
            join("expected more than low_freq_factor, which is ", json::spelled(to.low_freq_factor),
                 ", found ", json::spelled(to.high_freq_factor), "."));
}

inline void expect_whole_heads(members& in) {
  double rotated = 1;
  in.real("partial_rotary_factor", rotated, 1e-6, 1);
  if (rotated != 1)
    in.fail(
        errc::unsupported, "partial_rotary_factor",
        join("expected 1, since whole heads are turned here, found ", json::spelled(rotated), "."));
}

/// "rope_type" is the word of newer files, "type" of older ones; newer readers prefer the first.
[[nodiscard]] inline std::string rope_type(members& in) {
  std::string type = "default";
  in.text("type", type);
  in.text("rope_type", type);
  return type;
}

inline void read_rope_type(members& in, hf_rope_scaling& to) {
  const std::string type = rope_type(in);
  if (type == "default") return;
  if (type == "llama3") return read_llama3(in, to);
  double factor = 0;
  if (type == "linear") in.real("factor", factor, 1e-6, 1e6, need::required);
  if (type == "linear" && factor == 1) return;
  in.fail(errc::unsupported, "rope_type",
          join("expected default, llama3, or linear with the factor 1, found ", json::shown(type),
               type == "linear" ? join(" with the factor ", json::spelled(factor)) : "",
               "; positions scaled that way are not computed here."));
}

/// rope_scaling (until transformers 4) and rope_parameters (since 5, with rope_theta inside).
[[nodiscard]] inline result<rope_facts> read_rope_object(const value& object, std::string_view file,
                                                         std::string_view prefix) {
  rope_facts facts;
  members in(object, file, prefix);
  for (const value& member : object.items)
    if (member.is == value::kind::object)
      in.fail(errc::unsupported, member.key,
              "expected one set of rotary parameters for all layers, found one of its own.");
  read_rope_type(in, facts.scaling);
  in.real("rope_theta", facts.theta, 1, largest_theta);
  expect_whole_heads(in);
  if (status ok = in.finish(); !ok) return std::move(ok).error();
  return facts;
}

inline void disagree(members& in, std::string_view name, std::string_view other) {
  in.fail(errc::malformed, name, join("expected what ", other, " says, found something else."));
}

/// rope_theta and the scaling, wherever the file has them; places that disagree are an error.
[[nodiscard]] inline status read_rope(members& in, std::string_view file, hf_config& to) {
  rope_facts found;
  std::string_view from;
  in.real("rope_theta", found.theta, 1, largest_theta);
  for (const std::string_view name : {"rope_parameters", "rope_scaling"}) {
    const value* const object = in.object(name);
    if (object == nullptr) continue;
    const auto facts = read_rope_object(*object, file, join(name, "."));
    if (!facts) return facts.error();
    if (!from.empty() && facts->scaling != found.scaling) disagree(in, name, from);
    if (facts->theta != 0 && found.theta != 0 && facts->theta != found.theta)
      disagree(in, join(name, ".rope_theta"), from.empty() ? "rope_theta" : from);
    if (from.empty()) found.scaling = facts->scaling;
    if (facts->theta != 0) found.theta = facts->theta;
    from = name;
  }
  to.rope_scaling = found.scaling;
  if (found.theta != 0) to.settings.rope_theta = static_cast<float>(found.theta);
  return done{};
}

}  // namespace trilith::io::hf

#endif

#ifndef TRILITH_IO_HUGGING_FACE_QUANTIZATION_IMPL_HPP
#define TRILITH_IO_HUGGING_FACE_QUANTIZATION_IMPL_HPP

#include <trilith/io/hf_config.hpp>
#include <trilith/io/hugging_face/members_impl.hpp>

#include <initializer_list>
#include <string>
#include <string_view>

namespace trilith::io::hf {

/// An error unless the text is one of `known`.
inline void check_word(members& in, std::string_view name, std::string_view found,
                       std::initializer_list<std::string_view> known) {
  std::string expected;
  for (const std::string_view word : known) {
    if (found == word) return;
    expected += join(expected.empty() ? "" : " or ", word);
  }
  in.fail(errc::unsupported, name,
          join("expected ", expected, ", found ", json::shown(found), "."));
}

/// The multiplication or division that linear_class asks for is the whole difference between a
/// model and noise, so a class that is not known is refused.
[[nodiscard]] inline status read_quantization(const value& object, std::string_view file,
                                              hf_quantization& to) {
  members in(object, file, "quantization_config.");
  in.text("quant_method", to.method, need::required);
  if (in.good()) check_word(in, "quant_method", to.method, {"bitnet"});
  in.text("linear_class", to.linear_class);
  if (in.good()) check_word(in, "linear_class", to.linear_class, {"bitlinear", "autobitlinear"});
  in.text("quantization_mode", to.mode);
  if (in.good()) check_word(in, "quantization_mode", to.mode, {"offline", "online"});
  in.texts("modules_to_not_convert", to.not_converted);
  in.off("use_rms_norm", "a norm inside each linear layer is not computed here; expected false.");
  to.scale = to.linear_class == "autobitlinear" ? scale_meaning::multiply : scale_meaning::divide;
  return in.finish();
}

}  // namespace trilith::io::hf

#endif

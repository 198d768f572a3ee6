#ifndef TRILITH_IO_LOADING_PLAN_IMPL_HPP
#define TRILITH_IO_LOADING_PLAN_IMPL_HPP

#include <trilith/core/text.hpp>
#include <trilith/io/loading/walk.hpp>
#include <trilith/io/sources/rows_impl.hpp>

#include <string>

namespace trilith::io::loading {

[[nodiscard]] inline std::string spelled_shape(std::size_t rows, std::size_t cols) {
  return join("[", rows, ", ", cols, "]");
}

/// Marks a tensor of the source as used.
inline void use(plan& p, const source_tensor& tensor) {
  p.used.resize(p.source.tensors.size());
  p.used[static_cast<std::size_t>(&tensor - p.source.tensors.data())] = true;
}

[[nodiscard]] inline std::size_t rows_of(const checkpoint::tensor_form& form) noexcept {
  return form.shape.size() == 1 ? 1 : form.shape[0];
}
[[nodiscard]] inline std::size_t cols_of(const checkpoint::tensor_form& form) noexcept {
  return form.shape.back();
}

/// Whether a parameter of coded weights can hold every code of the file's layout.
[[nodiscard]] inline bool holds_codes(const checkpoint::coded_form& form,
                                      const sources::code_facts& codes) noexcept {
  return form.min_code <= codes.min_code && codes.max_code <= form.max_code &&
         (codes.min_code - form.min_code) % form.code_step == 0 &&
         codes.code_step % form.code_step == 0;
}

[[nodiscard]] inline status check_fit(const source_tensor& from,
                                      const checkpoint::tensor_form& form) {
  if (from.rows != rows_of(form) || from.cols != cols_of(form))
    return error{errc::mismatch,
                 join(from.origin, ": expected ", spelled_shape(rows_of(form), cols_of(form)),
                      " for ", form.name, ", found ", spelled_shape(from.rows, from.cols), ".")};
  const sources::encoding_traits& traits = sources::traits_of(from.how);
  if (form.is_coded && traits.is_coded && !holds_codes(form.coded, sources::codes_of(from)))
    return error{errc::mismatch, join(from.origin, ": expected codes that ", form.coded.weights,
                                      " has for ", form.name, ", found ", traits.name, ".")};
  return done{};
}

}  // namespace trilith::io::loading

namespace trilith::TRILITH_IMPLEMENTED {

result<const io::source_tensor*> find_source(io::loading::plan& plan,
                                             const io::checkpoint::tensor_form& form) {
  const io::source_tensor* from = plan.source.find(form.name);
  // a head of its own in a blueprint is a second use of the embedding where the file has one matrix
  if (from == nullptr && form.name == "head" && !plan.source.facts.has_separate_head)
    from = plan.source.find("embedding");
  if (from == nullptr)
    return error{errc::mismatch, join(plan.source.name, ": expected a tensor for ", form.name,
                                      ", which the blueprint has, found none.")};
  if (status ok = io::loading::check_fit(*from, form); !ok) return std::move(ok).error();
  io::loading::use(plan, *from);
  return from;
}

bool can_be_shown(const io::source_tensor& from, const io::checkpoint::tensor_form& form) noexcept {
  const bool same = (from.how == io::encoding::f32 && form.type == io::dtype::f32) ||
                    (from.how == io::encoding::f16 && form.type == io::dtype::f16) ||
                    (from.how == io::encoding::bf16 && form.type == io::dtype::bf16);
  const std::size_t alignment = io::bits_of(form.type) / 8;
  const unsigned char* const first = from.memory.bytes.data();
  return same && from.factor == 1.0f && from.memory.owner &&
         from.order == io::row_order::as_needed &&
         reinterpret_cast<std::uintptr_t>(first) % alignment == 0 &&
         from.memory.readable_end >=
             first + from.memory.bytes.size() + aligned_buffer<float>::slack_bytes;
}

status check_plan(const io::loading::plan& plan, std::string_view gate) {
  const io::model_source& source = plan.source;
  for (std::size_t i = 0; i < source.tensors.size(); ++i)
    if (i >= plan.used.size() || !plan.used[i])
      return error{errc::mismatch,
                   join(source.tensors[i].origin, ": the file has ", source.tensors[i].name,
                        ", the blueprint has no such parameter.")};
  if (!gate.empty() && gate != source.facts.gate)
    return error{errc::mismatch, join(source.name, ": expected a gate that is ", gate,
                                      ", as the blueprint has it, found ", source.facts.gate, ".")};
  return done{};
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif

#ifndef TRILITH_TRAIN_EXPECT_TRAINING_IMPL_HPP
#define TRILITH_TRAIN_EXPECT_TRAINING_IMPL_HPP

#include <trilith/train/training_checksum_impl.hpp>

#include <string>
#include <string_view>

namespace trilith::training_format {

[[nodiscard]] inline error another_run(const io::safetensors_file& file, std::string_view name,
                                       std::string_view expected, std::string_view found) {
  return {errc::mismatch, join(file.name(), ": the checkpoint is another run's: expected ", name,
                               " = ", expected, ", found ", found, ".")};
}
[[nodiscard]] inline error another_model(const io::safetensors_file& file, std::string_view tensor,
                                         std::string_view expected, std::string_view found) {
  return {errc::mismatch, join(file.name(), ": the checkpoint is another model's: tensor ", tensor,
                               ": expected ", expected, ", found ", found, ".")};
}

[[nodiscard]] inline std::string floats_of(std::span<const std::uint64_t> shape) {
  std::string out;
  for (const std::uint64_t size : shape) out += join(out.empty() ? "[" : ", ", size);
  return (out.empty() ? "[" : out) + "] of F32";
}
[[nodiscard]] inline std::string spelled(const io::tensor_entry& t) {
  return t.type == io::dtype::f32 ? floats_of(t.shape) : "another type";
}

}  // namespace trilith::training_format

namespace trilith::TRILITH_IMPLEMENTED {

status expect_run(const io::safetensors_file& file, const description& run) {
  namespace tf = training_format;
  for (const auto& [name, value] : run.pairs()) {
    const std::string* const found = file.find_metadata("run." + name);
    if (found == nullptr) return tf::another_run(file, name, value, "none");
    if (*found != value) return tf::another_run(file, name, value, *found);
  }
  for (const auto& [name, value] : file.metadata()) {
    bool is_known = !name.starts_with("run.");
    for (const auto& p : run.pairs()) is_known = is_known || "run." + p.key == name;
    if (!is_known) return tf::another_run(file, name.substr(4), "none", value);
  }
  return done{};
}

status expect_tensors(const io::safetensors_file& file,
                      std::span<const checkpoint_tensor> tensors) {
  namespace tf = training_format;
  for (const checkpoint_tensor& t : tensors) {
    const io::tensor_entry* const found = file.find(t.name);
    if (found == nullptr) return tf::another_model(file, t.name, tf::floats_of(t.shape), "none");
    if (found->type != io::dtype::f32 || found->shape != t.shape)
      return tf::another_model(file, t.name, tf::floats_of(t.shape), tf::spelled(*found));
  }
  for (const io::tensor_entry& entry : file.tensors()) {
    bool is_known = false;
    for (const checkpoint_tensor& t : tensors) is_known = is_known || t.name == entry.name;
    if (!is_known) return tf::another_model(file, entry.name, "none", tf::spelled(entry));
  }
  return done{};
}

namespace numbers {
template <class Number>
status read(const io::safetensors_file& file, std::string_view name, Number& out) {
  const std::string* const text = file.find_metadata(join("now.", name));
  if (text != nullptr && number_from(*text, out)) return done{};
  return error{errc::malformed, join(file.name(), ": expected a number now.", name, ", found ",
                                     text == nullptr ? "none" : *text, ".")};
}
}  // namespace numbers

status training_number(const io::safetensors_file& file, std::string_view name,
                       std::uint64_t& out) {
  return numbers::read(file, name, out);
}
status training_number(const io::safetensors_file& file, std::string_view name, double& out) {
  return numbers::read(file, name, out);
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif

#ifndef TRILITH_TRAIN_OPEN_TRAINING_IMPL_HPP
#define TRILITH_TRAIN_OPEN_TRAINING_IMPL_HPP

#include <trilith/io/safetensors/json_impl.hpp>
#include <trilith/train/training_checksum_impl.hpp>

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace trilith::training_format {

[[nodiscard]] inline status check_format(const io::safetensors_file& file) {
  const std::string* const found = file.find_metadata("format");
  if (found != nullptr && *found == format) return done{};
  return error{errc::malformed,
               join(file.name(), ": expected a training checkpoint, with format = \"", format,
                    "\", found ", found == nullptr ? "no format" : join("\"", *found, "\""), ".")};
}

/// Every version has the same checksum, so that damage is told from a newer version.
[[nodiscard]] inline status check_checksum(const io::safetensors_file& file) {
  std::vector<summed> tensors;
  for (const io::tensor_entry& t : file.tensors())
    tensors.push_back({t.name, t.shape, file.bytes(t)});
  const std::string sum = checksum_of(file.metadata(), std::move(tensors));
  const std::string* const found = file.find_metadata(checksum_key);
  if (found != nullptr && *found == sum) return done{};
  return error{errc::malformed,
               join(file.name(), ": the checkpoint is damaged: expected the checksum ", sum,
                    ", found ", found == nullptr ? "none" : *found, ".")};
}

[[nodiscard]] inline status check_version(const io::safetensors_file& file) {
  const std::string* const found = file.find_metadata("format_version");
  if (found != nullptr && *found == version) return done{};
  return error{errc::unsupported, join(file.name(), ": expected version ", version,
                                       " of the training checkpoint, found version ",
                                       found == nullptr ? "none" : *found,
                                       "; go on with the version of trilith that wrote it.")};
}

}  // namespace trilith::training_format

namespace trilith::TRILITH_IMPLEMENTED {

result<io::safetensors_file> open_training(std::string_view path) {
  namespace tf = training_format;
  if (status ok = io::json::available(path); !ok) return std::move(ok).error();
  auto file = io::open_safetensors(path);
  if (!file && file.error().code == errc::unsupported)  // an unknown dtype: this writes none
    return error{errc::malformed, file.error().message};
  if (!file) return file;
  for (const auto check : {&tf::check_format, &tf::check_checksum, &tf::check_version})
    if (status ok = check(*file); !ok) return std::move(ok).error();
  return file;
}

void copy_tensors(const io::safetensors_file& file, std::span<const checkpoint_tensor> tensors) {
  for (const checkpoint_tensor& t : tensors)
    if (const io::tensor_entry* const entry = file.find(t.name); !t.values.empty())
      std::memcpy(t.values.data(), file.bytes(*entry).data(), t.values.size_bytes());
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif

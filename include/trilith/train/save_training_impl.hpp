#ifndef TRILITH_TRAIN_SAVE_TRAINING_IMPL_HPP
#define TRILITH_TRAIN_SAVE_TRAINING_IMPL_HPP

#include <trilith/train/training_checksum_impl.hpp>
#include <trilith/version.hpp>

#include <vector>

namespace trilith::training_format {

[[nodiscard]] inline std::vector<io::metadata_pair> metadata_of(const training_snapshot& all) {
  std::vector<io::metadata_pair> out{{"format", std::string(format)},
                                     {"format_version", std::string(version)},
                                     {"trilith_version", TRILITH_VERSION}};
  for (const io::metadata_pair& p : all.run.pairs()) out.push_back({"run." + p.key, p.value});
  for (const io::metadata_pair& p : all.now.pairs()) out.push_back({"now." + p.key, p.value});
  return out;
}

[[nodiscard]] inline std::span<const unsigned char> bytes_of(std::span<const float> x) noexcept {
  return {reinterpret_cast<const unsigned char*>(x.data()), x.size_bytes()};
}

}  // namespace trilith::training_format

namespace trilith::TRILITH_IMPLEMENTED {

status save_training(std::string_view path, const training_snapshot& all) {
  namespace tf = training_format;
  std::vector<io::metadata_pair> metadata = tf::metadata_of(all);
  std::vector<tf::summed> sums;
  std::vector<io::tensor_to_write> tensors;
  for (const checkpoint_tensor& t : all.tensors) {
    sums.push_back({t.name, t.shape, tf::bytes_of(t.values)});
    tensors.push_back({t.name, io::dtype::f32, t.shape, tf::bytes_of(t.values)});
  }
  metadata.push_back({std::string(tf::checksum_key), tf::checksum_of(metadata, std::move(sums))});
  return io::write_safetensors(path, tensors, metadata);
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif

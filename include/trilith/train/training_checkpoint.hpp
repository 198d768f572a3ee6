#ifndef TRILITH_TRAIN_TRAINING_CHECKPOINT_HPP
#define TRILITH_TRAIN_TRAINING_CHECKPOINT_HPP

#include <trilith/core/error.hpp>
#include <trilith/io/safetensors.hpp>
#include <trilith/train/description.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// A run's state in one file; docs/training_checkpoint.md says what is in it.
namespace trilith {

/// Floats of a run in memory, and what a checkpoint calls them.
struct checkpoint_tensor {
  std::string name;
  std::vector<std::uint64_t> shape;
  std::span<float> values;
};

/// All that a checkpoint holds.
struct training_snapshot {
  description run;  ///< what a run must share that goes on from it: options, files, optimiser
  description now;  ///< counters
  std::vector<checkpoint_tensor> tensors;
};

}  // namespace trilith

namespace trilith::TRILITH_IMPLEMENTED {
status save_training(std::string_view path, const training_snapshot& all);
result<io::safetensors_file> open_training(std::string_view path);
status expect_run(const io::safetensors_file& file, const description& run);
status expect_tensors(const io::safetensors_file& file, std::span<const checkpoint_tensor> tensors);
status training_number(const io::safetensors_file& file, std::string_view name, std::uint64_t& out);
status training_number(const io::safetensors_file& file, std::string_view name, double& out);
void copy_tensors(const io::safetensors_file& file, std::span<const checkpoint_tensor> tensors);
}  // namespace trilith::TRILITH_IMPLEMENTED

namespace trilith {

/// Writes a checkpoint: to a temporary file beside `path`, synced and renamed, so that `path` is
/// the old file or the whole new one. Errors: io_failure, also for a full disk, after which no
/// temporary file is left; unsupported in a build without nlohmann-json. Cost: two reads of all
/// tensors, one of them for the checksum, and the disk.
[[nodiscard]] inline status save_training_checkpoint(std::string_view path,
                                                     const training_snapshot& all) {
  return TRILITH_IMPLEMENTED::save_training(path, all);
}

/// A checkpoint that was found whole and undamaged.
///
///     auto file = tl::training_checkpoint::open("run/step_000000000500.safetensors");
///     if (!file) return std::move(file).error();
///     if (auto good = file->expect(snapshot); !good) return good;
///     file->copy_to(snapshot.tensors);
class training_checkpoint {
 public:
  /// Maps a file and checks all of it. Errors: file_not_found, io_failure; truncated; malformed for
  /// foreign files and damage; unsupported for another version. Cost: one pass over the file.
  [[nodiscard]] static result<training_checkpoint> open(std::string_view path) {
    auto file = TRILITH_IMPLEMENTED::open_training(path);
    if (!file) return std::move(file).error();
    return training_checkpoint(std::move(file).value());
  }

  [[nodiscard]] const std::string& path() const noexcept { return file_.name(); }

  /// Whether it is of this run and this model. Error: mismatch, naming what differs, the expected
  /// and the found.
  [[nodiscard]] status expect(const training_snapshot& all) const {
    if (status same = TRILITH_IMPLEMENTED::expect_run(file_, all.run); !same) return same;
    return TRILITH_IMPLEMENTED::expect_tensors(file_, all.tensors);
  }
  /// A counter. Error: malformed where it is absent or no such number.
  template <class Number>
  [[nodiscard]] status read(std::string_view name, Number& out) const {
    return TRILITH_IMPLEMENTED::training_number(file_, name, out);
  }
  /// Fills all tensors; after expect().
  void copy_to(std::span<const checkpoint_tensor> tensors) const {
    TRILITH_IMPLEMENTED::copy_tensors(file_, tensors);
  }

 private:
  explicit training_checkpoint(io::safetensors_file file) : file_(std::move(file)) {}
  io::safetensors_file file_;
};

}  // namespace trilith

#endif

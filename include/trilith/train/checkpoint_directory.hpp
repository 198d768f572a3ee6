#ifndef TRILITH_TRAIN_CHECKPOINT_DIRECTORY_HPP
#define TRILITH_TRAIN_CHECKPOINT_DIRECTORY_HPP

#include <trilith/core/error.hpp>
#include <trilith/core/text.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trilith {

/// A file step_000000000500.safetensors of a directory.
struct found_checkpoint {
  std::uint64_t step = 0;
  std::string path;
};

}  // namespace trilith

namespace trilith::TRILITH_IMPLEMENTED {
status open_checkpoint_directory(const std::string& directory);
std::vector<found_checkpoint> list_checkpoints(const std::string& directory);
std::string checkpoint_path(std::string_view directory, std::uint64_t step);
void prune_checkpoints(const std::string& directory, std::size_t keep_last, std::uint64_t every);
}  // namespace trilith::TRILITH_IMPLEMENTED

namespace trilith {

/// The checkpoints of one run.
class checkpoint_directory {
 public:
  /// Makes it where it is absent, and removes what a run that was killed while it wrote a
  /// checkpoint has left: step_*.safetensors.XXXXXX. Error: io_failure.
  [[nodiscard]] static result<checkpoint_directory> open(std::string path) {
    if (status good = TRILITH_IMPLEMENTED::open_checkpoint_directory(path); !good)
      return std::move(good).error();
    return checkpoint_directory(std::move(path));
  }

  /// Newest first.
  [[nodiscard]] std::vector<found_checkpoint> list() const {
    return TRILITH_IMPLEMENTED::list_checkpoints(path_);
  }
  [[nodiscard]] std::string path_of(std::uint64_t step) const {
    return TRILITH_IMPLEMENTED::checkpoint_path(path_, step);
  }
  /// For a run from the beginning. Error: invalid_argument.
  [[nodiscard]] status expect_none() const {
    const std::vector<found_checkpoint> all = list();
    if (all.empty()) return done{};
    return error{errc::invalid_argument,
                 join(path_, ": expected no checkpoints for a new run, found ", all[0].path,
                      "; set resume to go on from it, or name another directory.")};
  }
  /// Removes all but the newest `keep_last` (0: none), and the newest whose step is a multiple of
  /// `every`, where that is not 0: those that a rollback may need.
  void prune(std::size_t keep_last, std::uint64_t every) const {
    TRILITH_IMPLEMENTED::prune_checkpoints(path_, keep_last, every);
  }

 private:
  explicit checkpoint_directory(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace trilith

#endif

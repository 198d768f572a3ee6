#ifndef TRILITH_TEST_FUZZ_SCRATCH_DIRECTORY_HPP
#define TRILITH_TEST_FUZZ_SCRATCH_DIRECTORY_HPP

#include <filesystem>
#include <system_error>

#include "fuzz.hpp"

namespace fuzz {

/// One directory for the whole run, in TMPDIR or else in memory.
class scratch_directory {
 public:
  scratch_directory() {
    const char* const parent = std::getenv("TMPDIR");
    path_ = std::string(parent != nullptr ? parent : "/dev/shm") + "/trilith_fuzz.XXXXXX";
    expect(::mkdtemp(path_.data()) != nullptr, "a directory cannot be made.");
  }
  scratch_directory(const scratch_directory&) = delete;
  scratch_directory& operator=(const scratch_directory&) = delete;
  ~scratch_directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  void write(const std::string& name, view contents) const {
    std::FILE* const file = std::fopen((path_ + "/" + name).c_str(), "wb");
    expect(file != nullptr, "a file cannot be made.");
    const std::size_t written = std::fwrite(contents.data(), 1, contents.size(), file);
    expect(std::fclose(file) == 0 && written == contents.size(), "a file cannot be written.");
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace fuzz

#endif

#ifndef TRILITH_TEST_FILES_HPP
#define TRILITH_TEST_FILES_HPP

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"

namespace test {

/// All of a file, which is there.
inline std::string contents_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  INFO(path);
  REQUIRE(in);
  return {std::istreambuf_iterator<char>(in), {}};
}
inline std::vector<unsigned char> bytes_of_file(const std::string& path) {
  const std::string contents = contents_of(path);
  return {contents.begin(), contents.end()};
}
inline void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), std::ssize(bytes));
}

/// A directory of this process for one test, removed at its end with all that is in it.
class scratch_directory {
 public:
  explicit scratch_directory(const std::string& name)
      : path_(name + "." + std::to_string(::getpid())) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  scratch_directory(const scratch_directory&) = delete;
  scratch_directory& operator=(const scratch_directory&) = delete;
  ~scratch_directory() { std::filesystem::remove_all(path_); }

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string file(std::string_view name) const {
    return path_ + "/" + std::string(name);
  }
  /// `name` may lead into directories, which are made.
  void write(std::string_view name, std::string_view text) const {
    const std::filesystem::path where = file(name);
    std::filesystem::create_directories(where.parent_path());
    write_file(where.string(), std::string(text));
  }
  void remove(std::string_view name) const { std::filesystem::remove_all(file(name)); }

 private:
  std::string path_;
};

}  // namespace test

#endif

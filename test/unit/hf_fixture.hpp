#ifndef TRILITH_TEST_UNIT_HF_FIXTURE_HPP
#define TRILITH_TEST_UNIT_HF_FIXTURE_HPP

#include <trilith/core/text.hpp>
#include <trilith/io/safetensors.hpp>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catch.hpp"

namespace test {

/// A directory of this process, with all that is in it, for one test.
class config_directory {
 public:
  explicit config_directory(std::string_view name)
      : path_(trilith::join("unit_", name, ".", ::getpid())) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  config_directory(const config_directory&) = delete;
  config_directory& operator=(const config_directory&) = delete;
  ~config_directory() { std::filesystem::remove_all(path_); }

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string path(std::string_view file) const {
    return trilith::join(path_, "/", file);
  }
  void write(std::string_view file, std::string_view text) const {
    const std::filesystem::path where = path(file);
    std::filesystem::create_directories(where.parent_path());
    std::ofstream(where, std::ios::binary) << text;
  }
  void remove(std::string_view file) const { std::filesystem::remove_all(path(file)); }

  /// A safetensors file of these tensors, of two bytes each.
  void write_tensors(std::string_view file, const std::vector<std::string>& names) const {
    static constexpr unsigned char two[] = {1, 2};
    std::vector<trilith::io::tensor_to_write> tensors;
    for (const std::string& name : names)
      tensors.push_back({name, trilith::io::dtype::u8, {2}, {two, 2}});
    REQUIRE(trilith::io::write_safetensors(path(file), tensors));
  }

 private:
  std::string path_;
};

inline std::string file_text(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}

inline std::string config_fixture(std::string_view name) {
  return trilith::join(TRILITH_TEST_FIXTURES_DIR, "/hf_configs/", name);
}

/// The tensors of a names.txt.
inline std::vector<std::string> fixture_names(std::string_view directory) {
  std::ifstream in(config_fixture(trilith::join(directory, "/names.txt")));
  std::vector<std::string> names;
  for (std::string line; std::getline(in, line);) names.push_back(line.substr(0, line.find(' ')));
  REQUIRE(names.size() > 10);
  return names;
}

/// The first `from` in `text` as `to`.
inline std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != text.npos);
  return text.replace(at, from.size(), to);
}

template <class Result>
void check_error(const Result& r, trilith::errc code, const std::vector<std::string>& words) {
  REQUIRE(!r);
  CAPTURE(r.error().message);
  CHECK(r.error().code == code);
  for (const std::string& w : words) CHECK_THAT(r.error().message, Catch::Contains(w));
}

/// Whether one of the notes has these words.
inline bool noted(const std::vector<std::string>& notes, std::string_view words) {
  for (const std::string& note : notes)
    if (note.find(words) != note.npos) return true;
  return false;
}

}  // namespace test

#endif

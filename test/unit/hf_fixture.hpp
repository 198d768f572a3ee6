#ifndef TRILITH_TEST_UNIT_HF_FIXTURE_HPP
#define TRILITH_TEST_UNIT_HF_FIXTURE_HPP

#include <trilith/core/text.hpp>
#include <trilith/io/safetensors.hpp>

#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "files.hpp"

namespace test {

/// A safetensors file of these tensors, of two bytes each.
inline void write_tensors(const std::string& path, const std::vector<std::string>& names) {
  static constexpr unsigned char two[] = {1, 2};
  std::vector<trilith::io::tensor_to_write> tensors;
  for (const std::string& name : names)
    tensors.push_back({name, trilith::io::dtype::u8, {2}, {two, 2}});
  REQUIRE(trilith::io::write_safetensors(path, tensors));
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

#ifndef TRILITH_TEST_DATA_HPP
#define TRILITH_TEST_DATA_HPP

#include <cstdio>
#include <cstdlib>
#include <string>

#include "catch.hpp"
#include "run_tests.hpp"

namespace test {

/// The path of a file of the shared data, or "" with a sentence in the report where it is absent.
/// TRILITH_DATA names the directory; its default, beside the checkout, comes from the build.
inline std::string data_file(const std::string& name) {
  const char* set = std::getenv("TRILITH_DATA");
  const std::string path = std::string(set != nullptr ? set : TRILITH_TEST_DATA_DIR) + "/" + name;
  if (std::FILE* file = std::fopen(path.c_str(), "rb")) {
    std::fclose(file);
    return path;
  }
  ++absent_files;
  WARN("skipped: " << path << " is absent; set TRILITH_DATA to the directory of the data files.");
  return {};
}

}  // namespace test

#endif

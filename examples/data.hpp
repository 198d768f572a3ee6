#ifndef TRILITH_EXAMPLES_DATA_HPP
#define TRILITH_EXAMPLES_DATA_HPP

#include <cstdio>
#include <cstdlib>
#include <string>

inline std::string data_path(const std::string& name) {
  const char* directory = std::getenv("TRILITH_DATA");
  return std::string(directory == nullptr ? "../shared/data" : directory) + "/" + name;
}

/// The path of a file below the directory TRILITH_DATA, or "" where it is absent.
inline std::string present_data_file(const std::string& name) {
  const std::string path = data_path(name);
  std::FILE* const file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return {};
  std::fclose(file);
  return path;
}

/// The same, and a sentence where it is absent.
inline std::string data_file(const std::string& name) {
  const std::string path = present_data_file(name);
  if (!path.empty()) return path;
  std::printf("skipped: %s is absent; set TRILITH_DATA to the directory of the data files.\n",
              data_path(name).c_str());
  return {};
}

#endif

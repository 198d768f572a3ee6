#ifndef TRILITH_EXAMPLES_DATA_HPP
#define TRILITH_EXAMPLES_DATA_HPP

#include <cstdio>
#include <cstdlib>
#include <string>

/// The path of a file below the directory TRILITH_DATA, or "" and a sentence where it is absent.
inline std::string data_file(const std::string& name) {
  const char* directory = std::getenv("TRILITH_DATA");
  const std::string path =
      std::string(directory == nullptr ? "../shared/data" : directory) + "/" + name;
  if (std::FILE* file = std::fopen(path.c_str(), "rb")) {
    std::fclose(file);
    return path;
  }
  std::printf("skipped: %s is absent; set TRILITH_DATA to the directory of the data files.\n",
              path.c_str());
  return {};
}

#endif

// Loads whichever model a file holds.
#include <trilith/io/load.hpp>

#include <cstdio>

int main(int argc, char** argv) {
  const auto m = trilith::io::load(argc > 1 ? argv[1] : "no such file");
  if (!m && argc > 1) std::fprintf(stderr, "%s\n", m.error().message.c_str());
  if (m) std::printf("%s", m->report.text().c_str());
  return argc > 1 ? !m : !(m.error().code == trilith::errc::file_not_found);
}

#ifndef TRILITH_EXAMPLES_COMPLAIN_HPP
#define TRILITH_EXAMPLES_COMPLAIN_HPP

#include <trilith/core/error.hpp>

#include <cstdio>

/// Says what went wrong. Returns what the program should end with; after Ctrl-C, as shells expect.
inline int complain(const trilith::error& why) {
  std::fprintf(stderr, "error: %s\n", why.message.c_str());
  return why.code == trilith::errc::cancelled ? 130 : 1;
}

#endif

// expect: aligned_buffer holds trivially copyable values
#include <trilith/core/aligned_buffer.hpp>

#include <string>

#if defined(TRILITH_FAIL)
using element = std::string;
#else
using element = float;
#endif

std::size_t size() {
  return trilith::aligned_buffer<element>(3).size();
}

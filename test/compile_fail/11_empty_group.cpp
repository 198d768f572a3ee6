// expect: scale::per_group<N>: a group holds at least one weight
#include <trilith/weights/scale.hpp>

#if defined(TRILITH_FAIL)
constexpr std::size_t group = 0;
#else
constexpr std::size_t group = 1;
#endif
std::size_t scales() {
  return trilith::scale::per_group<group>::count(2, 3);
}

// expect: include the Trilith header before any <hwy/...> header in the file that defines
#if defined(TRILITH_FAIL)
#include <hwy/highway.h>
#endif

#define TRILITH_IMPLEMENTATION
#include <trilith/trilith.hpp>

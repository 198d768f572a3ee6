#define TRILITH_IMPLEMENTATION
#include <trilith/trilith.hpp>

// expect: exact results need IEEE arithmetic; compile without -ffast-math
// fails with: -ffast-math
#include <trilith/config.hpp>

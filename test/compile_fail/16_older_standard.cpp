// expect: C\+\+20 is required; compile with -std=c\+\+20 or newer
// fails with: -std=c++17
#include <trilith/config.hpp>

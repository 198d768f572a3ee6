// expect: backends::eigen needs Eigen 3.4 or newer on the include path; install libeigen3-dev
// passes with: -isystem /usr/include/eigen3
#include <trilith/backends/eigen.hpp>

static_assert(trilith::backends::Backend<trilith::backends::eigen>);

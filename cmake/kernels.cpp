// Defines the kernel table: the numeric kernels, compiled once for every SIMD target.
#define TRILITH_IMPLEMENTATION_KERNELS
#include <trilith/backends/simd/dispatch_impl.hpp>

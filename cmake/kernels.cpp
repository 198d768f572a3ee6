// Defines the kernel table: the numeric kernels, compiled once for every SIMD target.
#include <trilith/backends/simd/dispatch_impl.hpp>

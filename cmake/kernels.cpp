// The matrix products of every SIMD target, and the choice among the targets.
#define TRILITH_KERNELS_WITHOUT_ROWS
#define TRILITH_KERNELS_WITHOUT_GRADIENTS
#include <trilith/backends/simd/dispatch_impl.hpp>

// What backward passes compute, for every SIMD target.
#define TRILITH_KERNELS_WITHOUT_PRODUCTS
#define TRILITH_KERNELS_WITHOUT_ROWS
#include <trilith/backends/simd/dispatch_impl.hpp>

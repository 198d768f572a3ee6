// What is computed between the matrix products, for every SIMD target.
#define TRILITH_KERNELS_WITHOUT_PRODUCTS
#define TRILITH_KERNELS_WITHOUT_GRADIENTS
#include <trilith/backends/simd/dispatch_impl.hpp>

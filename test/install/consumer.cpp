// The program that every way of using the library must build: two files, one product.
#include <cstdio>

#include "small_product.hpp"

float second_file();

int main() {
  const small_product product;
  float kernel[product_rows], hand[product_rows];
  product.by_kernel(kernel);
  product.by_hand(hand);
  for (std::size_t r = 0; r < product_rows; ++r)
    if (kernel[r] != hand[r]) return std::puts("the kernel and the definition disagree"), 1;
  if (second_file() != hand[0]) return std::puts("the two files disagree"), 1;
  std::printf("trilith %s, kernel target %s\n", TRILITH_VERSION, trilith::simd::kernels().target);
}

// One file of the mixed program; compiled once per set of flags, under the name ABI_PART.
#include "small_product.hpp"

#define ABI_CAT_(a, b) a##b
#define ABI_CAT(a, b) ABI_CAT_(a, b)

/// y and by the definition y, one after the other.
void ABI_CAT(part_, ABI_PART)(float* y) {
  const small_product product;
  product.by_kernel(y);
  product.by_hand(y + product_rows);
}

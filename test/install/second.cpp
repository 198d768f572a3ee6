#include "small_product.hpp"

float second_file() {
  float y[product_rows];
  small_product().by_kernel(y);
  return y[0];
}

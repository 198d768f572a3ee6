// One linear layer: the scheme, its quantised weights, a product.
#include <trilith/trilith.hpp>

namespace tl = trilith;

using ternary =
    tl::scheme<tl::weights::ternary<>, tl::activations::int8<>, tl::backends::automatic>;

void run(const float* weights, const float* x, float* y) {
  tl::bit_linear<ternary> layer(weights, 2560, 2560);
  layer.forward({x, 1, 2560}, {y, 1, 2560});
}

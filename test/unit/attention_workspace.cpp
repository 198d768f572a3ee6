// The memory of a forward pass: what shares it, and how much there is.
#include <trilith/layers/workspace.hpp>

#include "catch.hpp"

namespace tl = trilith;

namespace {

// BitNet b1.58 2B4T
constexpr tl::shape large{.dim = 2560,
                          .ffn_dim = 6912,
                          .layers = 30,
                          .heads = 20,
                          .kv_heads = 5,
                          .head_dim = 128,
                          .vocab = 128256,
                          .context = 4096};

}  // namespace

TEST_CASE("attention and the feed-forward network take the same memory", "[workspace]") {
  tl::inner_rows rows(large, 4);
  CHECK(rows.query.rows(4).data == rows.gate.rows(4).data);
  CHECK(rows.mixed.rows(4).data == rows.query.rows(4).data);
  CHECK(rows.key.rows(4).data == rows.query.rows(4).data + rows.query.size());
  CHECK(rows.value.rows(4).data == rows.key.rows(4).data + rows.key.size());
  CHECK(rows.up.rows(4).data == rows.gate.rows(4).data + rows.gate.size());
  CHECK(rows.gate.size() + rows.up.size() == 2 * 4 * 6912);
  CHECK(rows.query.rows(3).cols == 2560);
  CHECK(rows.key.rows(3).cols == 640);
}

TEST_CASE("where attention is wider than the network it is what counts", "[workspace]") {
  tl::shape wide = large;
  wide.ffn_dim = 16;
  tl::inner_rows rows(wide, 3);
  for (std::size_t t = 0; t < 3; ++t)
    for (float& v : rows.value.rows(3).row(t)) v = 1.0f;  // the sanitizers check the end
  CHECK(rows.value.rows(3)(2, 639) == 1.0f);
}

TEST_CASE("a copy of a workspace has memory of its own, and moving keeps it", "[workspace]") {
  tl::workspace first(large, {}, 2, 64, 1, {});
  tl::workspace copy = first;
  CHECK(copy.query.rows(2).data != first.query.rows(2).data);
  CHECK(copy.residual.rows(2).data != first.residual.rows(2).data);
  float* const where = first.gate.rows(2).data;
  const tl::workspace moved = std::move(first);
  CHECK(tl::workspace(moved).gate.rows(2).data != where);
}

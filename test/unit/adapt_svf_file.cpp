// Singular values of a model, and of a file that may be damaged, half done or another model's.
#include <string>

#include "adapt_svf_fixture.hpp"
#include "files.hpp"

namespace {

using namespace test;
using tl::errc;

constexpr std::size_t matrices = 2 * 7;

void check_same(const tl::svf_factors& a, const tl::svf_factors& b) {
  REQUIRE(a.matrices.size() == b.matrices.size());
  for (const tl::svf_matrix& m : a.matrices) {
    const tl::svf_matrix* const other = b.find(m.name);
    REQUIRE(other != nullptr);
    CHECK(m.fingerprint == other->fingerprint);
    const auto same = [](const auto& x, const auto& y) {
      return x.size() == y.size() && std::equal(x.begin(), x.end(), y.begin());
    };
    CHECK(same(m.values.u.elements, other->values.u.elements));
    CHECK(same(m.values.s, other->values.s));
    CHECK(same(m.values.v.elements, other->values.v.elements));
    CHECK((m.values.u.cols == other->values.u.cols && m.values.v.rows == other->values.v.rows));
  }
}

/// Counts the matrices that are begun, and cancels in front of one.
struct listener {
  std::size_t stop_at = matrices + 1;
  std::vector<std::string> heard = {};
  double last = -1;
  bool operator()(double share, std::string_view name) {
    CHECK(share > last);
    last = share;
    if (heard.size() == stop_at) return false;
    if (!name.empty()) heard.emplace_back(name);
    return true;
  }
};

/// The file with one byte of a tensor's changed, found by its bytes.
void damage(const std::string& path, std::size_t from_end) {
  std::string bytes = contents_of(path);
  bytes[bytes.size() - from_end] = static_cast<char>(bytes[bytes.size() - from_end] ^ 4);
  write_file(path, bytes);
}
void replace(const std::string& path, std::string_view from, std::string_view to) {
  REQUIRE(from.size() == to.size());
  std::string bytes = contents_of(path);
  const std::size_t at = bytes.find(from);
  REQUIRE(at != std::string::npos);
  write_file(path, bytes.replace(at, from.size(), to));
}

}  // namespace

TEST_CASE("hidden matrices have the names of training, and no head is among them", "[adapt]") {
  auto model = random_model<ternary>();
  std::vector<std::string> walked, trained;
  tl::for_each_hidden_matrix(
      model, [&](const std::string& name, const auto&, auto) { walked.push_back(name); });
  tl::training_pass pass(model, {.sequences = 1, .length = 1});
  pass.for_each_tensor([&](const tl::tensor_facts& t, std::span<float>, std::span<float>) {
    if (t.what == tl::role::hidden_matrix) trained.emplace_back(t.name);
  });
  CHECK(walked.size() == matrices);
  CHECK(walked == trained);
}

TEST_CASE("a model is decomposed matrix by matrix, packed or not", "[adapt]") {
  auto model = random_model<ternary>();
  listener heard;
  const auto all = tl::decompose(model, tl::every_matrix{}, heard).value();
  CHECK(all.matrices.size() == matrices);
  CHECK(heard.heard.size() == matrices);
  CHECK(heard.last == 1);
  const auto& w = model.parameters.blocks[1].ffn.down;
  const auto* const found = all.find("blocks.1.ffn.down");
  REQUIRE(found != nullptr);
  const auto again =
      by_definition(found->values, std::vector<float>(found->values.rank(), 1.0f), false);
  CHECK(relative(w.elements, again, again.size()) < 1e-6);
  CHECK(tl::expect_weights(all, model));

  const auto ffn = tl::decompose(model, tl::feed_forward_matrices{}).value();
  CHECK(ffn.matrices.size() == 2 * 3);
  for (const tl::svf_matrix& m : ffn.matrices) CHECK(m.name.find(".ffn.") != std::string::npos);

  const auto packed = tl::pack(model);  // its own weights are the decoded ones
  const auto of_packed = tl::decompose(packed).value();
  check_same(of_packed, tl::decompose(tl::dequantize(packed)).value());
  CHECK(tl::expect_weights(of_packed, packed));
  check_fails(tl::expect_weights(of_packed, model).error(), errc::mismatch,
              "tensor blocks.0.attention.query");

  heard = {.stop_at = 2};
  check_fails(tl::decompose(model, tl::every_matrix{}, heard).error(), errc::cancelled,
              "in front of blocks.0.attention.value, with 2 matrices");
  model.parameters.blocks[0].attention.key.elements[5] = INFINITY;
  check_fails(tl::decompose(model).error(), errc::invalid_value, "blocks.0.attention.key");
}

TEST_CASE("factors come back from their file as they were", "[adapt]") {
  const scratch_directory where("adapt_svf_file");
  const auto path = where.file("model.svf.safetensors");
  const auto model = random_model<ternary>();
  const auto factors = tl::decompose(model).value();
  REQUIRE(tl::save_svf(path, factors));
  const auto again = tl::load_svf(path).value();
  CHECK(again.origin == path);
  check_same(factors, again);
  CHECK(tl::expect_weights(again, model));
  CHECK(tl::load_svf(path, model));
  // of another model, by one bit of one weight
  auto other = random_model<ternary>();
  auto& weight = other.parameters.blocks[1].ffn.up.elements[7];
  weight = std::nextafter(weight, 1.0f);
  const auto why = tl::expect_weights(again, other).error();
  check_fails(why, errc::mismatch, path + ": tensor blocks.1.ffn.up: expected weights with the");
  check_fails(why, errc::mismatch, "are of other weights");
  CHECK(tl::load_svf(path, other).error().message == why.message);
  CHECK(tl::load_svf(where.file("none"), other).error().code == errc::file_not_found);
  auto taller = factors;
  taller.matrices[0].values = tl::singular_values(9, 48, 9);
  check_fails(tl::expect_weights(taller, model).error(), errc::mismatch,
              "expected singular values of a matrix [48, 48], found [9, 48]");
  auto more = tl::decompose(model).value();
  more.matrices.push_back({"blocks.9.ffn.up", 0, tl::singular_values(2, 2, 2)});
  check_fails(tl::expect_weights(more, model).error(), errc::mismatch, "found 1 others");
}

TEST_CASE("a damaged file of factors says what is wrong", "[adapt]") {
  const scratch_directory where("adapt_svf_damage");
  const auto path = where.file("model.svf.safetensors");
  const auto model = random_model<ternary>();
  REQUIRE(tl::save_svf(path, tl::decompose(model, tl::feed_forward_matrices{}).value()));
  const std::string good = contents_of(path);
  for (const std::size_t from_end : {1u, 777u, 30000u}) {
    write_file(path, good);
    damage(path, from_end);
    const auto why = tl::load_svf(path).error();
    check_fails(why, errc::malformed, path + ": expected checksum = ");
    check_fails(why, errc::malformed, "The file is damaged.");
  }
  write_file(path, good.substr(0, good.size() - 8));
  check_fails(tl::load_svf(path).error(), errc::truncated, path);
  write_file(path, good);  // a fingerprint and a name are part of the checksum
  replace(path, "weights.blocks.0.ffn.up", "weights.blocks.0.ffn.pu");
  check_fails(tl::load_svf(path).error(), errc::malformed, "checksum");
  write_file(path, good);
  replace(path, "trilith singular values", "trilith singular valves");
  check_fails(tl::load_svf(path).error(), errc::malformed, "expected format = \"trilith singular");
  check_fails(tl::load_svf(where.file("none")).error(), errc::file_not_found, "none");

  // whole files with the wrong things in them
  namespace d = tl::detail;
  const std::vector<float> x(12);
  const auto written = [&](std::vector<d::named_floats> tensors,
                           std::vector<tl::io::metadata_pair> about = {}) {
    REQUIRE(d::write_floats(path, d::factors_format, std::move(about), tensors));
    return tl::load_svf(path).error();
  };
  check_fails(written({{"a.s", {2}, {x.data(), 2}}}), errc::malformed,
              "tensor a.u: expected [Out, 2] of F32, found none");
  check_fails(written({{"a.s", {2}, {x.data(), 2}},
                       {"a.u", {3, 4}, {x.data(), 12}},
                       {"a.v", {2, 2}, {x.data(), 4}}}),
              errc::malformed, "tensor a.u: expected 2 columns, found [3, 4] of F32");
  check_fails(written({{"a.s", {2, 1}, {x.data(), 2}}}), errc::malformed,
              "tensor a.s: expected [r] of F32, found [2, 1] of F32");
  check_fails(written({{"a.s", {2}, {x.data(), 2}},
                       {"a.u", {3, 2}, {x.data(), 6}},
                       {"a.v", {2, 2}, {x.data(), 4}}},
                      {{"weights.a", "12"}}),
              errc::malformed, "tensor a: expected a fingerprint of 16 digits, found 12");
}

TEST_CASE("a cache that was cancelled is gone on with", "[adapt]") {
  const scratch_directory where("adapt_svf_cache");
  const auto path = where.file("model.svf.safetensors");
  auto model = random_model<ternary>();
  const auto whole = tl::decompose(model).value();

  listener heard{.stop_at = 0};  // nothing was done: there is no file
  check_fails(tl::decompose_cached(path, model, tl::every_matrix{}, heard).error(), errc::cancelled,
              path);
  CHECK_FALSE(std::filesystem::exists(path));
  heard = {.stop_at = 5};
  check_fails(tl::decompose_cached(path, model, tl::every_matrix{}, heard).error(), errc::cancelled,
              "with 5 matrices");
  CHECK(tl::load_svf(path).value().matrices.size() == 5);
  heard = {};
  check_same(tl::decompose_cached(path, model, tl::every_matrix{}, heard).value(), whole);
  CHECK(heard.heard.size() == matrices - 5);
  CHECK(heard.heard.front() == "blocks.0.ffn.up");
  heard = {};  // and then it is read alone
  const std::string bytes = contents_of(path);
  check_same(tl::decompose_cached(path, model, tl::every_matrix{}, heard).value(), whole);
  CHECK(heard.heard.empty());
  CHECK(contents_of(path) == bytes);
  check_same(tl::load_svf(path).value(), whole);

  // another model's file is refused, and stays
  model.parameters.blocks[0].attention.value.elements[0] = 1;
  check_fails(tl::decompose_cached(path, model).error(), errc::mismatch,
              path + ": tensor blocks.0.attention.value");
  CHECK(contents_of(path) == bytes);
  damage(path, 100);
  check_fails(tl::decompose_cached(path, model).error(), errc::malformed, "damaged");
}

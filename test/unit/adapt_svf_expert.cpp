// Experts of singular values: applied, mixed, shuffled, and in files.
#include <algorithm>
#include <string>

#include "adapt_svf_fixture.hpp"
#include "files.hpp"

namespace {

using namespace test;
using tl::errc;

struct decomposed_model {
  tl::latent<ternary> model = random_model<ternary>();
  tl::svf_factors factors = tl::decompose(model).value();
};

/// c z of a matrix, from the formula.
std::vector<double> effective(const tl::svf_factors& factors, const tl::svf_expert& e,
                              const std::string& name) {
  const auto& s = factors.find(name)->values.s;
  const auto& z = e.find(name)->z;
  double all = 0, scaled = 0;
  for (std::size_t i = 0; i < z.size(); ++i) {
    all += static_cast<double>(s[i]);
    scaled += static_cast<double>(s[i]) * static_cast<double>(z[i]);
  }
  std::vector<double> out(z.begin(), z.end());
  for (double& x : out) x *= e.renormalised ? all / scaled : 1;
  return out;
}

}  // namespace

TEST_CASE("an expert changes the matrices that it has, and no other weight", "[adapt]") {
  decomposed_model of;
  const auto before = of.model;
  tl::svf_expert e = random_expert(of.factors, 1);
  std::erase_if(e.parts, [](const auto& p) { return !tl::feed_forward_matrices{}(p.name); });
  CHECK(e.parts.size() == 6);
  CHECK(e.parameters() == 6 * 48);
  REQUIRE(tl::apply_expert(e, of.factors, of.model));
  for (std::size_t b = 0; b < 2; ++b) {
    const auto &now = of.model.parameters.blocks[b], &then = before.parameters.blocks[b];
    const auto name = "blocks." + std::to_string(b) + ".ffn.down";
    const auto wanted = by_definition(of.factors.find(name)->values, e.find(name)->z, true);
    CHECK(relative(now.ffn.down.elements, wanted, wanted.size()) < 1e-6);
    CHECK(relative(now.ffn.down.elements, then.ffn.down.elements, wanted.size()) > 0.05);
    CHECK(std::equal(now.attention.query.elements.begin(), now.attention.query.elements.end(),
                     then.attention.query.elements.begin()));
  }
  // not a second time: W' is not what the factors are of
  const auto once = hidden_weights(of.model);
  check_fails(tl::apply_expert(e, of.factors, of.model).error(), errc::mismatch,
              "the singular values are of other weights");
  CHECK(hidden_weights(of.model) == once);
}

TEST_CASE("an expert that does not fit is refused, and changes nothing", "[adapt]") {
  decomposed_model of;
  const auto before = hidden_weights(of.model);
  const tl::svf_expert good = random_expert(of.factors, 1);
  const auto refused = [&](const tl::svf_expert& e, errc code, std::string_view words) {
    check_fails(tl::apply_expert(e, of.factors, of.model).error(), code, words);
    CHECK(hidden_weights(of.model) == before);
  };
  tl::svf_expert e = good;
  e.parts[3].name = "blocks.7.ffn.up";
  refused(e, errc::mismatch, "tensor blocks.7.ffn.up: expected 48 singular values");
  e = good;
  e.parts[13].z.resize(47);
  refused(e, errc::mismatch, "tensor blocks.1.ffn.down: expected 47 singular values for an expert");
  e = good;
  e.parts[13].z[2] = NAN;
  refused(e, errc::invalid_value, "blocks.1.ffn.down: z is not finite");
  const auto larger = of.factors.matrices.back();
  of.factors.matrices.push_back(larger);
  of.factors.matrices.back().name = "blocks.2.ffn.up";
  e = good;
  e.parts[0] = {"blocks.2.ffn.up", std::vector<float>(48, 1.0f)};
  refused(e, errc::mismatch, "the expert changes 14 matrices, the model has 13 of them");
}

TEST_CASE("experts are mixed by what they multiply with", "[adapt]") {
  const decomposed_model of;
  const std::string name = "blocks.1.ffn.gate";
  std::vector<tl::svf_expert> experts{random_expert(of.factors, 10), random_expert(of.factors, 20),
                                      random_expert(of.factors, 30)};
  for (auto& p : experts[1].parts)  // its size does not count, as it is renormalised
    for (float& x : p.z) x *= 40.0f;
  std::erase_if(experts[2].parts, [&](const auto& p) { return p.name == name; });
  const std::vector<double> a{0.5, 0.2, 0.3};
  const auto mixed = tl::mix_experts(of.factors, experts, a).value();
  CHECK(mixed.parts.size() == of.factors.matrices.size());
  const auto first = effective(of.factors, experts[0], name),
             second = effective(of.factors, experts[1], name);
  for (std::size_t i = 0; i < 48; ++i)
    CHECK(static_cast<double>(mixed.find(name)->z[i]) ==
          Approx(0.5 * first[i] + 0.2 * second[i] + 0.3).epsilon(1e-6));
  // coefficients of sum 1: what is mixed has the nuclear norm already
  for (const auto& p : mixed.parts)
    CHECK(mixed.scaling(p).factor(of.factors.find(p.name)->values) == Approx(1).epsilon(1e-6));
  // so the weights are the mean of the experts' weights
  auto between = of.model;
  REQUIRE(tl::apply_expert(mixed, of.factors, between));
  std::vector<double> mean(between.parameters.blocks[0].attention.key.elements.size());
  for (std::size_t k = 0; k < 3; ++k) {
    auto alone = of.model;
    REQUIRE(tl::apply_expert(experts[k], of.factors, alone));
    for (std::size_t i = 0; i < mean.size(); ++i)
      mean[i] += a[k] * static_cast<double>(alone.parameters.blocks[0].attention.key.elements[i]);
  }
  CHECK(relative(between.parameters.blocks[0].attention.key.elements, mean, mean.size()) < 1e-5);

  // one expert by itself is itself, up to its size
  const auto alone = tl::mix_experts(of.factors, {experts.data() + 1, 1}, std::vector{1.0}).value();
  for (std::size_t i = 0; i < 48; ++i)
    CHECK(static_cast<double>(alone.find(name)->z[i]) == Approx(second[i]).epsilon(1e-6));
}

TEST_CASE("experts that cannot be mixed are refused", "[adapt]") {
  const decomposed_model of;
  std::vector<tl::svf_expert> experts{random_expert(of.factors, 1),
                                      random_expert(of.factors, 2, 0.5f, false)};
  const std::vector<double> a{0.5, 0.5};
  check_fails(tl::mix_experts(of.factors, experts, a).error(), errc::invalid_argument,
              "all renormalised or none");
  check_fails(tl::mix_experts(of.factors, experts, {a.data(), 1}).error(), errc::invalid_argument,
              "found 1 for 2");
  check_fails(tl::mix_experts(of.factors, {}, {}).error(), errc::invalid_argument, "found 0 for 0");
  experts[1] = random_expert(of.factors, 2);
  experts[1].parts[4].z.pop_back();
  check_fails(tl::mix_experts(of.factors, experts, a).error(), errc::mismatch, "blocks.0.ffn.gate");
}

TEST_CASE("a shuffled expert has the same numbers at other places", "[adapt]") {
  const decomposed_model of;
  const tl::svf_expert e = random_expert(of.factors, 1);
  const tl::svf_expert other = tl::shuffled(e, 5);
  REQUIRE(other.parts.size() == e.parts.size());
  for (std::size_t k = 0; k < e.parts.size(); ++k) {
    auto a = e.parts[k].z, b = other.parts[k].z;
    CHECK(e.parts[k].name == other.parts[k].name);
    std::size_t moved = 0;
    for (std::size_t i = 0; i < a.size(); ++i) moved += a[i] != b[i];
    CHECK(moved > a.size() / 2);
    std::sort(a.begin(), a.end());
    std::sort(b.begin(), b.end());
    CHECK(a == b);
  }
  CHECK(tl::shuffled(e, 5).parts[3].z == other.parts[3].z);
  CHECK(tl::shuffled(e, 6).parts[3].z != other.parts[3].z);
}

TEST_CASE("experts come back from their files, and say what is wrong with them", "[adapt]") {
  const scratch_directory where("adapt_svf_expert");
  const auto path = where.file("tales.expert.safetensors");
  const decomposed_model of;
  for (const bool renormalised : {true, false}) {
    const tl::svf_expert e = random_expert(of.factors, 1, 0.5f, renormalised);
    REQUIRE(tl::save_expert(path, e));
    const auto again = tl::load_svf_expert(path).value();
    CHECK(again.renormalised == renormalised);
    REQUIRE(again.parts.size() == e.parts.size());
    for (const tl::expert_part& p : e.parts) {
      REQUIRE(again.find(p.name) != nullptr);
      CHECK(again.find(p.name)->z == p.z);
    }
  }
  CHECK(std::filesystem::file_size(path) < 14 * 48 * 4 + 2500);
  check_fails(tl::load_channel_expert(path).error(), errc::mismatch,
              path + ": expected numbers = \"channels\", found \"singular values\".");
  check_fails(tl::load_svf(path).error(), errc::malformed, "found \"trilith expert\"");

  tl::channel_expert channels{{{"blocks.0.ffn.up", random_z(112, 3)}, {"blocks.0.ffn.down", {2}}}};
  REQUIRE(tl::save_expert(path, channels));
  CHECK(tl::load_channel_expert(path).value().find("blocks.0.ffn.up")->z == channels.parts[0].z);
  check_fails(tl::load_svf_expert(path).error(), errc::mismatch, "found \"channels\"");
  std::string bytes = contents_of(path);
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  write_file(path, bytes);
  check_fails(tl::load_channel_expert(path).error(), errc::malformed, "The file is damaged.");
  channels.parts[0].z[3] = INFINITY;
  REQUIRE(tl::save_expert(path, channels));
  check_fails(tl::load_channel_expert(path).error(), errc::invalid_value,
              "tensor blocks.0.ffn.up.z: expected finite numbers");

  namespace d = tl::detail;
  const std::vector<float> x(4);
  REQUIRE(d::write_floats(path, d::expert_format, {{"numbers", "channels"}},
                          std::vector<d::named_floats>{{"a.u", {4}, x}}));
  check_fails(tl::load_channel_expert(path).error(), errc::malformed, "ends with .z");
  REQUIRE(d::write_floats(path, d::expert_format, {{"numbers", "channels"}},
                          std::vector<d::named_floats>{{"a.z", {2, 2}, x}}));
  check_fails(tl::load_channel_expert(path).error(), errc::malformed,
              "tensor a.z: expected [n] of F32, found [2, 2] of F32");
  REQUIRE(d::write_floats(path, d::expert_format, {{"numbers", "singular values"}}, {}));
  check_fails(tl::load_svf_expert(path).error(), errc::malformed, "renormalised = yes or no");
}

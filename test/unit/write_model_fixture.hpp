#ifndef TRILITH_TEST_UNIT_WRITE_MODEL_FIXTURE_HPP
#define TRILITH_TEST_UNIT_WRITE_MODEL_FIXTURE_HPP

#include <trilith/io/families.hpp>
#include <trilith/io/source_of.hpp>
#include <trilith/io/write_model.hpp>
#include <trilith/model/convert.hpp>
#include <trilith/model/initialize.hpp>
#include <trilith/model/presets.hpp>

#include "load_fixture.hpp"

#include "catch.hpp"

namespace test {

/// Columns that every layout takes.
inline constexpr trilith::shape wide_shape{.dim = 256,
                                           .ffn_dim = 512,
                                           .layers = 2,
                                           .heads = 4,
                                           .kv_heads = 2,
                                           .head_dim = 64,
                                           .vocab = 70,
                                           .context = 64};

/// A random model as the blueprint B packs it.
template <class B>
trilith::packed<B> random_packed(trilith::shape sizes = wide_shape, std::uint64_t seed = 1) {
  trilith::dense<B> model(sizes, {.norm_eps = 1e-5f, .rope_theta = 12345.f});
  trilith::fill_random(model, seed, 0.05f);
  return trilith::pack(model);
}

/// Writes; a test that expects no error.
inline trilith::io::write_report written(const trilith::io::model_source& source,
                                         const std::string& path,
                                         const trilith::io::write_options& options = {}) {
  auto report = trilith::io::write_model(source, path, options);
  if (!report) FAIL(report.error().message);
  return std::move(*report);
}
/// Loads; a test that expects no error.
inline trilith::io::loaded<trilith::any_model> loaded_from(const std::string& path) {
  auto m = trilith::io::load(path);
  if (!m) FAIL(m.error().message);
  return std::move(*m);
}

inline trilith::error refusal_of(const trilith::io::model_source& source, const std::string& path,
                                 const trilith::io::write_options& options = {}) {
  const auto report = trilith::io::write_model(source, path, options);
  REQUIRE_FALSE(report);
  return report.error();
}

inline trilith::io::model_difference difference(const trilith::io::model_source& a,
                                                const trilith::io::model_source& b) {
  auto found = trilith::io::compare(a, b);
  if (!found) FAIL(found.error().message);
  return std::move(*found);
}

inline const std::vector<std::int32_t>& some_tokens() {
  static const std::vector<std::int32_t> tokens{3, 1, 4, 1, 5, 9, 2, 6, 5, 35, 8, 9, 7, 9};
  return tokens;
}

}  // namespace test

#endif

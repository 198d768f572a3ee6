#ifndef TRILITH_TEST_FUZZ_MODEL_SOURCE_HPP
#define TRILITH_TEST_FUZZ_MODEL_SOURCE_HPP

#include <trilith/io/load.hpp>

#include "models.hpp"

namespace fuzz {

/// The same source with every tensor in memory of its own, just as long as it says: what reads
/// beyond a tensor reads the next one in a mapped file, and is caught here.
class isolated_source {
 public:
  explicit isolated_source(const trilith::io::model_source& from) : source_(from) {
    tensors_.reserve(source_.tensors.size());
    for (trilith::io::source_tensor& t : source_.tensors) {
      tensors_.emplace_back(t.memory.bytes.begin(), t.memory.bytes.end());
      tensors_.back().shrink_to_fit();
      const bytes& own = tensors_.back();
      t.memory = {own, own.data() + own.size(), {}};
    }
  }
  [[nodiscard]] const trilith::io::model_source& get() const { return source_; }

 private:
  trilith::io::model_source source_;
  std::vector<bytes> tensors_;
};

/// Loads the source as M from the mapped file and from isolated tensors: with the same outcome, but
/// for elements that are used in place, in which nothing looks for NaN.
template <class M>
void load_as(const trilith::io::model_source& mapped, const trilith::io::model_source& isolated) {
  const trilith::io::load_options options{.report = {}, .threads = 1};
  const auto a = trilith::io::load_from<M>(mapped, options);
  const auto b = trilith::io::load_from<M>(isolated, options);
  expect(static_cast<bool>(a) == static_cast<bool>(b) ||
             (a && b.error().code == trilith::errc::invalid_value),
         "whether a file loads depends on where it lies in memory.");
  if (!a) return expect_named(a.error(), mapped.name);
  models::check(*a, false);
  if (!b) return expect_named(b.error(), mapped.name);
  models::check(*b);
  models::check_equal(*a, *b);
}

/// Opens what lies at `path` and loads it as every model of models.hpp.
inline void load_as_all(std::string_view path, std::string_view directory) {
  namespace tl = trilith;
  const auto source = tl::io::open_model(path);
  if (!source) return expect_named(source.error(), directory);
  touch(source->report.text());
  const isolated_source isolated(*source);
  load_as<tl::packed<models::bitnet>>(*source, isolated.get());
  load_as<tl::packed<models::bitlinear, tl::packing::base3>>(*source, isolated.get());
  load_as<tl::packed<models::binary>>(*source, isolated.get());
  load_as<tl::packed<models::ternary>>(*source, isolated.get());
  load_as<tl::packed<models::floats>>(*source, isolated.get());
  load_as<tl::dense<models::bitnet>>(*source, isolated.get());
}

}  // namespace fuzz

#endif

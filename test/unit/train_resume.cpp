#include <map>
#include <string>

#include "counting_pool.hpp"
#include "train_fixture.hpp"

namespace {

using namespace test;
using slow_mean = tl::muon_with<tl::scaling::spectral, tl::grokfast<tl::filter::ma>>;

constexpr std::size_t rows = 70, cols = 520;  // more than two pieces of update_grain
constexpr std::size_t all_steps = 7;

slow_mean with_window_of_three() {
  slow_mean o;
  o.filter.window = 3;
  return o;
}

/// What a checkpoint holds of a state.
template <class State>
std::map<std::string, floats> saved(State& state) {
  std::map<std::string, floats> all;
  state.visit([&](std::string_view name, std::span<float> x) {
    CHECK(all.emplace(std::string(name), floats(x.begin(), x.end())).second);
  });
  return all;
}
template <class State>
void restore(State& state, const std::map<std::string, floats>& all) {
  state.visit([&](std::string_view name, std::span<float> x) {
    const floats& from = all.at(std::string(name));
    REQUIRE(from.size() == x.size());
    std::copy(from.begin(), from.end(), x.begin());
  });
}

template <class O>
void check_resume(const O& o, const tl::tensor_facts& facts) {
  const floats start = random_values(facts.size(), 1),
               g = random_values(all_steps * facts.size(), 2);
  trained<O> whole(o, facts, start);
  whole.steps(g, 0, all_steps);
  for (std::size_t cut = 0; cut <= all_steps; ++cut) {
    trained<O> first(o, facts, start);
    first.steps(g, 0, cut);
    trained<O> second(o, facts, first.weights);
    restore(second.state, saved(first.state));
    second.steps(g, cut, all_steps);
    CHECK(second.weights == whole.weights);
    CHECK(saved(second.state) == saved(whole.state));
  }
}

template <class O>
void check_threads(const O& o, const tl::tensor_facts& facts) {
  const floats start = random_values(facts.size(), 1), g = random_values(2 * facts.size(), 2);
  trained<O> alone(o, facts, start);
  alone.steps(g, 0, 2);
  for (const std::size_t threads : {2u, 3u}) {
    const counting_pool pool(threads);
    trained<O> shared(o, facts, start);
    shared.steps(g, 0, 2, pool.get());
    CHECK(pool.shared_loops() > 0);
    CHECK(shared.weights == alone.weights);
    CHECK(saved(shared.state) == saved(alone.state));
  }
}

TEST_CASE("a resumed run equals an uninterrupted one to the last bit, wherever it was cut") {
  for (const auto& facts : {hidden(6, 10), embedding(6, 10), vector_of(9)}) {
    check_resume(tl::adamw{}, facts);
    check_resume(tl::muon{}, facts);
    check_resume(tl::muon_grokfast{}, facts);
    check_resume(with_window_of_three(), facts);
  }
}

TEST_CASE("one, two and three threads give the same bits") {
  for (const auto& facts : {hidden(rows, cols), hidden(cols, rows), embedding(rows, cols)}) {
    check_threads(tl::adamw{}, facts);
    check_threads(tl::muon{}, facts);
    check_threads(tl::muon_grokfast{}, facts);
    slow_mean o = with_window_of_three();
    o.filter.window = 2;
    check_threads(o, facts);
  }
}

}  // namespace

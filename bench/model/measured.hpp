#ifndef TRILITH_BENCH_MODEL_MEASURED_HPP
#define TRILITH_BENCH_MODEL_MEASURED_HPP

#include "../measure/random_weights.hpp"
#include "../measure/timing.hpp"

#include <array>

/// Wrappers that are put into a blueprint to see where its time goes. They call what they wrap, so
/// the figures are those of the library.
namespace bench {

enum class part : std::uint8_t { attention, ffn, attention_products, ffn_products, head };

/// Seconds by part, of the calling thread; all of it with one thread.
struct clocks {
  std::array<double, 5> seconds{};
  part products = part::head;  ///< what the next product belongs to
  bool filling = false;        ///< no layer computes: keys and values are made up
  [[nodiscard]] double& operator[](part p) noexcept { return seconds[static_cast<std::size_t>(p)]; }
};
[[nodiscard]] inline clocks& clock_of_thread() noexcept {
  static thread_local clocks c;
  return c;
}

/// backends::automatic with a clock around every product.
struct timed : trilith::backends::automatic {
  static constexpr std::string_view name = "timed";
  template <trilith::backends::Format F, class X>
    requires(trilith::backends::supports<trilith::backends::automatic, F, X>)
  static void run(const trilith::backends::product& p, std::size_t first,
                  std::size_t last) noexcept {
    const double start = now();
    trilith::backends::automatic::run<F, X>(p, first, last);
    clocks& c = clock_of_thread();
    c[c.products] += now() - start;
  }
  template <trilith::packing::Packing F>
    requires trilith::backends::lists_rows<trilith::backends::automatic, F>
  static void run_listed(const trilith::backends::product& p, std::size_t first,
                         std::size_t last) noexcept {
    const double start = now();
    trilith::backends::automatic::run_listed<F>(p, first, last);
    clocks& c = clock_of_thread();
    c[c.products] += now() - start;
  }
};

/// The keys and values of tokens that nobody computes: a long context without its prompt's hours.
inline void make_up(trilith::forward_context& c) noexcept {
  constexpr std::size_t most = 16384;
  static const std::vector<float> noise = [] {
    std::vector<float> out(2 * most);
    random_numbers random(3);
    for (float& x : out) x = random.symmetric();
    return out;
  }();
  const trilith::kv_functions with = c.cache.format().plain;
  for (const trilith::token_slot& s : c.slots) {
    const float* const from = noise.data() + (s.position * 37 + c.layer * 101) % most;
    c.cache.store(s.sequence, c.layer, s.position, from, from + 7, with);
  }
}

/// An attention or feed-forward layer with a clock around it.
template <class Layer, part Whole, part Products>
struct measured : Layer {
  template <class Backend>
  using with_backend = measured<typename Layer::template with_backend<Backend>, Whole, Products>;
  template <class Parameters, class X, class Y>
  static void forward(const Parameters& p, X x, Y y, trilith::forward_context& c) noexcept {
    clocks& all = clock_of_thread();
    if (all.filling) {
      if constexpr (Whole == part::attention) make_up(c);
      return;
    }
    all.products = Products;
    const double start = now();
    Layer::forward(p, x, y, c);
    all[Whole] += now() - start;
    all.products = part::head;
  }
};

/// Fills the parameters of a realisation with random codes, small elements and gains of 1.
struct fill_parameters {
  random_numbers random{1};
  void enter(std::string_view) {}
  void leave() {}
  template <class Field, class Tensor>
  void operator()(const Field&, Tensor& t) {
    if constexpr (requires { t.values; })
      for (float& gain : t.values) gain = 1.0f;
    else
      fill_random(t, random);
  }
};

}  // namespace bench

template <>
inline constexpr bool trilith::backends::uses_kernels<bench::timed> = true;

#endif

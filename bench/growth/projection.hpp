#ifndef TRILITH_BENCH_GROWTH_PROJECTION_HPP
#define TRILITH_BENCH_GROWTH_PROJECTION_HPP

#include "../limits.hpp"
#include "../model/run.hpp"

#include <cmath>

namespace bench {

/// A model too big for this machine: one layer of it is measured, and its head.
struct big_shape {
  const char* name;
  trilith::shape sizes;
};

/// The shapes of bitnet.cpp's own benchmark models (microsoft/BitNet,
/// utils/generate-dummy-bitnet-model.py), for which arXiv 2410.16144 gives speeds.
inline constexpr big_shape big_shapes[] = {{"7B", {4096, 12032, 32, 32, 32, 128, 32000, 4096}},
                                           {"70B", {8192, 24576, 80, 64, 64, 128, 32000, 4096}},
                                           {"100B", {8192, 45568, 72, 64, 64, 128, 32000, 4096}}};

struct part_cost {
  double seconds = 0;  ///< of one token
  double bytes = 0;    ///< of weights that it reads
};

struct sum_bytes {
  double sum = 0;
  void enter(std::string_view) {}
  void leave() {}
  template <class Field, class Tensor>
  void operator()(const Field&, const Tensor& t) {
    sum += static_cast<double>(t.bytes());
  }
};

/// One token through `layers` layers and a head of `vocab` rows whose weights are in no cache: all
/// of them are pushed out between the tokens. The median of 9.
[[nodiscard]] inline std::optional<part_cost> cold_token(trilith::shape sizes, std::size_t layers,
                                                         std::size_t vocab, std::size_t threads) {
  sizes.layers = layers, sizes.vocab = vocab;
  return in_child([&] {
    using blueprint = measured_decoder<trilith::silu, int8_head>;
    const auto model = random_model<blueprint, trilith::packing::base3>(sizes);
    using session = trilith::session<trilith::packed<blueprint, trilith::packing::base3>>;
    auto s = value_or_leave(session::open(*model, {.context = 64, .threads = threads}));
    const huge_memory other(cold_bytes);
    pass_times times;
    for (int i = 0; i < 9; ++i) {
      read_times<load_words, 0>(other.data(), other.bytes(), 1);
      const trilith::next_token next{0, 1};
      time_pass(times, threads, [&] { return s.step({&next, 1}); });
    }
    std::sort(times.counted.begin(), times.counted.end());
    sum_bytes visit;
    trilith::fields::walk<blueprint>(visit, model->parameters);
    return part_cost{times.counted[times.counted.size() / 2], visit.sum};
  });
}

struct projection {
  const char* shape;
  std::size_t threads;
  double gib;           ///< of weights
  double tokens_per_s;  ///< here
  double gbps;          ///< read meanwhile
  /// What another machine needs for a rate, if its cores are like these and add up.
  [[nodiscard]] double gbps_for(double rate) const noexcept { return gbps / tokens_per_s * rate; }
  [[nodiscard]] double cores_for(double rate) const noexcept {
    return std::ceil(rate / tokens_per_s * static_cast<double>(threads));
  }
};

/// layers times the time of one, and that of the head.
[[nodiscard]] inline std::optional<projection> project(const big_shape& s, std::size_t threads) {
  constexpr std::size_t no_vocab = 64;
  const auto layer = cold_token(s.sizes, 1, no_vocab, threads);
  const auto head = cold_token(s.sizes, 0, s.sizes.vocab, threads);
  if (!layer || !head) return {};
  const auto layers = static_cast<double>(s.sizes.layers);
  const double seconds = layers * layer->seconds + head->seconds;
  const double bytes = layers * layer->bytes + head->bytes;
  return projection{s.name, threads, bytes / (1 << 30), 1 / seconds, 1e-9 * bytes / seconds};
}

}  // namespace bench

#endif

// Losses, scores and gradients of whole decoders against PyTorch's autograd
// (fixtures/make_gradients.py).

#include <trilith/activations/hadamard.hpp>
#include <trilith/activations/int4.hpp>
#include <trilith/activations/top_k.hpp>
#include <trilith/io/safetensors.hpp>
#include <trilith/train.hpp>
#include <trilith/trilith.hpp>

#include <cmath>
#include <cstring>

#include "../../examples/stories.hpp"
#include "catch.hpp"

namespace tl = trilith;

namespace {

template <class W, class A = tl::activations::int8<>>
using scheme = tl::scheme<W, A, tl::backends::automatic>;
using ternary = scheme<tl::weights::ternary<>>;
namespace act = tl::activations;
using a4_8 = ternary::with_activations<act::int4<>>;

template <class S, class SubNorm = tl::sub_norm<>, class BlockNorm = tl::rms_norm<>>
using bitnet = tl::decoder<tl::transformer_block<BlockNorm, tl::attention<S, SubNorm>,
                                                 tl::gated_ffn<S, tl::relu_squared, SubNorm>>,
                           tl::tied_head<tl::weights::f32>>;
template <class S>
using llama = tl::decoder<
    tl::transformer_block<tl::rms_norm<>, tl::attention<S, tl::no_norm, tl::rotary::interleaved>,
                          tl::gated_ffn<S, tl::silu>>,
    tl::separate_head<tl::weights::f32>>;

struct quinary {
  using policy_kind = tl::weights_kind;
  using granularity = tl::scale::per_row;
  using packing = tl::packing::bits4;
  static constexpr std::string_view name = "quinary";
  static constexpr int min_code = -2, max_code = 2, code_step = 1;
  static constexpr tl::weights::calibration calibrate(const float* w, std::size_t n) noexcept {
    return {.scale = tl::max_of(tl::weights::mean_absolute(w, n), tl::weights::smallest_scale)};
  }
  static constexpr std::int8_t encode(float w, const tl::weights::calibration& c,
                                      std::uint64_t) noexcept {
    return static_cast<std::int8_t>(tl::clamp_to(tl::round_even(w / c.scale), -2.0f, 2.0f));
  }
};

constexpr std::size_t batch_rows = 2, batch_length = 7;

class fixture {
 public:
  explicit fixture(const std::string& name)
      : file_(tl::io::open_safetensors(TRILITH_TEST_FIXTURES_DIR "/gradients/" + name +
                                       ".safetensors")
                  .value()) {}

  template <class T = float>
  [[nodiscard]] std::vector<T> read(const std::string& name) const {
    const auto* const entry = file_.find(name);
    INFO(name);
    REQUIRE(entry != nullptr);
    std::vector<T> out(entry->bytes / sizeof(T));
    std::memcpy(out.data(), file_.bytes(*entry).data(), entry->bytes);
    return out;
  }
  [[nodiscard]] tl::token_batch batch() const {
    const auto tokens = read<std::int32_t>("tokens"), targets = read<std::int32_t>("targets");
    tl::token_batch out;
    out.resize(batch_rows, batch_length);
    for (std::size_t b = 0; b < batch_rows; ++b)
      out.set(b, std::span(tokens).subspan(b * batch_length, batch_length),
              std::span(targets).subspan(b * batch_length, batch_length));
    return out;
  }
  /// Scored targets.
  [[nodiscard]] float count() const {
    float n = 0;
    for (const std::int32_t t : read<std::int32_t>("targets")) n += t >= 0 ? 1.0f : 0.0f;
    return n;
  }

 private:
  tl::io::safetensors_file file_;
};

/// |found - wanted| / |wanted| in the Euclidean norm.
double error_of(std::span<const float> found, const std::vector<float>& wanted) {
  REQUIRE(found.size() == wanted.size());
  double wrong = 0, all = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const double w = wanted[i], d = static_cast<double>(found[i]) - w;
    wrong += d * d;
    all += w * w;
  }
  return std::sqrt(wrong / all);
}

/// The scores of case "reference"'s other model.
struct stored_reference {
  std::vector<float> scores;
  float beta = 0.3f;
  void logits(std::size_t first, tl::span2d<float> out) const {
    for (std::size_t t = 0; t < out.rows; ++t)
      std::copy_n(&scores[(first + t) * out.cols], out.cols, &out(t, 0));
  }
};

template <class B>
tl::latent<B> model_of(const fixture& f, std::size_t kv_heads = 2) {
  tl::latent<B> model(tl::shape{.dim = 16,
                                .ffn_dim = 40,
                                .layers = 2,
                                .heads = 4,
                                .kv_heads = kv_heads,
                                .head_dim = 4,
                                .vocab = 24,
                                .context = 7});
  tl::training_pass pass(model, {.sequences = 1, .length = 1});
  pass.for_each_tensor([&](const tl::tensor_facts& t, std::span<float> w, std::span<float>) {
    const auto values = f.read("weight/" + std::string(t.name));
    REQUIRE(values.size() == w.size());
    std::copy(values.begin(), values.end(), w.begin());
  });
  return model;
}

template <class B, class Ste = tl::ste::identity, class Reference = tl::no_reference>
void compare(const std::string& name, double lambda = 1, std::size_t kv_heads = 2,
             const Reference& reference = {}) {
  INFO(name);
  const fixture f(name);
  auto model = model_of<B>(f, kv_heads);
  const tl::pass_options room{.sequences = batch_rows,
                              .length = batch_length,
                              .blends = lambda < 1,
                              .gradients = tl::gradient_numbers::f32};
  tl::training_pass<tl::latent<B>, Ste> pass(model, room);
  pass.requantize(lambda);
  const auto batch = f.batch();
  const auto hidden = pass.forward(batch);
  const auto scores = pass.logits(hidden);
  std::vector<float> all;
  for (std::size_t t = 0; t < scores.rows; ++t)
    all.insert(all.end(), &scores(t, 0), &scores(t, 0) + scores.cols);
  CHECK(error_of(all, f.read("logits")) < 1e-5);

  const tl::loss_sums loss = pass.add_gradients(batch, 1.0f / f.count(), reference);
  const double total = (loss.sum + static_cast<double>(reference.beta) * loss.divergence) /
                       static_cast<double>(loss.tokens);
  CHECK(total == Approx(f.read("loss")[0]).epsilon(1e-5));
  pass.finish_gradients();
  pass.for_each_tensor([&](const tl::tensor_facts& t, std::span<float>, std::span<float> g) {
    INFO(t.name);
    CHECK(error_of(g, f.read("gradient/" + std::string(t.name))) < 1e-4);
  });
}

}  // namespace

TEST_CASE("gradients of ternary decoders are PyTorch's") {
  compare<bitnet<ternary>>("ternary");
  compare<bitnet<ternary, tl::sub_norm<>, tl::layer_norm>>("layer_norm");
  compare<bitnet<ternary>, tl::ste::clipped<>>("clipped");
}

TEST_CASE("gradients of binary and dense decoders are PyTorch's") {
  compare<llama<scheme<tl::weights::binary<>>>>("binary");
  compare<llama<scheme<tl::weights::f32, tl::activations::f32>>>("dense");
}

TEST_CASE("gradients of a program's own weights and norms are PyTorch's") {
  compare<bitnet<scheme<quinary>, tl::no_norm>>("quinary");
  compare<stories::blueprint>("stories");
}

TEST_CASE("gradients through quantised embeddings, head norms and row scales are PyTorch's") {
  using s = scheme<tl::weights::ternary<tl::rules::absmean, tl::scale::per_row>>;
  using block =
      tl::transformer_block<tl::rms_norm<>,
                            tl::attention<s, tl::no_norm, tl::rotary::half_split, tl::rms_norm<>>,
                            tl::gated_ffn<s, tl::silu>>;
  compare<tl::decoder<block, tl::tied_head<tl::weights::int8<>, tl::activations::int8<>>>>(
      "per_row_int8_head", 1, 4);
}

TEST_CASE("gradients through activations below eight bits are PyTorch's") {
  using attends = a4_8::with_output<act::top_k<50>>;
  using feeds = a4_8::with_output<act::int8<>>;
  compare<tl::decoder<tl::transformer_block<tl::rms_norm<>, tl::attention<attends, tl::sub_norm<>>,
                                            tl::gated_ffn<feeds, tl::relu_squared, tl::sub_norm<>>>,
                      tl::tied_head<tl::weights::f32>>>("a4_8");
  using rotated = a4_8::with_output<act::hadamard<act::int4<>>>;
  compare<tl::decoder<tl::transformer_block<tl::rms_norm<>, tl::attention<rotated, tl::sub_norm<>>,
                                            tl::gated_ffn<rotated, tl::silu, tl::sub_norm<>>>,
                      tl::tied_head<tl::weights::f32>>>("v2");
}

TEST_CASE("gradients through a rotation in front of the head are PyTorch's") {
  compare<tl::decoder<bitnet<ternary>::block, tl::tied_head<tl::weights::int8<>, act::hadamard<>>>>(
      "rotated_head");
}

TEST_CASE("gradients of learned scales are PyTorch's") {
  compare<bitnet<scheme<tl::weights::ternary<tl::rules::learned_step>>>>("learned_step");
  compare<bitnet<scheme<tl::weights::ternary<tl::rules::learned_scale<>>>, tl::no_norm>>(
      "learned_scale");
}

TEST_CASE("gradients while quantisation is phased in are PyTorch's") {
  compare<bitnet<ternary>>("warm_up", 0.25);
}

TEST_CASE("gradients of a distance to a reference are PyTorch's") {
  compare<bitnet<ternary>>("reference", 1, 2,
                           stored_reference{fixture("reference").read("reference_logits")});
}

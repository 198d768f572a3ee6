#ifndef TRILITH_BENCH_KERNELS_WORKLOAD_HPP
#define TRILITH_BENCH_KERNELS_WORKLOAD_HPP

#include "../measure/random_weights.hpp"
#include "cases.hpp"

#include <memory>

namespace bench {

/// Matrices of one shape and packing, and tokens to multiply them with.
struct workload {
  virtual ~workload() = default;
  /// One product; the weights are another matrix each time, or always the same.
  virtual void multiply(std::size_t batch, bool cold, const trilith::executor& run) = 0;
  [[nodiscard]] virtual std::size_t bytes() const = 0;  ///< of one matrix
};

template <class W, class P>
class workload_of final : public workload {
 public:
  workload_of(const product_case& c, std::size_t most_batch)
      : x_(most_batch * c.cols), y_(most_batch * c.rows), buffer_(most_batch, c.cols, 1) {
    random_numbers random(1);
    for (float& x : x_) x = random.symmetric();
    trilith::packed_matrix<W, P> first(c.rows, c.cols, trilith::not_zeroed{});
    fill_random(first, random);
    matrices_.assign(cold_bytes / first.bytes() + 1, first);
  }

  void multiply(std::size_t batch, bool cold, const trilith::executor& run) override {
    const auto& w = matrices_[cold ? turn_++ % matrices_.size() : 0];
    const char* const target = trilith::simd::kernels().target;
    if (batch_ != batch || target_ != target) {  // once: what is timed is the product
      quantized_ = buffer_.template quantize<trilith::activations::int8<>, trilith::backends::simd>(
          {x_.data(), batch, w.cols}, w.group(), {});
      batch_ = batch, target_ = target;
    }
    trilith::multiply<trilith::backends::simd>(w, quantized_, {y_.data(), batch, w.rows}, run);
  }
  [[nodiscard]] std::size_t bytes() const override { return matrices_[0].bytes(); }

 private:
  std::vector<trilith::packed_matrix<W, P>> matrices_;
  std::vector<float> x_;
  trilith::aligned_buffer<float> y_;  // in huge pages, as a session has it
  trilith::activation_buffer buffer_;
  trilith::activation_view<std::int8_t> quantized_;
  const char* target_ = nullptr;
  std::size_t batch_ = 0, turn_ = 0;
};

[[nodiscard]] inline std::unique_ptr<workload> make_workload(const product_case& c) {
  namespace tl = trilith;
  constexpr std::size_t most = 512;
  using ternary = tl::weights::ternary<>;
  if (c.packing == "bits2")
    return std::make_unique<workload_of<ternary, tl::packing::bits2>>(c, most);
  if (c.packing == "base3")
    return std::make_unique<workload_of<ternary, tl::packing::base3>>(c, most);
  if (c.packing == "bits1")
    return std::make_unique<workload_of<tl::weights::binary<>, tl::packing::bits1>>(c, most);
  return std::make_unique<workload_of<tl::weights::int8<>, tl::packing::bits8>>(c, most);
}

/// The workload of a case with its target chosen. The last one is kept, for making it takes longer
/// than timing it; matrices are laid out alike for every target.
[[nodiscard]] inline workload& workload_for(const product_case& c) {
  static std::unique_ptr<workload> last;
  static product_case made;
  trilith::simd::choose_kernels(c.target.c_str());
  if (!last || made.packing != c.packing || made.rows != c.rows || made.cols != c.cols) {
    last.reset();
    last = make_workload(c);
    made = c;
  }
  return *last;
}

}  // namespace bench

#endif

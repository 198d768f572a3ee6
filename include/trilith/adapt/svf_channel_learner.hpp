#ifndef TRILITH_ADAPT_SVF_CHANNEL_LEARNER_HPP
#define TRILITH_ADAPT_SVF_CHANNEL_LEARNER_HPP

#include <trilith/adapt/pass_learner.hpp>
#include <trilith/adapt/svf_channels_learned.hpp>

namespace trilith::inline TRILITH_ABI {

/// Trains an expert of channels, with the model frozen: W' = diag(z) W, z begins as 1, and with
/// G = dL/dW'
///
///     dL/dz_o = <G_o, V_o>       V = Q(W), what the forward pass has at z = 1
///
/// That is exact for weights without codes, and for codes whose scale follows the weights of a row
/// or group (or, with one z a matrix, of anything), since Q(diag(z) W) = diag(z) Q(W) for z > 0.
/// Where rows share a scale, or scales are learned, z moves codes: then V = W, straight through.
///
///     auto learner = tl::make_channel_learner(pass);
///     auto done = tl::train(*learner, data, tl::adamw{.rate = 2e-3, .decay = 0}, options);
///     auto good = tl::apply_expert(learner->expert(), packed);
///
/// Memory: two copies of the matrices that change. Cost: the pass's, and 2 Out In additions a
/// matrix.
/// @see Liu et al.: "Few-Shot Parameter-Efficient Fine-Tuning is Better and Cheaper than In-Context
///      Learning" (IA3), arXiv 2205.05638, section 3.3.
template <class Pass>
class channel_learner : public detail::pass_learner<Pass> {
  using detail::pass_learner<Pass>::pass_;

 public:
  /// @param wanted  wanted(name) says which hidden matrices are changed
  /// Errors: invalid_argument where no matrix is wanted.
  template <class Wanted = every_matrix>
  [[nodiscard]] static result<channel_learner> make(
      Pass& pass, channel_factors which = channel_factors::of_rows, const Wanted& wanted = {}) {
    channel_learner out(pass);
    pass.for_each_tensor([&](const tensor_facts& t, std::span<float> w, std::span<float> g) {
      if (t.what == role::hidden_matrix && wanted(t.name))
        out.parts_.emplace_back(t, w, g, which == channel_factors::of_rows ? t.rows : 1);
    });
    if (out.parts_.empty())
      return error{errc::invalid_argument, "channel_learner: no matrix is wanted."};
    out.quantise(which == channel_factors::of_matrix);
    return out;
  }

  code_statistics requantize(double lambda = 1) {
    apply();
    return pass_->requantize(lambda);
  }
  void finish_gradients() {
    pass_->finish_gradients();
    for (detail::channels_learned& p : parts_) p.multiply_back();
  }
  template <class F>
  void for_each_tensor(F&& f) {
    for (detail::channels_learned& p : parts_)
      f(tensor_facts{p.z_name, 1, p.z.size(), role::vector}, p.z.span(), p.dz.span());
  }

  /// Writes W' into the model's latent weights; or W again.
  void apply() noexcept {
    for (detail::channels_learned& p : parts_) p.apply();
  }
  void restore() noexcept {
    for (detail::channels_learned& p : parts_) p.restore();
  }
  /// What was trained so far.
  [[nodiscard]] channel_expert expert() const {
    channel_expert out;
    for (const detail::channels_learned& p : parts_)
      out.parts.push_back({p.name, std::vector<float>(p.z.begin(), p.z.end())});
    return out;
  }
  [[nodiscard]] std::size_t parameters() const noexcept {
    std::size_t sum = 0;
    for (const detail::channels_learned& p : parts_) sum += p.z.size();
    return sum;
  }

 private:
  explicit channel_learner(Pass& pass) : detail::pass_learner<Pass>(pass) {}

  void quantise(bool one_for_all) {
    for_each_hidden_matrix(
        pass_->model(), [&]<class Matrix, class W>(const std::string& name, const Matrix& m,
                                                   std::type_identity<W>) {
          if constexpr (detail::commutes_with_one<W>)
            for (detail::channels_learned& p : parts_)
              if (p.name == name && (one_for_all || detail::commutes_with_rows<W>)) {
                p.quantised = aligned_buffer<float>(p.base.size(), not_zeroed{});
                const auto q = pack_matrix<W>(m);
                for (std::size_t o = 0; o < q.rows; ++o)
                  decode_row(q, o, p.quantised.data() + o * q.cols);
              }
        });
  }

  std::vector<detail::channels_learned> parts_;
};

/// channel_learner<Pass>::make() with the type of the pass found.
template <class Pass, class Wanted = every_matrix>
[[nodiscard]] result<channel_learner<Pass>> make_channel_learner(
    Pass& pass, channel_factors which = channel_factors::of_rows, const Wanted& wanted = {}) {
  return channel_learner<Pass>::make(pass, which, wanted);
}

}  // namespace trilith::inline TRILITH_ABI

#endif

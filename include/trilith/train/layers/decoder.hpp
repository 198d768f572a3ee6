#ifndef TRILITH_TRAIN_LAYERS_DECODER_HPP
#define TRILITH_TRAIN_LAYERS_DECODER_HPP

#include <trilith/model/decoder.hpp>
#include <trilith/train/cross_entropy.hpp>
#include <trilith/train/layers/edged_block.hpp>
#include <trilith/train/layers/staged_block.hpp>

#include <vector>

namespace trilith::inline TRILITH_ABI {

/// Where no other model's scores are to be kept close to. A reference has beta, and
///
///     logits(first, out)     the other model's scores of rows [first, first + out.rows)
///     target_weight(row)     optional: what the row's target counts, else 1
///
/// either of them (token_loss).
struct no_reference {
  static constexpr float beta = 0;
};

/// decoder<...>: embedding, blocks, norm, head and the cross entropy of its scores.
template <Block B, Head H, ShapeSource S, Norm FinalNorm>
struct trainable<decoder<B, H, S, FinalNorm>> {
  using head_scheme = typename H::scheme;
  /// Tokens whose scores are computed at once: [512, V] stays in a large cache.
  static constexpr std::size_t head_rows = 512;

  struct tape {
    tape() = default;
    tape(const shape& s, const pass_options& o)
        : tokens(o.sequences * o.length),
          head_input(min_of(head_rows, tokens), s.dim, o.blends),
          logits(min_of(head_rows, tokens), s.vocab),
          hidden(tokens, s.dim),
          gradient(tokens, s.dim) {
      for (std::size_t l = 0; l < s.layers; ++l) inputs.emplace_back(tokens, s.dim);
      for (std::size_t l = 0; l < (o.recompute ? 1 : s.layers); ++l)
        blocks.emplace_back(s, tokens, o.blends);
    }
    std::size_t tokens = 0;
    product_input<head_scheme> head_input;
    row_buffer logits, reference_logits;
    row_buffer hidden;               ///< after the last block
    row_buffer gradient;             ///< of the residual stream
    std::vector<row_buffer> inputs;  ///< h in front of each block
    std::vector<typename trainable<B>::tape> blocks;
    [[nodiscard]] bool recomputes() const noexcept { return blocks.size() < inputs.size(); }
  };

  /// h: [T, D] after the last block, for tokens [sequences, length].
  template <class Parameters>
  static span2d<float> forward(const Parameters& p, span2d<const std::int32_t> tokens, tape& kept,
                               pass_context& c) noexcept {
    place(tokens, c);
    const auto h = kept.hidden.rows(c.rows());
    look_up(p, h, c);
    for (std::size_t l = 0; l < p.blocks.size(); ++l) {
      c.layer = l;
      trainable<B>::copy_rows(h, kept.inputs[l].rows(h.rows), c);
      trainable<B>::forward(p.blocks[l], h, kept.blocks[kept.recomputes() ? 0 : l], c);
    }
    return h;
  }

  /// Scores of some rows of h: [count, V]
  template <class Parameters>
  static span2d<float> logits(const Parameters& p, span2d<const float> h, tape& kept,
                              pass_context& c) noexcept {
    const auto out = kept.logits.rows(h.rows);
    kept.head_input.take(head(p), final_normed(p, h, c), c);
    kept.head_input.multiply(head(p), out, c);
    return out;
  }

  /// The loss of all targets.
  template <class Parameters>
  static loss_sums measure(const Parameters& p, span2d<const std::int32_t> targets, tape& kept,
                           pass_context& c) noexcept {
    loss_sums all;
    for_head_rows(kept, c, [&](std::size_t first, span2d<float> h) noexcept {
      all += score(logits(p, h, kept, c), targets, first, 0, no_reference{}, kept, c);
    });
    return all;
  }

  /// As measure, and d += weight dL/dp.
  template <class Parameters, class Gradients, class Reference>
  static loss_sums backward(const Parameters& p, Gradients& d, span2d<const std::int32_t> targets,
                            float weight, const Reference& reference, tape& kept,
                            pass_context& c) noexcept {
    loss_sums all;
    const auto dh = kept.gradient.rows(c.rows());
    for_head_rows(kept, c, [&](std::size_t first, span2d<float> h) noexcept {
      const auto scores = logits(p, h, kept, c);
      all += score(scores, targets, first, weight, reference, kept, c);
      const auto dx = dh.rows_from(first, h.rows);
      // in floats: beside the target's, the gradients of most scores are too small for 16 bits
      const back_input x{kept.head_input.floats(c), {}, c.of_scores};
      multiply_back(head(p), x, scores, head(d), dx, false, c);
      kept.head_input.rotate_back(dx, c);
      normalize_back(final_normed(p, h, c), dx, dx, d.final_norm, c);
    });
    for (std::size_t l = p.blocks.size(); l-- > 0;) block_back(p, d, l, dh, kept, c);
    look_up_back(d, dh, c);
    return all;
  }

  /// f(layer, name, zeros, values) for the input of each product of the last forward pass.
  template <class F>
  static void count_zeros(tape& kept, pass_context& c, F&& f) {
    for (std::size_t l = 0; l < kept.blocks.size(); ++l) {
      c.layer = l;
      trainable<B>::count_zeros(kept.blocks[l], c,
                                [&](std::string_view name, std::size_t zeros, std::size_t values) {
                                  f(l, name, zeros, values);
                                });
    }
  }

 private:
  template <class Parameters>
  [[nodiscard]] static auto& head(Parameters& p) noexcept {
    if constexpr (H::is_tied)
      return p.embedding;
    else
      return p.head;
  }
  template <class Parameters>
  [[nodiscard]] static normed<FinalNorm> final_normed(const Parameters& p, span2d<const float> h,
                                                      const pass_context& c) noexcept {
    return {h, p.final_norm.values.data(), c.work.settings.norm_eps};
  }

  /// Every token's sequence, position and angles.
  static void place(span2d<const std::int32_t> tokens, pass_context& c) noexcept {
    c.sequences = tokens.rows, c.length = tokens.cols;
    const std::size_t pairs = c.work.sizes.head_dim / 2;
    for (std::size_t t = 0; t < c.rows(); ++t) {
      const std::size_t b = t / c.length, at = t % c.length;
      c.slots[t] = {tokens(b, at), static_cast<std::uint32_t>(b), static_cast<std::uint32_t>(at)};
      c.work.angles.set(t, at);
      for (std::size_t i = 0; i < pairs; ++i)
        c.back_sines[t * pairs + i] = -c.work.angles.sines(t)[i];
    }
  }

  template <class Parameters>
  static void look_up(const Parameters& p, span2d<float> h, pass_context& c) noexcept {
    c.run().parallel_for(h.rows, 16, [&](std::size_t first, std::size_t last) noexcept {
      for (std::size_t t = first; t < last; ++t)
        __builtin_memcpy(&h(t, 0), p.embedding.values + token(c, t) * h.cols,
                         h.cols * sizeof(float));
    });
  }
  /// Threads take columns, so that each row's sum is in the order of the tokens.
  template <class Gradients>
  static void look_up_back(Gradients& d, span2d<const float> dh, pass_context& c) noexcept {
    c.run().parallel_for(dh.cols, 64, [&](std::size_t first, std::size_t last) noexcept {
      for (std::size_t t = 0; t < dh.rows; ++t)
        add(d.embedding.row(token(c, t)) + first, &dh(t, first), last - first);
    });
  }
  [[nodiscard]] static std::size_t token(const pass_context& c, std::size_t t) noexcept {
    return static_cast<std::size_t>(c.slots[t].token);
  }

  template <class Parameters, class Gradients>
  static void block_back(const Parameters& p, Gradients& d, std::size_t l, span2d<float> dh,
                         tape& kept, pass_context& c) noexcept {
    c.layer = l;
    const auto h = kept.inputs[l].rows(dh.rows);
    auto& block = kept.blocks[kept.recomputes() ? 0 : l];
    if (kept.recomputes()) {
      const auto again = kept.hidden.rows(dh.rows);  // no longer needed
      trainable<B>::copy_rows(h, again, c);
      trainable<B>::forward(p.blocks[l], again, block, c);
    }
    trainable<B>::backward(p.blocks[l], d.blocks[l], block, h, dh, c);
  }

  template <class Body>
  static void for_head_rows(tape& kept, pass_context& c, const Body& body) noexcept {
    const auto h = kept.hidden.rows(c.rows());
    for (std::size_t first = 0; first < h.rows; first += head_rows)
      body(first, h.rows_from(first, min_of(head_rows, h.rows - first)));
  }

  /// The losses of some rows in ascending order; the scores become weight dL/dscores.
  template <class Reference>
  static loss_sums score(span2d<float> scores, span2d<const std::int32_t> targets,
                         std::size_t first, float weight, const Reference& reference, tape& kept,
                         pass_context& c) noexcept {
    float* other = nullptr;
    if constexpr (requires { reference.logits(first, scores); }) {
      if (kept.reference_logits.size() == 0)
        kept.reference_logits = row_buffer(min_of(head_rows, kept.tokens), scores.cols);
      const auto rows = kept.reference_logits.rows(scores.rows);
      reference.logits(first, rows);
      other = rows.data;
    }
    const std::size_t stride = round_up(scores.cols, 16);
    loss_sums parts[head_rows];
    c.run().parallel_for(scores.rows, 1, [&](std::size_t from, std::size_t to) noexcept {
      for (std::size_t t = from; t < to; ++t) {
        token_loss loss{.weight = weight, .beta = reference.beta};
        if (other != nullptr) loss.reference = other + t * stride;
        if constexpr (requires { reference.target_weight(t); })
          loss.target = reference.target_weight(first + t);
        parts[t] = cross_entropy(&scores(t, 0), targets.data[first + t], scores.cols, loss);
      }
    });
    loss_sums all;
    for (std::size_t t = 0; t < scores.rows; ++t) all += parts[t];
    return all;
  }
};

}  // namespace trilith::inline TRILITH_ABI

#endif

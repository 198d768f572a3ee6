#ifndef TRILITH_TRAIN_PASS_CONTEXT_HPP
#define TRILITH_TRAIN_PASS_CONTEXT_HPP

#include <trilith/backends/bf16_product.hpp>
#include <trilith/backends/gradient_products.hpp>
#include <trilith/layers/workspace.hpp>

namespace trilith::inline TRILITH_ABI {

/// In which numbers a backward pass multiplies gradients with the codes of weights and activations.
/// The forward pass multiplies integers in any case, where both are codes.
enum class gradient_numbers : std::uint8_t {
  /// What takes the least time: int8x2 on CPUs with dot products of bytes, and bf16_tiles or bf16
  /// for the head's scores there, where the CPU has fast instructions for them; f32 elsewhere, and
  /// for models without codes.
  automatic,
  f32,
  /// 16-bit integers with one scale for each row, as two halves by the int8 kernels: 2^-16 of a
  /// row's largest gradient, and exact sums. Where weights or activations are floats, and for the
  /// head, whose scores have gradients too different for one scale: f32.
  int8x2,
  /// bfloat16, added as float32: what training in mixed precision does (multiply_bf16). Forward
  /// products of float weights or activations too; attention itself stays float32.
  bf16,
  /// The same in the order of AMX's tiles (multiply_bf16_tiles), which is the fastest there and the
  /// slowest elsewhere.
  bf16_tiles
};

/// How much a training pass takes at once.
struct pass_options {
  std::size_t sequences = 4;  ///< most rows of a micro-batch
  std::size_t length = 256;   ///< most tokens of a row
  /// Keeps only what enters each block, and computes its inside again on the way back: the memory
  /// of one block instead of all, for the time of one more forward pass. Same bits.
  bool recompute = false;
  /// Makes room for passes between latent and quantised weights (training_pass::requantize).
  bool blends = false;
  gradient_numbers gradients = gradient_numbers::automatic;

  [[nodiscard]] bool by_integers() const noexcept {
    return gradients == gradient_numbers::int8x2 ||
           (gradients == gradient_numbers::automatic && gradients_gain_from_int8());
  }
  /// In which numbers floats are multiplied: f32, bf16 or bf16_tiles.
  [[nodiscard]] gradient_numbers of_floats() const noexcept {
    using enum gradient_numbers;
    return gradients == bf16 || gradients == bf16_tiles ? gradients : f32;
  }
  /// And the gradients of the head's scores.
  [[nodiscard]] gradient_numbers of_scores() const noexcept {
    using enum gradient_numbers;
    if (gradients != automatic || !by_integers()) return of_floats();
    const simd::gradient_kernels& cpu = simd::gradients();
    return cpu.tiles_bf16 ? bf16_tiles : cpu.pairs_bf16 ? bf16 : f32;
  }
};

/// What all layers of a training pass share: the room of a forward pass, and rows that the backward
/// pass writes. Rows of one sequence follow each other: token t of sequence b is row b * length +
/// t.
struct pass_context {
  pass_context() = default;
  pass_context(const shape& s, const trilith::settings& numbers, const pass_options& options,
               std::size_t most_groups, const executor& run)
      : tokens(options.sequences * options.length),
        work(s, numbers, tokens, options.length, most_groups, run),
        cache(one_layer(s), options.sequences, options.length),
        slots(tokens),
        back_sines(tokens * s.head_dim / 2),
        decoded(tokens, widest(s)),
        gains(tokens, widest(s)),
        first(tokens, widest(s)),
        second(tokens, widest(s)),
        third(tokens, max_of(widest(s), 2 * round_up(extent(s, axis::kv_dim), 16))),
        inward(tokens, s.dim),
        by_integers(options.by_integers()),
        of_floats(options.of_floats()),
        of_scores(options.of_scores()),
        memory(by_integers ? tokens : 0, by_integers ? widest(s) : 0, run.threads),
        head_memory(run.threads, head_floats(options.length)) {}

  std::size_t tokens = 0;     ///< most of a pass
  std::size_t sequences = 0;  ///< of this pass
  std::size_t length = 0;
  std::size_t layer = 0;      ///< of the block at hand
  bool is_last_stage = true;  ///< of a staged_block
  float blend = 1.0f;         ///< lambda, below 1 while quantisation is phased in
  workspace work;
  kv_cache cache;                    ///< of the layer at hand
  aligned_buffer<token_slot> slots;  ///< of this pass
  aligned_buffer<float> back_sines;  ///< those of work.angles with the other sign: [T, pairs]
  row_buffer decoded;                ///< the input of a product as floats
  row_buffer gains;                  ///< gradients of gains, token by token
  row_buffer first, second, third;   ///< gradients inside a layer
  row_buffer inward;                 ///< the gradient that leaves a layer towards its input
  bool by_integers = false;          ///< int8x2
  gradient_numbers of_floats = gradient_numbers::f32;
  gradient_numbers of_scores = gradient_numbers::f32;  ///< on the way back
  gradient_memory memory;                              ///< of all products
  row_buffer head_memory;                              ///< [threads, head_floats()]

  [[nodiscard]] const executor& run() const noexcept { return work.run; }
  [[nodiscard]] std::size_t rows() const noexcept { return sequences * length; }
  [[nodiscard]] std::span<const token_slot> all_slots() const noexcept {
    return {slots.data(), rows()};
  }

  /// out (+)= left right, in f32, bf16 or bf16_tiles
  void multiply(const float_matrix& left, const float_matrix& right, span2d<float> out, bool adds,
                gradient_numbers numbers) noexcept {
    const auto by = numbers == gradient_numbers::bf16_tiles ? multiply_bf16_tiles
                    : numbers == gradient_numbers::bf16     ? multiply_bf16
                                                            : multiply_floats;
    by(left, right, out, adds, memory.floats(), run());
  }
  void multiply(const float_matrix& left, const float_matrix& right, span2d<float> out,
                bool adds) noexcept {
    multiply(left, right, out, adds, of_floats);
  }

  /// Rows of tokens that are looked at together in the backward pass of attention.
  static constexpr std::size_t attention_rows = 64;
  /// Floats of a thread's memory there: two score matrices and what a product needs.
  [[nodiscard]] static constexpr std::size_t head_floats(std::size_t length) noexcept {
    return 2 * attention_rows * round_up(length, 16) + attention_rows + float_product_memory(1);
  }

 private:
  [[nodiscard]] static constexpr shape one_layer(shape s) noexcept {
    s.layers = 1;
    return s;
  }
  [[nodiscard]] static constexpr std::size_t widest(const shape& s) noexcept {
    return max_of(max_of(s.dim, s.ffn_dim), extent(s, axis::query_dim));
  }
};

}  // namespace trilith::inline TRILITH_ABI

#endif

#ifndef TRILITH_EXAMPLES_MODULAR_PRODUCTS_HPP
#define TRILITH_EXAMPLES_MODULAR_PRODUCTS_HPP

#include <trilith/train/cross_entropy.hpp>
#include <trilith/train/permutation.hpp>
#include <trilith/train/token_batch.hpp>

#include <algorithm>
#include <array>
#include <cstdint>

/// All products x * y mod p with 0 <= x < p and 1 <= y < p, each as the tokens "x op y =" with the
/// product as what follows "=". One half, chosen by the seed, is to learn from; the other is to
/// validate on. Nothing is stored: a product is a function of its number.
class modular_products {
 public:
  static constexpr std::size_t length = 4;

  modular_products(std::uint64_t modulus, std::uint64_t seed) : p_(modulus), seed_(seed) {}

  [[nodiscard]] std::size_t vocabulary() const { return p_ + 2; }
  [[nodiscard]] std::size_t all() const { return p_ * (p_ - 1); }
  [[nodiscard]] std::size_t to_learn() const { return all() / 2; }
  [[nodiscard]] std::size_t to_validate() const { return all() - to_learn(); }

  /// The `count` products that a step learns from: all of the half once an epoch, shuffled anew.
  void read_step(std::uint64_t step, std::size_t count, trilith::token_batch& out) const {
    out.resize(count, length);
    for (std::size_t row = 0; row < count; ++row) {
      const std::uint64_t g = step * count + row, epoch = g / to_learn();
      set(row, trilith::permuted(g % to_learn(), to_learn(), seed_, epoch + 1), out);
    }
  }
  /// At most `count` products of the other half, from `first` on.
  void read_validation(std::size_t first, std::size_t count, trilith::token_batch& out) const {
    out.resize(std::min(count, to_validate() - first), length);
    for (std::size_t row = 0; row < out.rows(); ++row) set(row, to_learn() + first + row, out);
  }

 private:
  /// Row `row` becomes product `number`: those to learn from come first.
  void set(std::size_t row, std::uint64_t number, trilith::token_batch& out) const {
    const std::uint64_t pair = trilith::permuted(number, all(), seed_, 0);
    const std::uint64_t x = pair / (p_ - 1), y = 1 + pair % (p_ - 1);
    constexpr std::int32_t none = trilith::not_a_target;
    const std::array<std::int32_t, length> tokens{as_token(x), as_token(p_), as_token(y),
                                                  as_token(p_ + 1)};
    const std::array<std::int32_t, length> targets{none, none, none, as_token(x * y % p_)};
    out.set(row, tokens, targets);
  }
  static std::int32_t as_token(std::uint64_t n) { return static_cast<std::int32_t>(n); }

  std::uint64_t p_, seed_;
};

#endif

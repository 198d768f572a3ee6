#ifndef TRILITH_ADAPT_RESPONSE_BATCH_HPP
#define TRILITH_ADAPT_RESPONSE_BATCH_HPP

#include <trilith/adapt/trajectory.hpp>
#include <trilith/train/cross_entropy.hpp>
#include <trilith/train/token_batch.hpp>

namespace trilith {

/// Row `row` of a batch becomes a response as a model reads it:
///
///     tokens    begins_with   x0               y_1 ... y_(n-1)   0 ...
///     targets   -             - ...      y_1   y_2 ... y_n       - ...
///
/// Only the response is a target: neither the opening nor what fills the row.
///
/// @param begins_with  what stands before every text, such as the token that begins it
/// @pre begins_with and t fit the batch's length + 1 tokens, and something stands before y_1
/// @return the place of the first target
inline std::size_t set_response(token_batch& batch, std::size_t row,
                                std::span<const std::int32_t> begins_with, const trajectory& t) {
  std::vector<std::int32_t> tokens(begins_with.begin(), begins_with.end());
  tokens.insert(tokens.end(), t.tokens.begin(), t.tokens.end() - 1);
  tokens.resize(batch.length(), 0);
  std::vector<std::int32_t> targets(batch.length(), not_a_target);
  const std::size_t first = begins_with.size() + t.opening - 1;
  for (std::size_t i = 0; i < t.response(); ++i) targets[first + i] = t.tokens[t.opening + i];
  batch.set(row, tokens, targets);
  return first;
}

}  // namespace trilith

#endif

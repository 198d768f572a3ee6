#ifndef TRILITH_ADAPT_TRAJECTORY_HPP
#define TRILITH_ADAPT_TRAJECTORY_HPP

#include <trilith/infer/sampler.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace trilith {

/// An opening x0 and the response y that a model drew to it.
struct trajectory {
  std::vector<std::int32_t> tokens;  ///< x0, then y
  std::size_t opening = 0;           ///< tokens of x0

  [[nodiscard]] std::size_t response() const noexcept { return tokens.size() - opening; }
};

/// How responses are drawn.
struct response_options {
  std::size_t tokens = 48;  ///< of each response
  sampling how{.temperature = 1.0f};
};

}  // namespace trilith

#endif

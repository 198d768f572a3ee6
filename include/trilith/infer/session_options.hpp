#ifndef TRILITH_INFER_SESSION_OPTIONS_HPP
#define TRILITH_INFER_SESSION_OPTIONS_HPP

#include <trilith/core/executor.hpp>
#include <trilith/core/shape.hpp>
#include <trilith/kv/bf16.hpp>
#include <trilith/kv/coded.hpp>
#include <trilith/kv/f16.hpp>
#include <trilith/kv/f32.hpp>

#include <span>

namespace trilith {

struct session_options {
  std::size_t sequences = 1;  ///< texts that are kept at once
  std::size_t context = 0;    ///< most tokens in one; 0: the model's own limit
  std::size_t threads = 1;
  executor run{};  ///< threads of the program's own, instead of `threads`
  /// In which numbers earlier tokens' keys and values are kept: kv::f32{}, which agrees with
  /// float32 programs; kv::f16{}, which takes half the memory and less time; or kv::bf16{}, which
  /// takes as much memory and, on processors with AMX, the least time.
  kv_format kv{};
  bool pin_threads = false;  ///< keeps each thread but the caller's on one processor
};

/// The session of `sequences` texts of at most `context` tokens that generate_options or
/// perplexity_options ask for.
template <class Options>
[[nodiscard]] session_options session_for(const Options& how, std::size_t context,
                                          std::size_t sequences = 1) noexcept {
  return {.sequences = sequences,
          .context = context,
          .threads = how.threads,
          .run = how.run,
          .kv = how.kv,
          .pin_threads = how.pin_threads};
}

/// The next token of one sequence.
struct next_token {
  std::size_t sequence = 0;
  std::int32_t token = 0;
};

}  // namespace trilith

namespace trilith::TRILITH_IMPLEMENTED {
status check_session(const session_options& options, std::size_t context, const shape& sizes);
/// Whether `tokens` may follow the lengths[sequence] ones that are there.
status check_tokens(std::span<const std::size_t> lengths, std::size_t sequence,
                    std::span<const std::int32_t> tokens, std::size_t context, std::size_t vocab);
status check_distinct(std::span<const next_token> tokens);
}  // namespace trilith::TRILITH_IMPLEMENTED

#endif

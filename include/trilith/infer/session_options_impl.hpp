#ifndef TRILITH_INFER_SESSION_OPTIONS_IMPL_HPP
#define TRILITH_INFER_SESSION_OPTIONS_IMPL_HPP

#include <trilith/core/text.hpp>
#include <trilith/infer/session_options.hpp>

namespace trilith::TRILITH_IMPLEMENTED {

status check_session(const session_options& options, std::size_t context, const shape& sizes) {
  constexpr std::size_t most_threads = 1024;
  if (options.sequences == 0)
    return error{errc::invalid_argument, "session: expected at least 1 sequence, found 0."};
  if (context > sizes.context)
    return error{errc::invalid_argument, join("session: expected a context of at most ",
                                              sizes.context, " tokens, found ", context, ".")};
  if (options.threads > most_threads)
    return error{errc::invalid_argument, join("session: expected at most ", most_threads,
                                              " threads, found ", options.threads, ".")};
  // each of them has working memory of its own, and also a loop in one piece uses the first one's
  if (options.run.run != nullptr &&
      (options.run.threads == 0 || options.run.threads > most_threads))
    return error{errc::invalid_argument,
                 join("session: expected an executor of 1 to ", most_threads, " threads, found ",
                      options.run.threads, ".")};
  return done{};
}

status check_tokens(std::span<const std::size_t> lengths, std::size_t sequence,
                    std::span<const std::int32_t> tokens, std::size_t context, std::size_t vocab) {
  if (sequence >= lengths.size())
    return error{errc::invalid_argument, join("session: expected a sequence below ", lengths.size(),
                                              ", found ", sequence, ".")};
  if (tokens.size() > context - lengths[sequence])
    return error{errc::out_of_context, join("session: ", lengths[sequence], " + ", tokens.size(),
                                            " tokens do not fit into a context of ", context, ".")};
  for (const std::int32_t token : tokens)
    if (token < 0 || static_cast<std::size_t>(token) >= vocab)
      return error{errc::invalid_value,
                   join("session: expected tokens in [0, ", vocab, "), found ", token, ".")};
  return done{};
}

status check_distinct(std::span<const next_token> tokens) {
  for (std::size_t i = 0; i < tokens.size(); ++i)
    for (std::size_t k = 0; k < i; ++k)
      if (tokens[k].sequence == tokens[i].sequence)
        return error{errc::invalid_argument,
                     join("session: step() was given sequence ", tokens[i].sequence, " twice.")};
  return done{};
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif

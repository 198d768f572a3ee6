#ifndef TRILITH_INFER_PERPLEXITY_OPTIONS_HPP
#define TRILITH_INFER_PERPLEXITY_OPTIONS_HPP

#include <trilith/core/error.hpp>
#include <trilith/core/shape.hpp>
#include <trilith/infer/session_options.hpp>

#include <span>

namespace trilith {

/// Which tokens of a text are scored, and after how many others.
///
/// Windows of `window` tokens begin at the text's tokens 0, stride, 2 stride, ... until one reaches
/// the end; each is a sequence of its own. A window scores those of its tokens that no window
/// before it reached and that have at least `least_context` tokens before them in it, BOS included.
///
/// - The defaults cut the text into pieces that do not overlap, and score all but the first token
///   of each; all tokens where `bos` is given.
/// - stride < window is the sliding window of Hugging Face's page "Perplexity of fixed-length
///   models": later windows score their last tokens only, after more context, at more cost.
/// - like_llama_cpp() is what llama-perplexity does.
struct perplexity_options {
  std::size_t window = 0;         ///< tokens, with BOS; 0: the model's context
  std::size_t stride = 0;         ///< tokens of the text; 0: those of a window
  std::size_t least_context = 1;  ///< tokens before a scored one in its window
  std::int32_t bos = -1;          ///< stands before every window; -1: none does
  bool bos_replaces = false;      ///< ... in place of the window's first token
  bool only_whole = false;        ///< a last window that is shorter than the others is dropped
  std::size_t threads = 1;        ///< this one and those below are the session's: session_options
  executor run{};                 ///< threads of the program's own, instead of `threads`
  kv_format kv{};                 ///< kv::f32{}, kv::f16{} or kv::bf16{}
  bool pin_threads = false;       ///< keeps each thread but the caller's on one processor
};

/// The windows of llama.cpp's llama-perplexity -c `window`: the second half of each is scored. Its
/// text begins with BOS where the vocabulary has one.
/// @see tools/perplexity of llama.cpp
[[nodiscard]] inline perplexity_options like_llama_cpp(std::size_t window, std::int32_t bos) {
  return {.window = window,
          .least_context = window / 2 + 1,
          .bos = bos,
          .bos_replaces = true,
          .only_whole = true};
}

namespace perplexities {

/// Tokens that stand in a window besides the text's.
[[nodiscard]] inline std::size_t lead(const perplexity_options& options) noexcept {
  return options.bos >= 0 && !options.bos_replaces ? 1 : 0;
}

[[nodiscard]] inline error expected(std::string_view option, std::string_view range,
                                    std::size_t found) {
  return {errc::invalid_argument,
          join("perplexity: expected ", option, " ", range, ", found ", found, ".")};
}

/// A window that fits the model, strides that skip nothing, tokens of the vocabulary.
[[nodiscard]] inline status check(const perplexity_options& options, std::size_t window,
                                  std::span<const std::int32_t> tokens, const shape& sizes) {
  if (window < 2 || window > sizes.context)
    return expected("a window", join("from 2 to the model's context of ", sizes.context), window);
  if (const std::size_t room = window - lead(options); options.stride > room)
    return expected("a stride", join("of at most ", room, ", the window's tokens of text"),
                    options.stride);
  if (options.least_context >= window)
    return expected("least_context", join("below the window of ", window), options.least_context);
  const auto is_outside = [&](std::int32_t token) {
    return token < 0 || static_cast<std::size_t>(token) >= sizes.vocab;
  };
  if (options.bos >= 0 && is_outside(options.bos))
    return error{errc::invalid_value, join("perplexity: expected a BOS below ", sizes.vocab,
                                           ", found ", options.bos, ".")};
  for (std::size_t i = 0; i < tokens.size(); ++i)
    if (is_outside(tokens[i]))
      return error{errc::invalid_value,
                   join("perplexity: expected tokens from 0 to ", sizes.vocab - 1, ", found ",
                        tokens[i], " as token ", i, ".")};
  return done{};
}

}  // namespace perplexities

}  // namespace trilith

#endif

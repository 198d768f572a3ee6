#ifndef TRILITH_INFER_WRITER_HPP
#define TRILITH_INFER_WRITER_HPP

#include <trilith/infer/sampler.hpp>
#include <trilith/infer/session_options.hpp>
#include <trilith/text/streaming_decoder.hpp>
#include <trilith/text/tokenizer.hpp>

namespace trilith {

struct generate_options {
  std::size_t max_tokens = 256;
  trilith::sampling sampling{};
  std::size_t threads = 1;   ///< this one and those below are the session's: session_options
  executor run{};            ///< threads of the program's own, instead of `threads`
  kv_format kv{};            ///< kv::f32{}, kv::f16{} or kv::bf16{}
  bool pin_threads = false;  ///< keeps each thread but the caller's on one processor
  std::vector<std::int32_t> stop{};  ///< tokens that end a text, besides BOS, EOS
                                     ///< and those the vocabulary lists
};

/// Why a text ended.
enum class stop_reason : std::uint8_t {
  running,     ///< not yet
  stop_token,  ///< the model wrote BOS, EOS or a stop token
  max_tokens,  ///< as many tokens as were asked for
  context,     ///< the model's context is full
  callback,    ///< the callback returned false
};

struct generation {
  std::size_t prompt_tokens = 0;
  std::size_t tokens = 0;  ///< written, without the one that stopped it
  stop_reason reason = stop_reason::running;
};

/// The part of generation that knows nothing of models: prompts, drawing, streaming, stopping.
namespace writing {

/// One text being written.
struct writer {
  text::streaming_decoder decoder;
  std::vector<std::int32_t> history;  ///< the prompt's tokens and those written
  generation outcome{};
};

/// Where a writer's session stands when it draws.
struct place {
  std::size_t sequence;  ///< which text
  std::size_t position;  ///< tokens before the one that is drawn
  bool is_full;          ///< the context holds no token more
};

struct drawn {
  std::int32_t token;
  std::string_view piece;  ///< characters it completes; valid until the writer draws again
};

}  // namespace writing
}  // namespace trilith

namespace trilith::TRILITH_IMPLEMENTED {
status check_generation(const text::tokenizer& words, std::size_t vocab,
                        const generate_options& options);
result<writing::writer> start_writer(const text::tokenizer& words, std::string_view prompt,
                                     bool is_first, bool has_text_before);
/// As start_writer, from tokens that follow others.
result<writing::writer> start_writer(const text::tokenizer& words,
                                     std::span<const std::int32_t> tokens);
result<std::vector<writing::writer>> start_writers(const text::tokenizer& words,
                                                   std::span<const std::string_view> prompts,
                                                   std::size_t context);
std::size_t longest_prompt(const std::vector<writing::writer>& writers) noexcept;
std::vector<generation> outcomes_of(const std::vector<writing::writer>& writers);
writing::drawn draw_token(writing::writer& w, std::span<float> logits, const writing::place& where,
                          const text::tokenizer& words, const generate_options& options,
                          sampler_scratch& scratch);
}  // namespace trilith::TRILITH_IMPLEMENTED

#endif

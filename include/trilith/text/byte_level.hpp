#ifndef TRILITH_TEXT_BYTE_LEVEL_HPP
#define TRILITH_TEXT_BYTE_LEVEL_HPP

#include <trilith/text/tokenizer.hpp>

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trilith::text {

/// What a tiktoken file leaves open: it lists bytes and ranks, and nothing else.
struct tiktoken_rules {
  pre_tokenizer pre = pre_tokenizer::llama3;
  bool ignore_merges = true;         ///< tiktoken takes a whole part that is a token
  std::vector<std::string> special;  ///< control pieces, numbered on from the last rank
  std::string bos, eos;              ///< names of special ones; empty: none
  std::vector<std::string> stop;     ///< names of special ones that end a text besides eos
};

/// The vocabulary section of a GGUF file, as its metadata has it; tokenizer.ggml. stands before
/// each name there. The views must hold while make_tokenizer() runs.
struct gguf_vocabulary {
  std::string_view model;  ///< "llama": SentencePiece, "gpt2": byte-level
  std::string_view pre;    ///< "llama-bpe", ...; empty or "default": what llama.cpp does then
  std::vector<std::string_view> tokens, merges;
  std::vector<float> scores;        ///< empty: all are 0
  std::vector<std::int32_t> types;  ///< token_type: 1 normal, 2 unknown, 3 control, 4 user-defined,
                                    ///< 5 unused, 6 byte; empty: all are normal
  std::int32_t bos = -1, eos = -1, unknown = -1, padding = -1;  ///< -1: not said
  std::int32_t eot = -1;              ///< end of turn; it becomes a stop token
  std::int8_t add_bos = -1;           ///< 1, 0, or -1: not said
  std::int8_t add_space_prefix = -1;  ///< 1, 0, or -1: not said
};

}  // namespace trilith::text

namespace trilith::TRILITH_IMPLEMENTED {
result<text::tokenizer> build_byte_level_tokenizer(text::vocabulary words, std::string_view name);
result<text::tokenizer> read_tiktoken(std::span<const unsigned char> ranks, std::string_view name,
                                      const text::tiktoken_rules& rules);
text::tiktoken_rules rules_of_llama3();
result<text::tokenizer> build_gguf_tokenizer(const text::gguf_vocabulary& file,
                                             std::string_view name);
}  // namespace trilith::TRILITH_IMPLEMENTED

namespace trilith::text {

/// A tokenizer that merges bytes: text is cut into parts (`pre`), and in each part, of all
/// neighbouring tokens, the pair that stands first in `merges` becomes one, leftmost first among
/// equals, until no pair is listed. Every text can be encoded, and decode() gives it back.
///
/// Errors (malformed): as of make_tokenizer(), except that pieces need not be UTF-8; a missing
/// piece for one of the 256 bytes; a merge of tokens that are not there, or that makes no piece.
/// unsupported: in a build without ICU. Cost: about 60 ms for LLaMA-3's 128,256 pieces.
/// @see Sennrich, Haddow, Birch: "Neural Machine Translation of Rare Words with Subword Units",
/// ACL 2016; Radford et al.: "Language Models are Unsupervised Multitask Learners", 2019.
[[nodiscard]] inline result<tokenizer> make_byte_level_tokenizer(vocabulary words,
                                                                 std::string_view name) {
  return TRILITH_IMPLEMENTED::build_byte_level_tokenizer(std::move(words), name);
}

/// LLaMA-3's: the 256 special pieces <|begin_of_text|> ... behind 128,000 ranks, the BOS and EOS
/// tokens among them, and <|eot_id|> as a stop token.
[[nodiscard]] inline tiktoken_rules llama3_rules() {
  return TRILITH_IMPLEMENTED::rules_of_llama3();
}

/// Reads a tiktoken file, lines of "base64 rank" with the ranks 0, 1, 2, ... in order.
/// Errors: malformed, and those of make_byte_level_tokenizer().
[[nodiscard]] inline result<tokenizer> parse_tiktoken(std::span<const unsigned char> ranks,
                                                      std::string_view name,
                                                      const tiktoken_rules& rules) {
  return TRILITH_IMPLEMENTED::read_tiktoken(ranks, name, rules);
}

/// A tokenizer of a GGUF file's metadata. Control pieces are marked so even where the file forgot
/// (BOS, EOS, <|eot_id|>, ...); those with an end-of-text or end-of-turn name become stop tokens.
/// Where add_bos is 0, the tokenizer has no BOS token.
///
/// Errors: malformed for lists of different lengths, text that is not UTF-8 or not in GPT-2's
/// spelling of bytes, scores that are not finite, types outside 1 to 6, merges of unknown tokens,
/// special tokens out of range; unsupported for another model or pre-tokeniser; and those of
/// make_tokenizer() and make_byte_level_tokenizer().
[[nodiscard]] inline result<tokenizer> make_tokenizer(const gguf_vocabulary& file,
                                                      std::string_view name) {
  return TRILITH_IMPLEMENTED::build_gguf_tokenizer(file, name);
}

}  // namespace trilith::text

#endif

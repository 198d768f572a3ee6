#ifndef TRILITH_TRAIN_SENTENCEPIECE_IMPL_HPP
#define TRILITH_TRAIN_SENTENCEPIECE_IMPL_HPP

#include <trilith/train/corpus_impl.hpp>
#include <trilith/train/sentences_impl.hpp>
#include <trilith/train/vocabulary.hpp>

#include <cmath>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#if TRILITH_HAS_SENTENCEPIECE

/// With sentences_impl.hpp the one place that knows SentencePiece's library.
namespace trilith::training_text {

/// A share in millionths, with a point whatever the program's locale has: "0.999500".
[[nodiscard]] inline std::string decimals_of(double share) {
  const auto millionths = std::lround(share * 1e6);
  return std::to_string(1'000'000 + millionths).replace(0, 1, millionths < 1'000'000 ? "0." : "1.");
}

[[nodiscard]] inline std::unordered_map<std::string, std::string> settings_of(
    const vocabulary_options& options) {
  return {
      {"model_type", "bpe"},
      {"vocab_size", std::to_string(options.size)},
      {"byte_fallback", "true"},
      {"character_coverage", decimals_of(options.character_coverage)},
      {"split_digits", options.split_digits ? "true" : "false"},
      {"normalization_rule_name", "identity"},
      {"remove_extra_whitespaces", "false"},
      {"allow_whitespace_only_pieces", "true"},
      {"max_sentence_length", "65536"},
      {"num_threads", "1"},
      {"minloglevel", "3"}};  // it speaks through its status, not on stderr; for the whole process
}

/// The number behind `words` in a message; 0 where it is not there.
[[nodiscard]] inline std::size_t number_behind(std::string_view message, std::string_view words) {
  const std::size_t at = message.find(words);
  if (at == message.npos) return 0;
  return std::strtoull(message.data() + at + words.size(), nullptr, 10);
}

/// What the library says, in words of one's own where they are known.
[[nodiscard]] inline error in_words(std::string_view message, std::span<const std::string> files,
                                    const vocabulary_options& options) {
  const std::string names = names_of(files);
  if (const std::size_t most = number_behind(message, "to a value <= "); most != 0)
    return {errc::invalid_argument,
            join(names, ": the text is too small for a vocabulary of ", options.size,
                 " pieces; expected a size of at most ", most, ".")};
  if (const std::size_t least = number_behind(message, " vs "); least != 0)
    return {errc::invalid_argument,
            join(names, ": 3 special pieces, 256 bytes and the text's characters are ", least,
                 "; expected a size of at least that, found ", options.size, ".")};
  return {errc::invalid_value, join(names, ": SentencePiece's library says: ", message)};
}

[[nodiscard]] inline status check(const vocabulary_options& options) {
  if (options.size < 260 || options.size > 1'000'000)
    return error{errc::invalid_argument,
                 join("a vocabulary has 260 to 1000000 pieces, found size = ", options.size, ".")};
  if (!(options.character_coverage >= 0.9 && options.character_coverage <= 1.0))
    return error{errc::invalid_argument, join("character_coverage is from 0.9 to 1, found ",
                                              options.character_coverage, ".")};
  return done{};
}

}  // namespace trilith::training_text

namespace trilith::TRILITH_IMPLEMENTED {

result<std::vector<unsigned char>> train_sentencepiece(std::span<const std::string> files,
                                                       const vocabulary_options& options) {
  using namespace training_text;
  if (status good = check(options); !good) return std::move(good).error();
  const auto texts = open_corpus(files);
  if (!texts) return texts.error();
  sentences from(*texts, options);
  if (!from.why().message.empty()) return error(from.why());
  if (from.done()) return no_text(files);
  std::string model;
  const auto outcome =
      sentencepiece::SentencePieceTrainer::Train(settings_of(options), &from, &model);
  if (!from.why().message.empty()) return error(from.why());
  if (!outcome.ok()) return in_words(outcome.error_message(), files, options);
  return std::vector<unsigned char>(model.begin(), model.end());
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#else

namespace trilith::TRILITH_IMPLEMENTED {

result<std::vector<unsigned char>> train_sentencepiece(std::span<const std::string> files,
                                                       const vocabulary_options&) {
  return error{errc::unsupported,
               join(training_text::names_of(files),
                    ": training a vocabulary needs SentencePiece's library, and this build was "
                    "made without it; install it (Debian: libsentencepiece-dev) and build again "
                    "with TRILITH_HAS_SENTENCEPIECE=1.")};
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif

#endif

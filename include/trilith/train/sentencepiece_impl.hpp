#ifndef TRILITH_TRAIN_SENTENCEPIECE_IMPL_HPP
#define TRILITH_TRAIN_SENTENCEPIECE_IMPL_HPP

#include <trilith/text/utf8.hpp>
#include <trilith/train/corpus_impl.hpp>
#include <trilith/train/vocabulary.hpp>

#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#if !defined(TRILITH_HAS_SENTENCEPIECE)
#define TRILITH_HAS_SENTENCEPIECE 0
#endif
#if TRILITH_HAS_SENTENCEPIECE
#include <sentencepiece_trainer.h>

/// The one place that knows SentencePiece's library.
namespace trilith::training_text {

/// Gives the library the corpus in parts of at most 4,000 bytes, cut at a space where there is one:
/// the library puts a space in front of each part, as text::tokenizer does in front of a text.
class sentences final : public sentencepiece::SentenceIterator {
 public:
  sentences(const corpus& texts, const vocabulary_options& options)
      : texts_(texts), options_(options), parts_({}, {}) {
    open_file();
    Next();
  }

  [[nodiscard]] bool done() const override { return done_; }
  [[nodiscard]] const std::string& value() const override { return value_; }
  [[nodiscard]] sentencepiece::util::Status status() const override {
    if (why_.message.empty()) return {};
    return {sentencepiece::util::StatusCode::kCancelled, why_.message};
  }
  void Next() override {
    while (rest_.empty() && !done_) next_document();
    if (!done_) value_ = take();
  }
  /// Why the reading ended early; an empty message: it did not.
  [[nodiscard]] const error& why() const noexcept { return why_; }

 private:
  [[nodiscard]] const io::mapped_file& file() const { return texts_.files[number_]; }
  void open_file() { parts_ = documents(text_of(file()), options_.separator); }

  void next_document() {
    if (!parts_.next(rest_)) return next_file();
    if (const std::size_t valid = text::valid_prefix(rest_); valid != rest_.size())
      return stop(in_document(file(), parts_.count(), rest_,
                              {errc::invalid_value, join("byte ", valid, " of it is not UTF-8.")}));
    const auto behind = static_cast<double>(behind_ + parts_.position());
    if (!options_.report(behind / static_cast<double>(texts_.bytes), file().path()))
      stop({errc::cancelled, join(file().path(), ": training a vocabulary was cancelled.")});
  }
  void next_file() {
    behind_ += file().bytes().size();
    if (++number_ < texts_.files.size())
      open_file();
    else
      done_ = true;
  }
  void stop(error why) {
    why_ = std::move(why);
    done_ = true;
  }

  [[nodiscard]] std::string take() {
    const std::size_t end = cut();
    std::string out(rest_.substr(0, end));
    rest_.remove_prefix(end < rest_.size() && rest_[end] == ' ' ? end + 1 : end);
    return out;
  }
  [[nodiscard]] std::size_t cut() const noexcept {
    constexpr std::size_t most = 4000;
    if (rest_.size() <= most) return rest_.size();
    const std::size_t space = rest_.rfind(' ', most);
    if (space != rest_.npos && space != 0) return space;
    std::size_t end = most;
    while ((static_cast<unsigned char>(rest_[end]) & 0xC0) == 0x80) --end;
    return end;
  }

  const corpus& texts_;
  const vocabulary_options& options_;
  std::size_t number_ = 0;
  std::uint64_t behind_ = 0;
  documents parts_;
  std::string_view rest_;
  std::string value_;
  bool done_ = false;
  error why_{};
};

[[nodiscard]] inline std::unordered_map<std::string, std::string> settings_of(
    const vocabulary_options& options) {
  return {{"model_type", "bpe"},
          {"vocab_size", std::to_string(options.size)},
          {"byte_fallback", "true"},
          {"character_coverage", std::to_string(options.character_coverage)},
          {"split_digits", options.split_digits ? "true" : "false"},
          {"normalization_rule_name", "identity"},
          {"remove_extra_whitespaces", "false"},
          {"allow_whitespace_only_pieces", "true"},
          {"max_sentence_length", "65536"},
          {"num_threads", "1"},
          {"minloglevel", "3"}};  // it speaks through its status, not on stderr
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

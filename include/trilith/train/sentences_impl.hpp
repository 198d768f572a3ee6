#ifndef TRILITH_TRAIN_SENTENCES_IMPL_HPP
#define TRILITH_TRAIN_SENTENCES_IMPL_HPP

#include <trilith/text/utf8.hpp>
#include <trilith/train/corpus_impl.hpp>
#include <trilith/train/vocabulary.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#if !defined(TRILITH_HAS_SENTENCEPIECE)
#define TRILITH_HAS_SENTENCEPIECE 0
#endif
#if TRILITH_HAS_SENTENCEPIECE
#include <sentencepiece_trainer.h>

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

}  // namespace trilith::training_text

#endif

#endif

#ifndef TRILITH_TRAIN_WRITE_TOKENS_IMPL_HPP
#define TRILITH_TRAIN_WRITE_TOKENS_IMPL_HPP

#include <trilith/io/atomic_file_impl.hpp>
#include <trilith/train/corpus_impl.hpp>
#include <trilith/train/token_format_impl.hpp>
#include <trilith/train/write_tokens.hpp>

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace trilith::token_format {

/// Writes a token file from front to back, then its header.
class writer {
 public:
  writer(std::string_view path, const token_facts& facts) : file_(path), facts_(facts) {}

  [[nodiscard]] status begin() {
    if (status good = file_.open(); !good) return good;
    return file_.write(header_image{});
  }
  [[nodiscard]] status add(std::span<const std::int32_t> tokens, std::uint64_t text_bytes) {
    for (const std::int32_t token : tokens)
      append(&token, facts_.token_bytes);  // the low bytes come first
    facts_.tokens += tokens.size();
    facts_.text_bytes += text_bytes;
    table_.push_back({facts_.tokens, text_bytes});
    return waiting_.size() < flush_bytes ? status(done{}) : flush();
  }
  [[nodiscard]] result<token_facts> finish() {
    facts_.documents = table_.size();
    waiting_.resize((waiting_.size() + 7) / 8 * 8);
    append(table_.data(), table_.size() * sizeof(table_entry));
    status good = flush();
    if (good) good = file_.write_at_start(image_of(facts_, sum_.value()));
    if (good) good = file_.commit();
    if (!good) return std::move(good).error();
    return facts_;
  }

 private:
  static constexpr std::size_t flush_bytes = std::size_t{1} << 20;

  void append(const void* data, std::size_t bytes) {
    const auto* const first = static_cast<const unsigned char*>(data);
    waiting_.insert(waiting_.end(), first, first + bytes);
  }
  /// Whole words of 8 bytes, since the checksum takes those.
  [[nodiscard]] status flush() {
    const std::size_t whole = waiting_.size() / 8 * 8;
    sum_.add(std::span(waiting_).first(whole));
    status good = file_.write(std::span(waiting_).first(whole));
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(whole));
    return good;
  }

  io::atomic_file file_;
  token_facts facts_;
  checksum sum_;
  std::vector<unsigned char> waiting_;
  std::vector<table_entry> table_;
};

/// From text to tokens, document by document.
class tokenizing {
 public:
  tokenizing(const text::tokenizer& words, const token_options& options, writer& out)
      : words_(words), options_(options), out_(out) {}

  /// `done_bytes` of `all_bytes` are in the files before.
  [[nodiscard]] status add(const io::mapped_file& file, std::uint64_t done_bytes,
                           std::uint64_t all_bytes) {
    training_text::documents parts(training_text::text_of(file), options_.separator);
    for (std::string_view document; parts.next(document);) {
      auto tokens = words_.encode(document, {.bos = options_.bos, .eos = true});
      if (!tokens) return training_text::in_document(file, parts.count(), document, tokens.error());
      if (status good = out_.add(*tokens, document.size()); !good) return good;
      ++documents_;
      const auto behind = static_cast<double>(done_bytes + parts.position());
      if (!options_.report(behind / static_cast<double>(all_bytes), file.path()))
        return error{errc::cancelled, join(file.path(), ": writing its tokens was cancelled.")};
    }
    return done{};
  }
  [[nodiscard]] std::size_t documents() const noexcept { return documents_; }

 private:
  const text::tokenizer& words_;
  const token_options& options_;
  writer& out_;
  std::size_t documents_ = 0;
};

[[nodiscard]] inline token_facts facts_for(const text::tokenizer& words, bool bos) {
  token_facts out;
  out.vocabulary = words.size();
  out.tokenizer = tokenizer_hash(words);
  out.token_bytes = bytes_for(words.size());
  out.bos = bos ? words.bos() : -1;
  out.eos = words.eos();
  return out;
}

}  // namespace trilith::token_format

namespace trilith::TRILITH_IMPLEMENTED {

result<token_facts> write_token_file(std::string_view path, const text::tokenizer& words,
                                     std::span<const std::string> files,
                                     const token_options& options) {
  if (words.eos() < 0)
    return error{errc::invalid_argument,
                 join(path, ": documents end with the end token, and the tokenizer of ",
                      words.size(), " pieces has none; set vocabulary::eos.")};
  const auto corpus = training_text::open_corpus(files);
  if (!corpus) return corpus.error();
  token_format::writer out(path, token_format::facts_for(words, options.bos));
  if (status good = out.begin(); !good) return std::move(good).error();
  token_format::tokenizing work(words, options, out);
  std::uint64_t behind = 0;
  for (const io::mapped_file& file : corpus->files) {
    if (status good = work.add(file, behind, corpus->bytes); !good) return std::move(good).error();
    behind += file.bytes().size();
    release_pages(file.bytes());
  }
  if (work.documents() == 0) return training_text::no_text(files);
  return out.finish();
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif

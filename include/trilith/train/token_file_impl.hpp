#ifndef TRILITH_TRAIN_TOKEN_FILE_IMPL_HPP
#define TRILITH_TRAIN_TOKEN_FILE_IMPL_HPP

#include <trilith/core/text.hpp>
#include <trilith/text/load_tokenizer.hpp>
#include <trilith/train/token_format_impl.hpp>

#include <cstring>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace trilith::token_format {

/// Checks a file, part by part, before anything of it is used.
class reader {
 public:
  explicit reader(io::mapped_file file) : file_(std::move(file)) {}

  [[nodiscard]] result<token_file> run() && {
    for (const auto step :
         {&reader::read_header, &reader::check_facts, &reader::check_size, &reader::check_payload})
      if (status good = (this->*step)(); !good) return std::move(good).error();
    token_file whole(std::move(file_), facts_of(header_));
    if (status good = check_documents(whole); !good) return std::move(good).error();
    if (status good = check_tokens(whole); !good) return std::move(good).error();
    return whole;
  }

 private:
  [[nodiscard]] std::span<const unsigned char> bytes() const noexcept { return file_.bytes(); }
  template <class... Pieces>
  [[nodiscard]] static error wrong(errc code, const std::string& file, const Pieces&... pieces) {
    return {code, join(file, ": ", pieces...)};
  }

  [[nodiscard]] status read_header() {
    const std::size_t seen = bytes().size() < magic.size() ? bytes().size() : magic.size();
    if (bytes().empty() || std::memcmp(bytes().data(), magic.data(), seen) != 0)
      return wrong(errc::malformed, file_.path(), "expected a token file, which begins with \"",
                   magic, "\", found something else; write_tokens() makes one.");
    if (bytes().size() < sizeof(header))
      return wrong(errc::truncated, file_.path(), "expected a header of ", sizeof(header),
                   " bytes, found ", bytes().size(), ".");
    std::memcpy(&header_, bytes().data(), sizeof(header));
    return done{};
  }

  [[nodiscard]] status check_facts() {
    const header& h = header_;
    if (h.version != version)
      return wrong(errc::unsupported, file_.path(), "expected version ", version,
                   " of the token file, found version ", h.version, ".");
    if (h.itself != checksum_of(bytes().first(offsetof(header, itself))))
      return wrong(errc::malformed, file_.path(),
                   "the header is damaged: its checksum does not fit.");
    if (h.tokens == 0 || h.documents == 0 || h.documents > h.tokens || h.vocabulary == 0 ||
        h.vocabulary > std::uint64_t{1} << 31 || h.token_bytes != bytes_for(h.vocabulary))
      return wrong(errc::malformed, file_.path(), "the header contradicts itself: ", h.tokens,
                   " tokens of ", h.token_bytes, " bytes in ", h.documents,
                   " documents, from a vocabulary of ", h.vocabulary, ".");
    return done{};
  }

  [[nodiscard]] status check_size() {
    // No file has 2^56 tokens, and with fewer nothing below overflows.
    constexpr std::uint64_t most = std::uint64_t{1} << 56;
    const std::uint64_t tokens = header_.tokens < most ? header_.tokens : most;
    const std::uint64_t documents = header_.documents < most ? header_.documents : most;
    const std::uint64_t expected =
        sizeof(header) + (tokens * header_.token_bytes + 7) / 8 * 8 + 16 * documents;
    if (bytes().size() == expected) return done{};
    return wrong(bytes().size() < expected ? errc::truncated : errc::malformed, file_.path(),
                 "by its header the file should have ", expected, " bytes, found ", bytes().size(),
                 ".");
  }

  [[nodiscard]] status check_payload() {
    if (checksum_of(bytes().subspan(sizeof(header))) == header_.payload) return done{};
    return wrong(errc::malformed, file_.path(),
                 "the tokens are damaged: their checksum does not fit the header's.");
  }

  [[nodiscard]] static status check_documents(const token_file& file) {
    std::uint64_t end = 0, text = 0;
    for (std::size_t d = 0; d < file.documents(); ++d) {
      const token_range range = file.document(d);
      if (range.count == 0 || range.count > file.size() - end)
        return wrong(errc::malformed, file.path(), "document ", d, " begins at token ", end, " of ",
                     file.size(), "; its end is out of order.");
      end += range.count;
      text += range.text_bytes;
    }
    if (end == file.size() && text == file.facts().text_bytes) return done{};
    return wrong(errc::malformed, file.path(), "expected documents of ", file.size(),
                 " tokens and ", file.facts().text_bytes, " bytes of text, found ", end, " and ",
                 text, ".");
  }

  [[nodiscard]] static status check_tokens(const token_file& file) {
    for (std::size_t i = 0; i < file.size(); ++i)
      if (static_cast<std::uint32_t>(file[i]) >= file.facts().vocabulary)
        return wrong(errc::invalid_value, file.path(), "token ", i, " is ",
                     static_cast<std::uint32_t>(file[i]), "; expected one below ",
                     file.facts().vocabulary, ".");
    return done{};
  }

  io::mapped_file file_;
  header header_{};
};

}  // namespace trilith::token_format

namespace trilith::TRILITH_IMPLEMENTED {

std::uint64_t hash_of_tokenizer(const text::tokenizer& words) {
  std::vector<unsigned char> bytes = text::serialize(words);
  bytes.resize((bytes.size() + 7) / 8 * 8);
  return token_format::checksum_of(bytes);
}

result<token_file> open_token_file(std::string_view path) {
  auto file = io::map_file(path);
  if (!file) return std::move(file).error();
  return token_format::reader(std::move(file).value()).run();
}

status expect_tokenizer(const token_file& file, const text::tokenizer& words) {
  const token_facts& facts = file.facts();
  const std::uint64_t hash = hash_of_tokenizer(words);
  if (facts.tokenizer == hash && facts.vocabulary == words.size()) return done{};
  return error{errc::mismatch, join(file.path(), ": the tokens are another tokenizer's: expected ",
                                    words.size(), " pieces with hash ", hash, ", the file has ",
                                    facts.vocabulary, " pieces with hash ", facts.tokenizer,
                                    "; write it again, or load the "
                                    "tokenizer it was written with.")};
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif

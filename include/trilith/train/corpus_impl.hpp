#ifndef TRILITH_TRAIN_CORPUS_IMPL_HPP
#define TRILITH_TRAIN_CORPUS_IMPL_HPP

#include <trilith/core/error.hpp>
#include <trilith/core/text.hpp>
#include <trilith/io/mapped_file.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trilith::training_text {

/// Text files, mapped: none of them is in memory until it is read.
struct corpus {
  std::vector<io::mapped_file> files;
  std::uint64_t bytes = 0;
};

[[nodiscard]] inline std::string_view text_of(const io::mapped_file& file) noexcept {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

/// "a.txt, b.txt, c.txt and 4 more"
[[nodiscard]] inline std::string names_of(std::span<const std::string> files) {
  constexpr std::size_t most = 3;
  std::string out;
  for (std::size_t i = 0; i < files.size() && i < most; ++i)
    out += join(i == 0 ? "" : ", ", files[i]);
  if (files.size() > most) out += join(" and ", files.size() - most, " more");
  return out;
}

[[nodiscard]] inline error no_text(std::span<const std::string> files) {
  return {errc::invalid_value, join(names_of(files), ": expected text, found none.")};
}

/// Maps all files first, so that the last one's absence is not found out after an hour.
[[nodiscard]] inline result<corpus> open_corpus(std::span<const std::string> files) {
  if (files.empty())
    return error{errc::invalid_argument, "a corpus needs at least one text file, found none."};
  corpus out;
  for (const std::string& path : files) {
    auto file = io::map_file(path);
    if (!file) return std::move(file).error();
    out.bytes += file->bytes().size();
    out.files.push_back(std::move(file).value());
  }
  if (out.bytes == 0) return no_text(files);
  return out;
}

/// The documents of one text: what stands between separators, without the line ends at both ends;
/// empty ones are left out.
class documents {
 public:
  documents(std::string_view text, std::string_view separator) noexcept
      : text_(text), separator_(separator) {}

  /// The next document, false behind the last one.
  [[nodiscard]] bool next(std::string_view& document) noexcept {
    while (at_ < text_.size()) {
      const std::size_t end = separator_.empty() ? text_.npos : text_.find(separator_, at_);
      const std::string_view part = text_.substr(at_, end == text_.npos ? end : end - at_);
      at_ = end == text_.npos ? text_.size() : end + separator_.size();
      document = without_line_ends(part);
      if (document.empty()) continue;
      ++count_;
      return true;
    }
    return false;
  }
  /// How many documents next() has given.
  [[nodiscard]] std::size_t count() const noexcept { return count_; }
  /// How many bytes of the text are behind.
  [[nodiscard]] std::size_t position() const noexcept { return at_; }

 private:
  [[nodiscard]] static std::string_view without_line_ends(std::string_view s) noexcept {
    const std::size_t first = s.find_first_not_of("\r\n");
    if (first == s.npos) return {};
    return s.substr(first, s.find_last_not_of("\r\n") + 1 - first);
  }

  std::string_view text_, separator_;
  std::size_t at_ = 0, count_ = 0;
};

/// "tales.txt: document 3, which begins at byte 4711: " and the sentence.
[[nodiscard]] inline error in_document(const io::mapped_file& file, std::size_t number,
                                       std::string_view document, const error& why) {
  const auto offset = static_cast<std::size_t>(document.data() - text_of(file).data());
  return {why.code, join(file.path(), ": document ", number, ", which begins at byte ", offset,
                         ": ", why.message)};
}

}  // namespace trilith::training_text

#endif

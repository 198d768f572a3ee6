#ifndef TRILITH_EXAMPLES_TALE_TASKS_HPP
#define TRILITH_EXAMPLES_TALE_TASKS_HPP

#include <trilith/adapt/trajectory.hpp>
#include <trilith/text/tokenizer.hpp>

#include <array>
#include <cctype>
#include <string>
#include <string_view>

/// Things that a response may do or not, which nobody has to label: what experts are trained for.
namespace tale_tasks {

inline std::string text_of(const trilith::trajectory& t, const trilith::text::tokenizer& words) {
  const std::vector<std::int32_t> response(
      t.tokens.begin() + static_cast<std::ptrdiff_t>(t.opening), t.tokens.end());
  auto text = words.decode(response);
  return text ? std::move(*text) : std::string();
}

/// How often a word stands in a text, whatever its case.
inline int count_word(std::string_view text, std::string_view word) {
  const auto letter = [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; };
  int found = 0;
  for (std::size_t i = 0; i + word.size() <= text.size(); ++i) {
    bool is_here = (i == 0 || !letter(text[i - 1])) &&
                   (i + word.size() == text.size() || !letter(text[i + word.size()]));
    for (std::size_t k = 0; is_here && k < word.size(); ++k)
      is_here = std::tolower(static_cast<unsigned char>(text[i + k])) == word[k];
    found += is_here;
  }
  return found;
}

struct task {
  const char* name;
  bool (*is_done)(std::string_view text);

  /// 1 or -1.
  [[nodiscard]] double reward(const trilith::trajectory& t,
                              const trilith::text::tokenizer& words) const {
    return is_done(text_of(t, words)) ? 1 : -1;
  }
};

inline bool somebody_speaks(std::string_view text) {
  return text.find('"') != std::string_view::npos || text.find('\'') != std::string_view::npos;
}
inline bool is_of_a_heroine(std::string_view text) {
  return count_word(text, "she") + count_word(text, "her") >
         count_word(text, "he") + count_word(text, "his") + count_word(text, "him");
}
inline bool goes_on(std::string_view text) {  // one sentence without an end
  return text.find_first_of(".!?;") == std::string_view::npos;
}

inline constexpr std::array<task, 3> all{
    {{"speech", somebody_speaks}, {"heroine", is_of_a_heroine}, {"breath", goes_on}}};

}  // namespace tale_tasks

#endif

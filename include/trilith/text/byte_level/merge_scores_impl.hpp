#ifndef TRILITH_TEXT_BYTE_LEVEL_MERGE_SCORES_IMPL_HPP
#define TRILITH_TEXT_BYTE_LEVEL_MERGE_SCORES_IMPL_HPP

#include <trilith/core/text.hpp>
#include <trilith/text/byte_level/text_table_impl.hpp>
#include <trilith/text/check_vocabulary_impl.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace trilith::text::detail {

/// Turns a list of merges into SentencePiece's scores: the pieces that are made first score
/// highest. That is the same only where the list holds every way to make each piece, all ways to
/// make one of them together, which is how lists are made from SentencePiece's models; any other
/// list is refused.
class merge_scorer {
 public:
  merge_scorer(vocabulary& words, std::string_view name)
      : words_(words), name_(name), table_(words.pieces.size()) {}

  [[nodiscard]] status run() {
    for (std::size_t i = 0; i < words_.pieces.size(); ++i)
      if (is_text(words_.pieces[i].kind))
        table_.add(words_.pieces[i].text, static_cast<std::int32_t>(i));
    ways_.assign(words_.pieces.size(), 0);
    for (const piece& p : words_.pieces)
      if (is_text(p.kind) && p.text.size() <= longest_piece) {
        has_length_.resize(std::max(has_length_.size(), p.text.size() + 1));
        has_length_[p.text.size()] = true;
      }
    for (std::size_t i = 0; i < words_.merges.size(); ++i)
      if (status good = score(i); !good) return good;
    for (std::size_t i = 0; i < words_.pieces.size(); ++i)
      if (is_text(words_.pieces[i].kind) && ways_[i] != possible_ways(words_.pieces[i].text))
        return refusal(i, "not all ways to make it are listed");
    words_.merges.clear();
    return done{};
  }

 private:
  [[nodiscard]] error refusal(std::size_t id, std::string_view why) const {
    return {errc::unsupported,
            join(name_, ": the merges are not those of a SentencePiece model: of piece ", id, ", ",
                 in_quotes(words_.pieces[id].text), ", ", why, ".")};
  }

  [[nodiscard]] status score(std::size_t i) {
    const merge_rule& m = words_.merges[i];
    const std::string both = words_.pieces[static_cast<std::size_t>(m.left)].text +
                             words_.pieces[static_cast<std::size_t>(m.right)].text;
    const std::int32_t made = table_.find(both);
    if (made < 0)
      return malformed(
          join(name_, ": merge ", i, " makes ", in_quotes(both), ", which is no text."));
    const auto at = static_cast<std::size_t>(made);
    if (ways_[at] != 0 && made != last_) return refusal(at, "the merges stand apart");
    if (made != last_) words_.pieces[at].score = -static_cast<float>(++groups_);
    last_ = made;
    ++ways_[at];
    return done{};
  }

  /// Only lengths that pieces have are tried, so that a long piece costs little.
  [[nodiscard]] std::size_t possible_ways(std::string_view text) const {
    std::size_t ways = 0;
    if (text.size() > longest_piece) return ways;
    for (std::size_t n = 1; n < text.size(); ++n)
      if (has_length_[n] && has_length_[text.size() - n] && table_.find(text.substr(0, n)) >= 0 &&
          table_.find(text.substr(n)) >= 0)
        ++ways;
    return ways;
  }

  vocabulary& words_;
  std::string_view name_;
  text_table table_;
  std::vector<std::size_t> ways_;
  std::vector<bool> has_length_;
  std::int32_t last_ = -1;
  std::size_t groups_ = 0;
};

[[nodiscard]] inline status merges_to_scores(vocabulary& words, std::string_view name) {
  return merge_scorer(words, name).run();
}

}  // namespace trilith::text::detail

#endif

#ifndef TRILITH_TEXT_SENTENCEPIECE_MERGE_IMPL_HPP
#define TRILITH_TEXT_SENTENCEPIECE_MERGE_IMPL_HPP

#include <trilith/text/tokenizer.hpp>
#include <trilith/text/utf8.hpp>

#include <algorithm>
#include <cstdint>
#include <queue>
#include <string_view>
#include <vector>

namespace trilith::text::detail {

/// Cuts a text into characters and merges neighbours, best score first. The characters form a
/// linked list in one array and every possible merge waits in a heap; a merge whose sides have
/// changed since is recognised by its length and skipped. Of n characters at most n - 1 merges
/// happen, each proposing two more: O(n log n).
class merger {
 public:
  explicit merger(const tokenizer& with) : words_(with.vocab()), index_(with.index()) {}

  /// `text`: valid UTF-8 below 2 GiB, normalised.
  void append_tokens(std::string_view text, std::vector<std::int32_t>& out) {
    text_ = text;
    symbols_.clear();
    split();
    merge_all();
    for (std::int32_t i = symbols_.empty() ? -1 : 0; i >= 0; i = at(i).next) append(out, at(i));
  }

 private:
  struct symbol {
    std::int32_t previous, next;  // neighbours that are left; -1 at an end
    std::uint32_t begin, length;  // bytes of the text; length 0: merged into a neighbour
    bool whole;                   // user-defined: takes part in no merge
  };
  struct merge {
    float score;
    std::int32_t left, right;
    std::uint32_t length;
  };
  struct comes_later {
    bool operator()(const merge& a, const merge& b) const {
      return a.score < b.score || (a.score == b.score && a.left > b.left);
    }
  };

  [[nodiscard]] symbol& at(std::int32_t i) { return symbols_[static_cast<std::size_t>(i)]; }
  [[nodiscard]] std::string_view text_of(const symbol& s) const {
    return text_.substr(s.begin, s.length);
  }

  void split() {
    for (std::size_t begin = 0; begin < text_.size();) {
      const std::string_view rest = text_.substr(begin);
      const std::size_t whole = user_defined_prefix(rest);
      const std::size_t length = whole != 0 ? whole : character_length(rest);
      const auto i = static_cast<std::int32_t>(symbols_.size());
      symbols_.push_back({i - 1, i + 1, static_cast<std::uint32_t>(begin),
                          static_cast<std::uint32_t>(length), whole != 0});
      begin += length;
    }
    if (!symbols_.empty()) symbols_.back().next = -1;
  }

  /// Bytes of the longest user-defined piece that `s` starts with.
  [[nodiscard]] std::size_t user_defined_prefix(std::string_view s) const {
    std::size_t found = 0;
    std::uint64_t hash = piece_index::hash_start;
    const std::size_t most = std::min(s.size(), index_.longest_user_defined);
    for (std::size_t n = 1; n <= most; ++n) {
      hash = piece_index::hash_step(hash, s[n - 1]);
      const std::int32_t token = index_.find(words_, s.substr(0, n), hash);
      if (token >= 0 && kind_of(token) == piece_kind::user_defined) found = n;
    }
    return found;
  }
  [[nodiscard]] piece_kind kind_of(std::int32_t token) const {
    return words_.pieces[static_cast<std::size_t>(token)].kind;
  }

  void merge_all() {
    for (std::size_t i = 1; i < symbols_.size(); ++i)
      propose(static_cast<std::int32_t>(i) - 1, static_cast<std::int32_t>(i));
    while (!queue_.empty()) {
      const merge best = queue_.top();
      queue_.pop();
      if (is_current(best)) apply(best);
    }
  }

  void propose(std::int32_t left, std::int32_t right) {
    if (left < 0 || right < 0 || at(left).whole || at(right).whole) return;
    const std::uint32_t length = at(left).length + at(right).length;
    if (length > index_.longest) return;
    const std::int32_t token = index_.find(words_, text_.substr(at(left).begin, length));
    if (token < 0) return;
    queue_.push({words_.pieces[static_cast<std::size_t>(token)].score, left, right, length});
  }

  [[nodiscard]] bool is_current(const merge& m) {
    return at(m.left).length != 0 && at(m.right).length != 0 &&
           at(m.left).length + at(m.right).length == m.length;
  }

  void apply(const merge& m) {
    symbol& left = at(m.left);
    symbol& right = at(m.right);
    left.length = m.length;
    left.next = right.next;
    right.length = 0;
    if (left.next >= 0) at(left.next).previous = m.left;
    propose(left.previous, m.left);
    propose(m.left, left.next);
  }

  void append(std::vector<std::int32_t>& out, const symbol& s) const {
    const std::int32_t token = index_.find(words_, text_of(s));
    if (token >= 0) {
      out.push_back(token);
    } else if (index_.has_bytes) {
      for (const char c : text_of(s))
        out.push_back(index_.byte_tokens[static_cast<unsigned char>(c)]);
    } else if (out.empty() || out.back() != words_.unknown) {
      out.push_back(words_.unknown);  // a run of unknown characters is one token
    }
  }

  const vocabulary& words_;
  const piece_index& index_;
  std::string_view text_;
  std::vector<symbol> symbols_;
  std::priority_queue<merge, std::vector<merge>, comes_later> queue_;
};

}  // namespace trilith::text::detail

#endif

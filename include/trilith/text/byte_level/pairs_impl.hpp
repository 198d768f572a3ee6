#ifndef TRILITH_TEXT_BYTE_LEVEL_PAIRS_IMPL_HPP
#define TRILITH_TEXT_BYTE_LEVEL_PAIRS_IMPL_HPP

#include <trilith/text/piece_index.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>
#include <vector>

namespace trilith::text::detail {

/// The merges of a vocabulary: a hash table of pairs of tokens with linear probing.
class merge_table {
 public:
  using slot = piece_index::merge_slot;

  explicit merge_table(const std::vector<slot>& slots)
      : slots_(slots.data()), mask_(slots.size() - 1) {}

  /// The slot of a pair, or the empty one where it belongs; slots.size() is a power of two.
  [[nodiscard]] static std::size_t slot_of(const slot* slots, std::size_t mask, std::int32_t left,
                                           std::int32_t right) {
    const std::uint64_t key =
        std::uint64_t{static_cast<std::uint32_t>(left)} << 32 | static_cast<std::uint32_t>(right);
    const std::uint64_t hash = key * 0x9E3779B97F4A7C15u;
    std::size_t at = static_cast<std::size_t>(hash ^ hash >> 32) & mask;
    while (slots[at].left >= 0 && (slots[at].left != left || slots[at].right != right))
      at = (at + 1) & mask;
    return at;
  }

  /// The merge of two tokens; left is -1 where there is none.
  [[nodiscard]] const slot& find(std::int32_t left, std::int32_t right) const {
    return slots_[slot_of(slots_, mask_, left, right)];
  }

 private:
  const slot* slots_;
  std::size_t mask_;
};

/// Merges the bytes of one part of a text: of all neighbouring tokens the pair of the lowest rank,
/// leftmost first among equals, until no two neighbours merge.
class byte_pair_merger {
 public:
  explicit byte_pair_merger(const piece_index& index) : index_(index), table_(index.merges) {}

  /// The tokens of `part`, below 2^31 bytes and not empty, appended to `out`.
  void append(std::string_view part, std::vector<std::int32_t>& out) {
    if (part.size() <= few)
      append_short(part, out);
    else
      append_long(part, out);
  }

 private:
  static constexpr std::size_t few = 48;  // bytes up to which scanning beats a heap
  static constexpr std::int32_t no_rank = std::numeric_limits<std::int32_t>::max();

  [[nodiscard]] std::int32_t byte_token(char c) const {
    return index_.byte_tokens[static_cast<unsigned char>(c)];
  }

  struct pair {
    std::int32_t rank = no_rank, token = -1;
  };
  [[nodiscard]] pair pair_of(std::int32_t left, std::int32_t right) const {
    const merge_table::slot& s = table_.find(left, right);
    return s.left < 0 ? pair{} : pair{s.rank, s.token};
  }

  /// All pairs are looked through for each merge: O(n^2), in two small arrays.
  void append_short(std::string_view part, std::vector<std::int32_t>& out) const {
    std::array<std::int32_t, few> tokens;
    std::array<pair, few> pairs;  // pairs[i]: of tokens i and i + 1
    std::size_t n = part.size();
    for (std::size_t i = 0; i < n; ++i) tokens[i] = byte_token(part[i]);
    for (std::size_t i = 0; i + 1 < n; ++i) pairs[i] = pair_of(tokens[i], tokens[i + 1]);
    while (n > 1) {
      std::size_t best = 0;
      for (std::size_t i = 1; i + 1 < n; ++i)
        if (pairs[i].rank < pairs[best].rank) best = i;
      if (pairs[best].rank == no_rank) break;
      tokens[best] = pairs[best].token;
      std::copy(&tokens[best + 2], &tokens[0] + n, &tokens[best + 1]);
      std::copy(&pairs[best + 1], &pairs[0] + n - 1, &pairs[best]);
      --n;
      if (best + 1 < n) pairs[best] = pair_of(tokens[best], tokens[best + 1]);
      if (best > 0) pairs[best - 1] = pair_of(tokens[best - 1], tokens[best]);
    }
    out.insert(out.end(), tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(n));
  }

  /// A linked list of tokens in one array; every pair waits in a heap. A pair whose rank is not
  /// the one noted at its left token is out of date. Of n bytes at most n - 1 merges happen, each
  /// proposing two more: O(n log n).
  struct node {
    std::int32_t token, next, previous;
    pair with_next;
  };
  struct waiting {
    std::int32_t rank, left;
  };
  struct comes_later {
    bool operator()(const waiting& a, const waiting& b) const {
      return a.rank > b.rank || (a.rank == b.rank && a.left > b.left);
    }
  };

  void append_long(std::string_view part, std::vector<std::int32_t>& out) {
    fill(part);
    while (!heap_.empty()) {
      std::pop_heap(heap_.begin(), heap_.end(), comes_later{});
      const waiting best = heap_.back();
      heap_.pop_back();
      if (at(best.left).with_next.rank == best.rank) merge(best.left);
    }
    for (std::int32_t i = 0; i >= 0; i = at(i).next) out.push_back(at(i).token);
  }

  [[nodiscard]] node& at(std::int32_t i) { return nodes_[static_cast<std::size_t>(i)]; }

  void fill(std::string_view part) {
    nodes_.clear();
    heap_.clear();
    const auto n = static_cast<std::int32_t>(part.size());
    for (std::int32_t i = 0; i < n; ++i)
      nodes_.push_back({byte_token(part[static_cast<std::size_t>(i)]), i + 1, i - 1, {}});
    nodes_.back().next = -1;
    for (std::int32_t i = 0; i + 1 < n; ++i) {
      at(i).with_next = pair_of(at(i).token, at(i + 1).token);
      if (at(i).with_next.rank != no_rank) heap_.push_back({at(i).with_next.rank, i});
    }
    std::make_heap(heap_.begin(), heap_.end(), comes_later{});
  }

  void merge(std::int32_t left) {
    node& first = at(left);
    node& second = at(first.next);
    first.token = first.with_next.token;
    second.with_next = {};
    first.next = second.next;
    if (first.next >= 0) at(first.next).previous = left;
    propose(left);
    if (first.previous >= 0) propose(first.previous);
  }

  void propose(std::int32_t left) {
    node& first = at(left);
    first.with_next = first.next < 0 ? pair{} : pair_of(first.token, at(first.next).token);
    if (first.with_next.rank == no_rank) return;
    heap_.push_back({first.with_next.rank, left});
    std::push_heap(heap_.begin(), heap_.end(), comes_later{});
  }

  const piece_index& index_;
  merge_table table_;
  std::vector<node> nodes_;
  std::vector<waiting> heap_;
};

}  // namespace trilith::text::detail

#endif

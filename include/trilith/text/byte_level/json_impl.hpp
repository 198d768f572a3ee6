#ifndef TRILITH_TEXT_BYTE_LEVEL_JSON_IMPL_HPP
#define TRILITH_TEXT_BYTE_LEVEL_JSON_IMPL_HPP

#include <trilith/core/text.hpp>
#include <trilith/text/byte_level/json_events_impl.hpp>
#include <trilith/text/byte_level/json_rules_impl.hpp>
#include <trilith/text/byte_level/merge_list_impl.hpp>
#include <trilith/text/byte_level/merge_scores_impl.hpp>
#include <trilith/text/byte_level/roles_impl.hpp>
#include <trilith/text/byte_level/spelling_impl.hpp>
#include <trilith/text/byte_level/text_table_impl.hpp>
#include <trilith/text/check_text_impl.hpp>
#include <trilith/text/little_endian_impl.hpp>

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trilith::text::detail {

/// An object, which no other format begins like.
[[nodiscard]] inline bool is_json(std::span<const unsigned char> bytes) {
  const std::string_view text = as_text(bytes);
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != text.npos && text[first] == '{';
}

/// Reads Hugging Face's tokenizer.json.
class tokenizer_json_reader {
 public:
  explicit tokenizer_json_reader(std::string_view name) : name_(name) {}

  [[nodiscard]] result<vocabulary> run(std::span<const unsigned char> bytes) {
    if (status good = parse(as_text(bytes)); !good) return std::move(good).error();
    const tokenizer_json_rules rules(file_, name_);
    if (status good = rules.read(words_); !good) return std::move(good).error();
    text_table spelled(file_.vocab.size());
    if (status good = place_vocab(spelled); !good) return std::move(good).error();
    if (status good = place_added(); !good) return std::move(good).error();
    if (status good = check_complete(); !good) return std::move(good).error();
    if (status good = read_merges(spelled); !good) return std::move(good).error();
    read_roles(rules);
    if (status good = finish(); !good) return std::move(good).error();
    return std::move(words_);
  }

 private:
  [[nodiscard]] bool is_byte_level() const { return words_.pre != pre_tokenizer::none; }

  [[nodiscard]] status parse(std::string_view text) {
    if (status good = io::json::available(name_); !good)
      return error{errc::unsupported,
                   join(name_,
                        ": this program was compiled without nlohmann-json, which "
                        "tokenizer.json needs; install it (Debian: nlohmann-json3-dev) and "
                        "compile again.")};
    if (const std::size_t valid = valid_bytes(text); valid != text.size())
      return malformed(join(name_, " is not valid UTF-8 at its byte ", valid, "."));
    tokenizer_json_events events(file_);
    if (!io::json::read(text, events))
      return malformed(join(name_, " cannot be read: ", events.why()));
    return done{};
  }

  /// Ids number the pieces, so none may be as large as the file has entries.
  [[nodiscard]] status place(std::int32_t id, std::string_view text) const {
    const std::size_t most = file_.vocab.size() + file_.added_tokens.size();
    if (id >= 0 && static_cast<std::size_t>(id) < most) return done{};
    return malformed(join(name_, ": token ", in_quotes(text), " has the id ", id,
                          ", but there are ", most, " tokens."));
  }

  [[nodiscard]] status place_vocab(text_table& spelled) {
    for (const json_tokenizer::entry& e : file_.vocab) {
      if (status good = place(e.id, e.text); !good) return good;
      const auto at = static_cast<std::size_t>(e.id);
      if (at >= words_.pieces.size()) words_.pieces.resize(at + 1);
      if (!words_.pieces[at].text.empty())
        return malformed(join(name_, ": the id ", e.id, " is given to two tokens, one of them ",
                              in_quotes(e.text), "."));
      words_.pieces[at].text = e.text;
      spelled.add(e.text, e.id);
    }
    return done{};
  }

  /// Added tokens may be in the vocabulary already; then they say of what kind it is.
  [[nodiscard]] status place_added() {
    is_added_.resize(words_.pieces.size());
    for (const json_tokenizer::added& e : file_.added_tokens) {
      if (status good = place(e.id, e.text); !good) return good;
      if (e.single_word)
        return error{errc::unsupported, join(name_, ": token ", in_quotes(e.text),
                                             " matches single words only, which is not read.")};
      const auto at = static_cast<std::size_t>(e.id);
      if (at >= words_.pieces.size()) words_.pieces.resize(at + 1);
      is_added_.resize(words_.pieces.size());
      piece& p = words_.pieces[at];
      if (!p.text.empty() && p.text != e.text)
        return malformed(join(name_, ": the id ", e.id, " is given to ", in_quotes(p.text), " and ",
                              in_quotes(e.text), "."));
      p = {e.text, 0, e.special ? piece_kind::control : piece_kind::user_defined, e.lstrip,
           e.rstrip};
      is_added_[at] = true;
    }
    return done{};
  }

  [[nodiscard]] status check_complete() const {
    for (std::size_t i = 0; i < words_.pieces.size(); ++i)
      if (words_.pieces[i].text.empty())
        return malformed(join(name_, ": no token, or an empty one, has the id ", i, "."));
    return done{};
  }

  [[nodiscard]] status read_merges(const text_table& spelled) {
    std::size_t from = 0;
    const auto next = [&](std::size_t i) {
      const std::string_view text =
          std::string_view(file_.merges).substr(from, file_.merge_ends[i] - from);
      from = file_.merge_ends[i];
      return text;
    };
    words_.merges.reserve(file_.merge_ends.size());
    for (std::size_t i = 0; i + (file_.pairs ? 1 : 0) < file_.merge_ends.size(); ++i) {
      const std::string_view first = next(i);
      status good = file_.pairs ? add_merge(words_, spelled, first, next(++i), name_)
                                : add_merge(words_, spelled, first, name_);
      if (!good) return good;
    }
    if (words_.merges.empty() && is_byte_level())
      return malformed(join(name_, " lists no merges."));
    return done{};
  }

  void read_roles(const tokenizer_json_rules& rules) {
    const std::string_view bos = rules.bos(), unknown = rules.unknown();
    std::size_t best_end = end_names.size();
    for (std::size_t i = 0; i < words_.pieces.size(); ++i) {
      const std::string_view text = words_.pieces[i].text;
      const auto token = static_cast<std::int32_t>(i);
      if (text == bos) words_.bos = token;
      if (text == unknown && !is_byte_level()) words_.unknown = token;
      if (!text.starts_with('<')) continue;
      const auto* const name = std::find(end_names.begin(), end_names.end(), text);
      const auto rank = static_cast<std::size_t>(name - end_names.begin());
      if (rank >= best_end) continue;
      best_end = rank;
      words_.eos = token;
    }
    if (words_.unknown >= 0)
      words_.pieces[static_cast<std::size_t>(words_.unknown)].kind = piece_kind::unknown;
  }

  /// From the file's spelling to what vocabulary has.
  [[nodiscard]] status finish() {
    if (is_byte_level()) {
      std::string bytes;
      for (std::size_t i = 0; i < words_.pieces.size(); ++i) {
        if (is_added_[i]) continue;
        if (!unspell_bytes(words_.pieces[i].text, bytes))
          return wrong_piece(words_, i, name_, "is not in GPT-2's spelling of bytes.");
        words_.pieces[i].text = bytes;
      }
    } else {
      for (piece& p : words_.pieces)
        if (p.kind == piece_kind::normal && spelled_byte(p.text) >= 0) p.kind = piece_kind::byte;
      if (status good = merges_to_scores(words_, name_); !good) return good;
    }
    complete_roles(words_);
    return done{};
  }

  std::string_view name_;
  json_tokenizer file_;
  vocabulary words_;
  std::vector<bool> is_added_;
};

}  // namespace trilith::text::detail

#endif

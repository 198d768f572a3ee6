#ifndef TRILITH_TEXT_CHECK_VOCABULARY_IMPL_HPP
#define TRILITH_TEXT_CHECK_VOCABULARY_IMPL_HPP

#include <trilith/core/numeric.hpp>
#include <trilith/core/text.hpp>
#include <trilith/text/spelling_impl.hpp>
#include <trilith/text/vocabulary.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace trilith::text::detail {

inline constexpr std::size_t longest_piece = 65535;  // what tells a .bin from a .model (is_llama2c)

[[nodiscard]] inline bool is_text(piece_kind kind) {
  return kind == piece_kind::normal || kind == piece_kind::user_defined;
}

[[nodiscard]] inline error wrong_piece(const vocabulary& words, std::size_t id,
                                       std::string_view name, std::string_view what) {
  return malformed(join(name, ": piece ", id, ", ", in_quotes(words.pieces[id].text), ", ", what));
}

[[nodiscard]] inline status check_size(const vocabulary& words, std::string_view name) {
  if (words.pieces.size() > std::size_t{std::numeric_limits<std::int32_t>::max() / 2})
    return malformed(join(name, ": ", words.pieces.size(), " pieces are too many."));
  return done{};
}

/// What every piece of every vocabulary keeps to.
[[nodiscard]] inline status check_piece(const vocabulary& words, std::size_t id,
                                        std::string_view name) {
  const piece& p = words.pieces[id];
  if (p.text.empty()) return wrong_piece(words, id, name, "is empty.");
  if (p.text.size() > longest_piece)
    return wrong_piece(
        words, id, name,
        join("has ", p.text.size(), " bytes; at most ", longest_piece, " are read."));
  if (!is_finite(p.score)) return wrong_piece(words, id, name, "has a score that is not finite.");
  return done{};
}

[[nodiscard]] inline status check_token(const vocabulary& words, std::string_view name,
                                        std::string_view role, std::int32_t id) {
  if (id >= 0 && static_cast<std::size_t>(id) < words.pieces.size()) return done{};
  return malformed(join(name, ": the ", role, " token is ", id, ", but there are ",
                        words.pieces.size(), " pieces."));
}

[[nodiscard]] inline status check_role(const vocabulary& words, std::string_view name,
                                       std::string_view role, std::int32_t id, piece_kind kind) {
  if (id == -1) return done{};
  if (status good = check_token(words, name, role, id); !good) return good;
  const auto at = static_cast<std::size_t>(id);
  if (words.pieces[at].kind == kind) return done{};
  return wrong_piece(words, at, name, join("is the ", role, " token, but not marked so."));
}

/// The tokens with a meaning: there, and of the kind that goes with it.
[[nodiscard]] inline status check_roles(const vocabulary& words, std::string_view name) {
  for (std::size_t i = 0; i < words.pieces.size(); ++i)
    if (words.pieces[i].kind == piece_kind::unknown &&
        static_cast<std::int32_t>(i) != words.unknown)
      return wrong_piece(words, i, name,
                         join("is of the unknown kind, which is piece ", words.unknown, "'s."));
  for (const std::int32_t id : words.stop)
    if (status good = check_token(words, name, "stop", id); !good) return good;
  if (status good = check_role(words, name, "unknown", words.unknown, piece_kind::unknown); !good)
    return good;
  if (status good = check_role(words, name, "begin-of-text", words.bos, piece_kind::control); !good)
    return good;
  return check_role(words, name, "end-of-text", words.eos, piece_kind::control);
}

}  // namespace trilith::text::detail

#endif

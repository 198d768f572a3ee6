#ifndef TRILITH_TEST_TEXT_FIXTURE_HPP
#define TRILITH_TEST_TEXT_FIXTURE_HPP

#include <trilith/text/load_tokenizer.hpp>

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "data.hpp"
#include "files.hpp"

namespace test {

/// What SentencePiece made of a text ('e') or of tokens ('d'); fixtures/make_tok512_encodings.py.
struct sentencepiece_case {
  char kind;
  std::string_view given, collapsed, kept;

  /// With spaces kept; "=" means that nothing differs.
  [[nodiscard]] std::string_view with_spaces() const { return kept == "=" ? collapsed : kept; }
};

inline constexpr sentencepiece_case sentencepiece_cases[] = {
#include "fixtures/tok512_encodings.txt"
};

using tokens = std::vector<std::int32_t>;

inline std::string from_hex(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i < hex.size(); i += 2)
    out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return out;
}

inline tokens from_list(std::string_view list) {
  tokens out;
  while (!list.empty()) {
    const std::size_t end = list.find(' ');
    out.push_back(std::stoi(std::string(list.substr(0, end))));
    list.remove_prefix(end == list.npos ? list.size() : end + 1);
  }
  return out;
}

inline std::string model_path() {
  return data_file("tokenizers/tok512.model");
}
inline std::string bin_path() {
  return data_file("models/tok512.bin");
}

/// A vocabulary of unknown, BOS, EOS, all bytes, and `texts` with scores 0, -1, -2, ...
inline trilith::text::vocabulary toy_vocabulary(const std::vector<std::string>& texts,
                                                bool bytes = true) {
  using trilith::text::piece_kind;
  trilith::text::vocabulary out;
  out.pieces = {{"<unk>", 0, piece_kind::unknown},
                {"<s>", 0, piece_kind::control},
                {"</s>", 0, piece_kind::control}};
  out.unknown = 0;
  out.bos = 1;
  out.eos = 2;
  for (unsigned byte = 0; bytes && byte < 256; ++byte) {
    char spelled[8];
    std::snprintf(spelled, sizeof spelled, "<0x%02X>", byte & 0xFFu);
    out.pieces.push_back({spelled, 0, piece_kind::byte});
  }
  float score = 0;
  for (const std::string& text : texts) out.pieces.push_back({text, score--});
  return out;
}

}  // namespace test

#endif

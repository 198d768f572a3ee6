#ifndef TRILITH_TEST_FUZZ_VOCABULARIES_HPP
#define TRILITH_TEST_FUZZ_VOCABULARIES_HPP

#include <trilith/io/writing/spelling_impl.hpp>
#include <trilith/text/vocabulary.hpp>

#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Small vocabularies of both kinds, and files that hold them as other programs would write them.
namespace fuzz {

using trilith::io::writing::spell_bytes;
using trilith::text::piece;
using trilith::text::piece_kind;
using trilith::text::vocabulary;

inline constexpr std::string_view small_words[] = {
    " t",   "he",  " the", "th",   "in",  " in",  " a",        "nd",
    " and", "on",  " on",  "e ",   "  ",  "er",   "\xC3\xA4",  "12",
    "23",   "123", "\r\n", "\n\n", "'s",  "ll",   "up",        " up",
    "ca",   "cat", "at",   "aa",   "aaa", "aaaa", " \xC3\xA4", "\xF0\x9F\x9A\x80"};

/// Unknown, BOS, EOS, all bytes, words, a control piece and two that are matched whole.
[[nodiscard]] inline vocabulary sentencepiece_vocabulary(bool collapse) {
  vocabulary out;
  out.pieces = {{"<unk>", 0, piece_kind::unknown},
                {"<s>", 0, piece_kind::control},
                {"</s>", 0, piece_kind::control}};
  out.unknown = 0;
  out.bos = 1;
  out.eos = 2;
  out.collapse_spaces = collapse;
  for (unsigned byte = 0; byte < 256; ++byte) {
    char spelled[8];
    std::snprintf(spelled, sizeof spelled, "<0x%02X>", byte & 0xFFu);
    out.pieces.push_back({spelled, 0, piece_kind::byte});
  }
  for (const char c : std::string_view(" abcdehilnoprstu123\r\n'"))
    out.pieces.push_back({{c}, -50});
  float score = 0;
  for (const std::string_view word : small_words)
    out.pieces.push_back({std::string(word), --score});
  out.pieces.push_back({"<|eot|>", 0, piece_kind::control});
  out.pieces.push_back({"<tag>", 0, piece_kind::user_defined});
  out.pieces.push_back({"ca ", 0, piece_kind::user_defined});
  return out;
}

/// Three control pieces, all bytes, and merges that make the words, a character at a time.
[[nodiscard]] inline vocabulary byte_level_vocabulary(trilith::text::pre_tokenizer pre) {
  vocabulary out;
  out.pieces = {{"<|eot|>", 0, piece_kind::control},
                {"<s>", 0, piece_kind::control},
                {"</s>", 0, piece_kind::control}};
  out.bos = 1;
  out.eos = 2;
  out.stop = {0};
  out.dummy_prefix = false;
  out.pre = pre;
  for (unsigned byte = 0; byte < 256; ++byte)
    out.pieces.push_back({std::string(1, static_cast<char>(byte)), 0});
  const auto find = [&](std::string_view text) {
    for (std::size_t i = 3; i < out.pieces.size(); ++i)
      if (out.pieces[i].text == text) return static_cast<std::int32_t>(i);
    out.pieces.push_back({std::string(text), 0});
    return static_cast<std::int32_t>(out.pieces.size() - 1);
  };
  for (const std::string_view word : small_words)
    for (std::size_t n = 2; n <= word.size(); ++n) {
      const std::size_t before = out.pieces.size();
      (void)find(word.substr(0, n));
      if (out.pieces.size() == before) continue;  // made already
      out.merges.push_back({find(word.substr(0, n - 1)), find(word.substr(n - 1, 1))});
    }
  out.pieces.push_back({"<tag>", 0, piece_kind::user_defined, true, true});
  return out;
}

/// A protobuf field of bytes.
[[nodiscard]] inline std::string message(char number, const std::string& payload) {
  std::string out(1, static_cast<char>(number << 3 | 2));
  out += static_cast<char>((payload.size() & 0x7F) | 0x80);
  out += static_cast<char>(payload.size() >> 7);
  return out + payload;
}

/// SentencePiece's ModelProto, of words alone.
[[nodiscard]] inline std::string sentencepiece_model() {
  std::string out;
  const auto add = [&](std::string_view text, char type) {
    std::string spelled;
    for (const char c : text) spelled += c == ' ' ? std::string("\xE2\x96\x81") : std::string(1, c);
    out += message(1, message(1, spelled) + std::string("\x15\x00\x00\x80\xBF\x18", 6) + type);
  };
  add("<unk>", 2);
  add("<s>", 3);
  add("</s>", 3);
  for (const std::string_view word : small_words) add(word, 1);
  add("<tag>", 4);
  add("x", 5);
  return out + message(2, "\x18\x02") + message(3, message(1, "identity") + "\x18\x01\x20\x00");
}

[[nodiscard]] inline std::string in_json(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) >= 0x20)
      out += c;
    else
      out += c == '\n' ? "\\n" : "\\r";
  }
  return out + "\"";
}

/// tokenizer.json of a byte-level vocabulary, with the merges in pairs.
[[nodiscard]] inline std::string byte_level_json() {
  const vocabulary words = byte_level_vocabulary(trilith::text::pre_tokenizer::gpt2);
  std::string vocab, merges, added;
  for (std::size_t i = 0; i < words.pieces.size(); ++i) {
    const piece& p = words.pieces[i];
    const std::string id = std::to_string(i);
    if (p.kind == piece_kind::normal)
      vocab += (vocab.empty() ? "" : ",") + in_json(spell_bytes(p.text)) + ":" + id;
    else
      added += (added.empty() ? "" : ",") + ("{\"id\":" + id) + ",\"content\":" + in_json(p.text) +
               ",\"single_word\":false,\"lstrip\":false,\"rstrip\":" +
               (p.strip_right ? "true" : "false") + ",\"normalized\":false,\"special\":" +
               (p.kind == piece_kind::control ? "true}" : "false}");
  }
  const auto text = [&](std::int32_t id) {
    return in_json(spell_bytes(words.pieces[static_cast<std::size_t>(id)].text));
  };
  for (const auto& [left, right] : words.merges)
    merges += (merges.empty() ? "[" : ",[") + text(left) + "," + text(right) + "]";
  return "{\"added_tokens\":[" + added +
         "],\"normalizer\":{\"type\":\"NFC\"},\"pre_tokenizer\":{\"type\":\"Sequence\","
         "\"pretokenizers\":[{\"type\":\"Digits\",\"individual_digits\":true},"
         "{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"use_regex\":true}]},"
         "\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":"
         "{\"id\":\"<s>\"}}]},\"decoder\":{\"type\":\"ByteLevel\"},\"model\":{\"type\":\"BPE\","
         "\"vocab\":{" +
         vocab + "},\"merges\":[" + merges + "]}}";
}

/// tokenizer.json of SentencePiece's kind: characters, one merge and its rules.
[[nodiscard]] inline std::string sentencepiece_json() {
  return R"({"added_tokens":[{"id":0,"content":"<unk>","special":true},)"
         R"({"id":1,"content":"<s>","special":true},{"id":2,"content":"</s>","special":true}],)"
         R"("normalizer":{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},)"
         R"({"type":"Replace","pattern":{"String":" "},"content":"▁"}]},"pre_tokenizer":null,)"
         R"("model":{"type":"BPE","unk_token":"<unk>","byte_fallback":true,"ignore_merges":false,)"
         R"("vocab":{"<unk>":0,"<s>":1,"</s>":2,"▁":3,"a":4,"b":5,"▁a":6,"▁ab":7},)"
         R"("merges":["▁ a","▁a b"]}})";
}

/// tiktoken's lines of base64 and rank, for the 256 bytes.
[[nodiscard]] inline std::string tiktoken_ranks() {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (unsigned byte = 0; byte < 256; ++byte) {
    out += digits[byte >> 2];
    out += digits[(byte & 3) << 4];
    out += "== " + std::to_string(byte) + "\n";
  }
  return out + "dGg= 256\n";
}

}  // namespace fuzz

#endif

#include <trilith/text/byte_level.hpp>

#include <cstring>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "text_byte_fixture.hpp"

namespace text = trilith::text;
using test::tokens;
using text::piece_kind;
using trilith::errc;

namespace {

constexpr text::encode_options plain{.bos = false};

/// Just enough of a GGUF reader for the metadata of one trusted file.
class metadata_reader {
 public:
  explicit metadata_reader(const std::vector<unsigned char>& bytes) : bytes_(bytes) {}

  text::gguf_vocabulary read() {
    at_ = 8;
    take<std::uint64_t>();  // tensors
    for (auto count = take<std::uint64_t>(); count != 0; --count) {
      const std::string_view key = take_text();
      read_value(key, take<std::uint32_t>());
    }
    return out_;
  }

 private:
  template <class T>
  T take() {
    T value;
    std::memcpy(&value, bytes_.data() + at_, sizeof value);
    at_ += sizeof value;
    return value;
  }
  std::string_view take_text() {
    const auto n = static_cast<std::size_t>(take<std::uint64_t>());
    at_ += n;
    return {reinterpret_cast<const char*>(bytes_.data()) + at_ - n, n};
  }

  void read_value(std::string_view key, std::uint32_t type) {
    static const std::map<std::uint32_t, std::size_t> sizes{
        {0, 1}, {1, 1}, {2, 2}, {3, 2}, {4, 4}, {5, 4}, {6, 4}, {7, 1}, {10, 8}, {11, 8}, {12, 8}};
    if (type == 9) {
      const auto item = take<std::uint32_t>();
      return read_list(key, item, take<std::uint64_t>());
    }
    if (type == 8) {
      const std::string_view value = take_text();
      if (key == "tokenizer.ggml.model") out_.model = value;
      if (key == "tokenizer.ggml.pre") out_.pre = value;
    } else if (type == 4) {
      const auto value = static_cast<std::int32_t>(take<std::uint32_t>());
      if (key == "tokenizer.ggml.bos_token_id") out_.bos = value;
      if (key == "tokenizer.ggml.eos_token_id") out_.eos = value;
      if (key == "tokenizer.ggml.unknown_token_id") out_.unknown = value;
    } else {
      at_ += sizes.at(type);
    }
  }
  void read_list(std::string_view key, std::uint32_t type, std::uint64_t count) {
    for (; count != 0; --count) {
      if (type == 8 && key == "tokenizer.ggml.tokens")
        out_.tokens.push_back(take_text());
      else if (type == 6 && key == "tokenizer.ggml.scores")
        out_.scores.push_back(take<float>());
      else if (type == 5 && key == "tokenizer.ggml.token_type")
        out_.types.push_back(take<std::int32_t>());
      else
        read_value("", type);
    }
  }

  const std::vector<unsigned char>& bytes_;
  std::size_t at_ = 0;
  text::gguf_vocabulary out_;
};

std::vector<std::string> cut(const std::string& s, std::string_view mark) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= s.size();) {
    const std::size_t end = std::min(s.find(mark, at), s.size());
    out.push_back(s.substr(at, end - at));
    at = end + mark.size();
  }
  return out;
}

/// GPT-2's spelling of each byte, then a few pieces, as a GGUF file has them.
struct spelled_bytes {
  std::vector<std::string> texts;
  text::gguf_vocabulary file;

  explicit spelled_bytes(const std::vector<std::string>& more) {
    unsigned next = 0x100;
    for (unsigned byte = 0; byte < 256; ++byte) {
      const bool itself = (byte > 0x20 && byte < 0x7F) || (byte > 0xA0 && byte != 0xAD);
      const unsigned c = itself ? byte : next++;
      texts.push_back(c < 0x80 ? std::string(1, static_cast<char>(c))
                               : std::string{static_cast<char>(0xC0 | c >> 6),
                                             static_cast<char>(0x80 | (c & 0x3F))});
    }
    texts.insert(texts.end(), more.begin(), more.end());
    file.model = "gpt2";
    file.pre = "llama-bpe";
    for (const std::string& t : texts) file.tokens.push_back(t);
    file.types.assign(texts.size(), 1);
  }
};

/// Tokens 256 "ab", 257 " ab", 258 <|begin_of_text|>, 259 <|eot_id|>, 260 <|im_end|>, 261 [pad].
spelled_bytes small() {
  spelled_bytes out({"ab",
                     "\xC4\xA0"
                     "ab",
                     "<|begin_of_text|>", "<|eot_id|>", "<|im_end|>", "[pad]"});
  out.file.merges = {"a b", "\xC4\xA0 ab"};
  out.file.types[258] = out.file.types[259] = 3;
  out.file.types[260] = 4;
  out.file.types[261] = 5;
  out.file.bos = 258;
  out.file.eos = 259;
  return out;
}

}  // namespace

TEST_CASE("llama.cpp's SentencePiece vectors are met from its GGUF vocabulary", "[text]") {
  const std::string path = test::data_file("tokenizers/ggml-vocab-llama-spm.gguf");
  if (path.empty()) return;
  const std::vector<unsigned char> bytes = test::bytes_of_file(path);
  const text::gguf_vocabulary file = metadata_reader(bytes).read();
  const auto made = text::make_tokenizer(file, "spm");
  REQUIRE(made);
  CHECK(made->size() == 32000);
  CHECK(made->bos() == 1);
  CHECK(made->eos() == 2);
  CHECK(made->vocab().unknown == 0);
  const std::vector<std::string> given =
      cut(test::contents_of(path + ".inp"), "\n__ggml_vocab_test__\n");
  const std::vector<std::string> expected = cut(test::contents_of(path + ".out"), "\n");
  std::size_t cases = 0;
  for (std::size_t i = 0; i + 1 < given.size() && i < expected.size(); ++i, ++cases) {
    std::string list = expected[i];
    while (list.starts_with(' ')) list.erase(0, 1);
    INFO(given[i]);
    CHECK(*made->encode(given[i], plain) == test::from_list(list));
    CHECK(*made->decode(*made->encode(given[i])) == given[i]);
  }
  CHECK(cases == 46);
}

TEST_CASE("a byte-level GGUF vocabulary is spelled back into bytes", "[text]") {
  if (!test::has_byte_level()) return;
  const spelled_bytes words = small();
  const text::tokenizer t = text::make_tokenizer(words.file, "toy").value();
  for (int byte = 0; byte < 256; ++byte)
    CHECK(t.vocab().pieces[static_cast<std::size_t>(byte)].text ==
          std::string(1, static_cast<char>(byte)));
  CHECK(t.vocab().pieces[257].text == " ab");
  CHECK(t.vocab().pre == text::pre_tokenizer::llama3);
  CHECK(t.vocab().ignore_merges);
  CHECK(*t.encode("ab ab\xC3\xA9") == tokens{258, 256, 257, 0xC3, 0xA9});
  CHECK(*t.decode(tokens{258, 257, 261, 'x'}) == " abx");
}

TEST_CASE("pieces with an end-of-turn name are control pieces and stop tokens", "[text]") {
  if (!test::has_byte_level()) return;
  spelled_bytes words = small();
  words.file.types.assign(words.texts.size(), 1);  // a file that forgot them all
  const text::tokenizer t = text::make_tokenizer(words.file, "toy").value();
  CHECK(t.bos() == 258);
  CHECK(t.eos() == 259);
  CHECK(t.vocab().stop == tokens{260});
  for (const std::size_t id : {258u, 259u, 260u})
    CHECK(t.vocab().pieces[id].kind == piece_kind::control);
  CHECK(t.encode("<|im_end|>", plain)->size() == 10);
}

TEST_CASE("add_bos and the name of the pre-tokeniser are heard", "[text]") {
  if (!test::has_byte_level()) return;
  spelled_bytes words = small();
  const auto make = [&] { return text::make_tokenizer(words.file, "toy").value(); };
  words.file.add_bos = 0;
  CHECK(make().bos() == -1);
  words.file.pre = "gpt-2";
  CHECK(make().vocab().pre == text::pre_tokenizer::gpt2);
  words.file.add_bos = -1;
  CHECK(make().bos() == -1);
  words.file.add_bos = 1;
  CHECK(make().bos() == 258);
  for (const std::string_view pre : {"", "default"}) {
    words.file.pre = pre;
    CHECK(make().vocab().pre == text::pre_tokenizer::ggml_default);
  }
  words.file.pre = "qwen2";
  CHECK(make().vocab().nfc);
  words.file.pre = "smollm";
  CHECK(make().vocab().pre == text::pre_tokenizer::digits_gpt2);
  words.file.add_space_prefix = 1;
  CHECK(make().vocab().dummy_prefix);
  words.file.eot = 260;
  CHECK(make().vocab().stop == tokens{260});
}

TEST_CASE("GGUF vocabularies that contradict themselves are refused in words", "[text]") {
  if (!test::has_byte_level()) return;
  const auto check = [](auto change, std::string_view words, errc code = errc::malformed) {
    spelled_bytes wrong = small();
    change(wrong.file);
    const auto made = text::make_tokenizer(wrong.file, "toy");
    INFO(words);
    REQUIRE(!made);
    CHECK(made.error().code == code);
    CHECK_THAT(made.error().message,
               Catch::Contains(std::string(words)) && Catch::StartsWith("toy"));
  };
  check([](auto& f) { f.model = "bert"; }, "of the model \"bert\"", errc::unsupported);
  check([](auto& f) { f.pre = "tekken"; }, "pre-tokenizer is \"tekken\"", errc::unsupported);
  check([](auto& f) { f.pre = "gpt-2 phi-2"; }, "pre-tokenizer is", errc::unsupported);
  check([](auto& f) { f.types.pop_back(); }, "has 261 token types");
  check([](auto& f) { f.scores.assign(3, 0.0f); }, "has 3 scores");
  check([](auto& f) { f.scores.assign(262, std::numeric_limits<float>::quiet_NaN()); },
        "not finite");
  check([](auto& f) { f.types[5] = 0; }, "is of type 0");
  check([](auto& f) { f.types[5] = 7; }, "is of type 7");
  check([](auto& f) { f.types[5] = 6; }, "is a byte piece");
  check([](auto& f) { f.tokens[256] = "a\xFF"; }, "is not valid UTF-8");
  check([](auto& f) { f.tokens[256] = "a b"; }, "GPT-2's spelling of bytes");
  check([](auto& f) { f.tokens[256] = "\xE4\xBD\xA0"; }, "GPT-2's spelling of bytes");
  check([](auto& f) { f.tokens[261] = ""; }, "is empty");
  check([](auto& f) { f.merges[0] = "ab"; }, "a space between them");
  check([](auto& f) { f.merges[0] = "a nope"; }, "\"nope\" is no token");
  check([](auto& f) { f.merges[0] = "a c"; }, "which is no piece");
  check([](auto& f) { f.merges.clear(); }, "lists no merges");
  check([](auto& f) { f.bos = 262; }, "the bos token is 262");
  check([](auto& f) { f.eos = -2; }, "the eos token is -2");
  check([](auto& f) { f.padding = 1000; }, "the padding token is 1000");
  check([](auto& f) { f.tokens.clear(); }, "has 262 token types");
}

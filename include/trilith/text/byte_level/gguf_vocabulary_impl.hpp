#ifndef TRILITH_TEXT_BYTE_LEVEL_GGUF_VOCABULARY_IMPL_HPP
#define TRILITH_TEXT_BYTE_LEVEL_GGUF_VOCABULARY_IMPL_HPP

#include <trilith/core/text.hpp>
#include <trilith/text/byte_level.hpp>
#include <trilith/text/byte_level/merge_list_impl.hpp>
#include <trilith/text/byte_level/roles_impl.hpp>
#include <trilith/text/byte_level/spelling_impl.hpp>
#include <trilith/text/byte_level/text_table_impl.hpp>
#include <trilith/text/utf8.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace trilith::text::detail {

/// The pre-tokenisers of llama.cpp that are one of ours, by their names there, space by space.
struct named_pre_tokenizers {
  std::string_view names;
  pre_tokenizer pre;
  bool ignore_merges = false, add_bos = false;
  bool nfc = false;  // said by the models' own tokenizer.json; llama.cpp leaves it out

  [[nodiscard]] bool has(std::string_view name) const {
    const std::size_t at = (std::string(" ") + std::string(names) + " ").find(join(" ", name, " "));
    return !name.empty() && name.find(' ') == name.npos && at != std::string::npos;
  }
};

inline constexpr std::array pre_tokenizers_by_name{
    named_pre_tokenizers{"default", pre_tokenizer::ggml_default},
    named_pre_tokenizers{"llama-bpe llama3 llama-v3 falcon3 falcon-h1 pixtral midm-2.0 lfm2",
                         pre_tokenizer::llama3, true, true},
    named_pre_tokenizers{"dbrx smaug-bpe glm4 chatglm-bpe", pre_tokenizer::llama3},
    named_pre_tokenizers{"gpt-2 gpt2 phi-2 mpt olmo jais trillion granite-docling gigachat mellum "
                         "modern-bert exaone4 a.x-4.0 jina-es jina-de jina-v2-es jina-v2-de",
                         pre_tokenizer::gpt2},
    named_pre_tokenizers{"qwen2 deepseek-r1-qwen", pre_tokenizer::qwen2, false, false, true},
    named_pre_tokenizers{"stablelm2 megrez kormo hunyuan solar-open grok-2", pre_tokenizer::qwen2},
    named_pre_tokenizers{"starcoder refact command-r smollm codeshell exaone minerva-7b",
                         pre_tokenizer::digits_gpt2},
};

/// Makes a vocabulary of a GGUF file's lists.
class gguf_vocabulary_reader {
 public:
  gguf_vocabulary_reader(const gguf_vocabulary& file, std::string_view name)
      : file_(file), name_(name), spelled_(file.tokens.size()) {}

  [[nodiscard]] result<vocabulary> run() {
    if (file_.model != "llama" && file_.model != "gpt2")
      return error{errc::unsupported,
                   join(name_, ": the tokenizer is of the model ", in_quotes(file_.model),
                        "; expected \"llama\" or \"gpt2\".")};
    if (status good = check_lists(); !good) return std::move(good).error();
    if (status good = file_.model == "llama" ? read_rules() : read_byte_level_rules(); !good)
      return std::move(good).error();
    if (status good = read_pieces(); !good) return std::move(good).error();
    if (status good = read_merges(); !good) return std::move(good).error();
    read_roles();
    complete_roles(words_);
    return std::move(words_);
  }

 private:
  [[nodiscard]] status check_lists() const {
    if (status good = check_length("scores", file_.scores.size()); !good) return good;
    if (status good = check_length("token types", file_.types.size()); !good) return good;
    for (const auto& [role, id] : {std::pair{"bos", file_.bos},
                                   {"eos", file_.eos},
                                   {"unknown", file_.unknown},
                                   {"padding", file_.padding},
                                   {"end-of-turn", file_.eot}})
      if (id < -1 || (id >= 0 && static_cast<std::size_t>(id) >= file_.tokens.size()))
        return malformed(join(name_, ": the ", role, " token is ", id, ", but there are ",
                              file_.tokens.size(), " tokens."));
    return done{};
  }

  [[nodiscard]] status check_length(std::string_view what, std::size_t length) const {
    if (length == 0 || length == file_.tokens.size()) return done{};
    return malformed(join(name_, " has ", length, " ", what, "; expected one for each of the ",
                          file_.tokens.size(), " tokens."));
  }

  [[nodiscard]] status read_rules() {
    words_.dummy_prefix = file_.add_space_prefix != 0;
    has_bos_ = file_.add_bos != 0;
    return done{};
  }

  [[nodiscard]] status read_byte_level_rules() {
    const std::string_view pre = file_.pre.empty() ? "default" : file_.pre;
    for (const named_pre_tokenizers& known : pre_tokenizers_by_name) {
      if (!known.has(pre)) continue;
      words_.pre = known.pre;
      words_.nfc = known.nfc;
      words_.ignore_merges = known.ignore_merges;
      words_.dummy_prefix = file_.add_space_prefix == 1;
      has_bos_ = file_.add_bos == 1 || (file_.add_bos == -1 && known.add_bos);
      return done{};
    }
    return error{errc::unsupported,
                 join(name_, ": the pre-tokenizer is ", in_quotes(file_.pre),
                      "; expected llama-bpe, gpt-2, qwen2, starcoder, default or one of their "
                      "other names (docs/tokenizers.md).")};
  }

  [[nodiscard]] status read_pieces() {
    words_.pieces.resize(file_.tokens.size());
    for (std::size_t i = 0; i < file_.tokens.size(); ++i)
      if (status good = read_piece(i); !good) return good;
    return done{};
  }

  [[nodiscard]] status read_piece(std::size_t i) {
    piece& p = words_.pieces[i];
    const std::string_view text = file_.tokens[i];
    if (status good = read_kind(i, p.kind); !good) return good;
    if (!file_.scores.empty()) p.score = file_.scores[i];
    if (valid_prefix(text) != text.size()) return wrong(i, "is not valid UTF-8.");
    if (words_.pre == pre_tokenizer::none || p.kind != piece_kind::normal)
      p.text = text;
    else if (!unspell_bytes(text, p.text))
      return wrong(i, "is not in GPT-2's spelling of bytes, where a space is U+0120.");
    if (is_text(p.kind)) spelled_.add(text, static_cast<std::int32_t>(i));
    return done{};
  }

  [[nodiscard]] error wrong(std::size_t i, std::string_view what) const {
    return malformed(join(name_, ": token ", i, ", ", in_quotes(file_.tokens[i]), ", ", what));
  }

  [[nodiscard]] status read_kind(std::size_t i, piece_kind& kind) const {
    static constexpr std::array kinds{piece_kind::normal,  piece_kind::unknown,
                                      piece_kind::control, piece_kind::user_defined,
                                      piece_kind::unused,  piece_kind::byte};
    if (file_.types.empty()) return done{};
    const std::int32_t type = file_.types[i];
    if (type < 1 || type > 6) return wrong(i, join("is of type ", type, "; expected 1 to 6."));
    kind = kinds[static_cast<std::size_t>(type) - 1];
    return done{};
  }

  [[nodiscard]] status read_merges() {
    if (words_.pre == pre_tokenizer::none) return done{};  // SentencePiece merges by score
    if (file_.merges.empty())
      return malformed(join(name_, " lists no merges, which a tokenizer of the model gpt2 needs."));
    words_.merges.reserve(file_.merges.size());
    for (const std::string_view m : file_.merges)
      if (status good = add_merge(words_, spelled_, m, name_); !good) return good;
    return done{};
  }

  void read_roles() {
    words_.unknown = words_.pre == pre_tokenizer::none ? file_.unknown : -1;
    for (std::size_t i = 0; words_.unknown < 0 && i < words_.pieces.size(); ++i)
      if (words_.pieces[i].kind == piece_kind::unknown)
        words_.unknown = static_cast<std::int32_t>(i);
    words_.bos = has_bos_ ? file_.bos : -1;
    words_.eos = file_.eos;
    mark(words_, file_.bos, piece_kind::control);
    mark(words_, file_.padding, piece_kind::control);
    mark(words_, file_.eot, piece_kind::control);
    if (file_.eot >= 0 && file_.eot != file_.eos) words_.stop.push_back(file_.eot);
  }

  const gguf_vocabulary& file_;
  std::string_view name_;
  text_table spelled_;
  vocabulary words_;
  bool has_bos_ = false;
};

}  // namespace trilith::text::detail

namespace trilith::TRILITH_IMPLEMENTED {

result<text::tokenizer> build_gguf_tokenizer(const text::gguf_vocabulary& file,
                                             std::string_view name) {
  result<text::vocabulary> words = text::detail::gguf_vocabulary_reader(file, name).run();
  if (!words) return std::move(words).error();
  if (words->pre == text::pre_tokenizer::none)
    return text::make_tokenizer(std::move(words).value(), name);
  return text::make_byte_level_tokenizer(std::move(words).value(), name);
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif

#ifndef TRILITH_TEXT_BYTE_LEVEL_JSON_EVENTS_IMPL_HPP
#define TRILITH_TEXT_BYTE_LEVEL_JSON_EVENTS_IMPL_HPP

#include <trilith/core/text.hpp>
#include <trilith/io/safetensors/json_impl.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trilith::text::detail {

/// A tokenizer.json, sorted: the long lists apart, the rest as one fact for each value.
struct json_tokenizer {
  struct entry {
    std::string text;
    std::int32_t id = -1;
  };
  struct added : entry {
    bool single_word = false, lstrip = false, rstrip = false, special = false;
  };
  /// "pre_tokenizer.pretokenizers.0.type" and "Split"; words and numbers as they are written.
  struct fact {
    std::string path, value;
  };

  std::vector<entry> vocab;
  std::vector<added> added_tokens;
  std::vector<fact> facts;
  std::string merges;                   // the texts of all merges, one behind the other
  std::vector<std::size_t> merge_ends;  // where each ends
  bool pairs = false;                   // merges are written ["a", "b"], so two texts are one merge

  [[nodiscard]] std::string_view find(std::string_view path) const {
    for (const fact& f : facts)
      if (f.path == path) return f.value;
    return {};
  }
};

/// Fills a json_tokenizer. Neither the depth nor the number of what a file holds is believed: it is
/// bounded here, or by the file's own size.
class tokenizer_json_events : public io::json::events {
 public:
  explicit tokenizer_json_events(json_tokenizer& out) : out_(out) {}

  bool begin(char bracket) override {
    if (frames_.size() == deepest)
      return stop(join("it is nested deeper than ", deepest, " levels."));
    if (in_merges() && depth() == 3 && bracket == '[') out_.pairs = true;
    frames_.push_back({bracket == '{', {}, 0});
    if (in_added() && depth() == 3) out_.added_tokens.emplace_back();
    return true;
  }
  bool end() override {
    frames_.pop_back();
    advance();
    return true;
  }
  bool key(std::string& name) override {
    frames_.back().key.swap(name);
    return true;
  }
  bool text(std::string& value) override {
    if (in_merges() && depth() == (out_.pairs ? 4u : 3u)) {
      out_.merges += value;
      out_.merge_ends.push_back(out_.merges.size());
    } else if (in_added() && depth() == 3 && frames_.back().key == "content") {
      out_.added_tokens.back().text = std::move(value);
    } else {
      return note(value);
    }
    advance();
    return true;
  }
  bool number(const io::json::number& value) override {
    const bool fits = value.is_whole && value.whole < (std::uint64_t{1} << 30);
    if (in_vocab() && depth() == 3) {
      if (!fits) return refuse(value.spelled);
      out_.vocab.push_back({std::move(frames_.back().key), static_cast<std::int32_t>(value.whole)});
    } else if (in_added() && depth() == 3 && frames_.back().key == "id") {
      if (!fits) return refuse(value.spelled);
      out_.added_tokens.back().id = static_cast<std::int32_t>(value.whole);
    } else {
      return note(value.spelled);
    }
    advance();
    return true;
  }
  bool word(std::string_view literal) override {
    if (!in_added() || depth() != 3) return note(literal);
    json_tokenizer::added& token = out_.added_tokens.back();
    const std::string& name = frames_.back().key;
    const bool on = literal == "true";
    if (name == "single_word") token.single_word = on;
    if (name == "lstrip") token.lstrip = on;
    if (name == "rstrip") token.rstrip = on;
    if (name == "special") token.special = on;
    return true;
  }

 protected:
  [[nodiscard]] std::string expected() const override {
    return join("expected a tokenizer.json, at ", path().substr(0, 80));
  }

 private:
  static constexpr std::size_t deepest = 32, longest_path = 160, most_facts = 4096,
                               longest_fact = 2000;

  /// An open object or list, and where in it the reader is.
  struct frame {
    bool is_object;
    std::string key;
    std::size_t index;
  };

  [[nodiscard]] std::size_t depth() const { return frames_.size(); }
  [[nodiscard]] bool is_at(std::size_t level, std::string_view name) const {
    return depth() > level && frames_[level].is_object && frames_[level].key == name;
  }
  [[nodiscard]] bool in_vocab() const {
    return is_at(0, "model") && is_at(1, "vocab") && (depth() < 3 || frames_[2].is_object);
  }
  [[nodiscard]] bool in_merges() const { return is_at(0, "model") && is_at(1, "merges"); }
  [[nodiscard]] bool in_added() const {
    return is_at(0, "added_tokens") && (depth() < 2 || !frames_[1].is_object) &&
           (depth() < 3 || frames_[2].is_object);
  }

  void advance() {
    if (!frames_.empty()) ++frames_.back().index;
  }

  [[nodiscard]] std::string path() const {
    std::string out;
    for (const frame& f : frames_) {
      if (out.size() > longest_path) break;
      if (!out.empty()) out += '.';
      out += f.is_object ? f.key.substr(0, longest_path) : std::to_string(f.index);
    }
    return out;
  }

  /// Facts elsewhere than in the parts that say how to tokenise are of no interest.
  bool note(std::string_view value) {
    static constexpr std::array parts{"model", "normalizer", "pre_tokenizer", "post_processor",
                                      "decoder"};
    bool wanted = false;
    for (const char* const part : parts) wanted = wanted || is_at(0, part);
    if (wanted && value.size() <= longest_fact && out_.facts.size() < most_facts) {
      std::string where = path();
      if (where.size() <= longest_path)
        out_.facts.push_back({std::move(where), std::string(value)});
    }
    advance();
    return true;
  }

  json_tokenizer& out_;
  std::vector<frame> frames_;
};

}  // namespace trilith::text::detail

#endif

#ifndef TRILITH_BENCH_MEASURE_COMMAND_LINE_HPP
#define TRILITH_BENCH_MEASURE_COMMAND_LINE_HPP

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace bench {

/// Takes --name VALUE and --name apart; what is left over after done() is a mistake.
class command_line {
 public:
  command_line(int argc, char** argv, const char* usage) : usage_(usage) {
    for (int i = 1; i < argc; ++i) words_.emplace_back(argv[i]);
    if (flag("--help") || flag("-h")) leave(stdout, 0);
  }
  /// Whether the word is there; it is taken.
  [[nodiscard]] bool flag(std::string_view name) {
    for (std::size_t i = 0; i < words_.size(); ++i)
      if (words_[i] == name) return words_.erase(words_.begin() + static_cast<long>(i)), true;
    return false;
  }
  /// The word after the name, or `otherwise`; both are taken.
  [[nodiscard]] std::string value(std::string_view name, std::string otherwise = {}) {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      if (words_[i] != name) continue;
      if (i + 1 == words_.size()) {
        std::fprintf(stderr, "error: %s needs a value.\n", words_[i].c_str());
        leave(stderr, 2);
      }
      otherwise = words_[i + 1];
      words_.erase(words_.begin() + static_cast<long>(i),
                   words_.begin() + static_cast<long>(i) + 2);
      break;
    }
    return otherwise;
  }
  /// A list of numbers of at least `least`, such as 1,2,8; `otherwise` where the name is absent.
  [[nodiscard]] std::vector<std::size_t> numbers(std::string_view name,
                                                 std::vector<std::size_t> otherwise,
                                                 std::size_t least = 1) {
    const std::string list = value(name);
    if (list.empty()) return otherwise;
    std::vector<std::size_t> out;
    for (const char* at = list.c_str(); *at != '\0';) {
      char* end = nullptr;
      out.push_back(std::strtoul(at, &end, 10));
      if (end == at || (*end != ',' && *end != '\0') || out.back() < least) {
        std::fprintf(stderr, "error: %s needs numbers such as 1,2, found '%s'.\n",
                     std::string(name).c_str(), list.c_str());
        leave(stderr, 2);
      }
      at = *end == ',' ? end + 1 : end;
    }
    return out;
  }
  /// One of `choices`; the first where the name is absent.
  [[nodiscard]] std::string choice(std::string_view name, const std::vector<std::string>& choices) {
    const std::string found = value(name, choices.front());
    std::string all;
    for (const std::string& c : choices) {
      if (c == found) return found;
      if (c != choices.front() || all.empty()) all += (all.empty() ? "" : ", ") + c;
    }
    std::fprintf(stderr, "error: %s is one of %s, found '%s'.\n", std::string(name).c_str(),
                 all.c_str(), found.c_str());
    leave(stderr, 2);
  }
  /// The words that begin with `prefix`; they are taken.
  [[nodiscard]] std::vector<std::string> starting_with(std::string_view prefix) {
    std::vector<std::string> out;
    std::erase_if(words_, [&](const std::string& word) {
      if (!word.starts_with(prefix)) return false;
      out.push_back(word);
      return true;
    });
    return out;
  }
  void done() const {
    if (words_.empty()) return;
    std::fprintf(stderr, "error: unknown option '%s'.\n", words_.front().c_str());
    leave(stderr, 2);
  }

 private:
  [[noreturn]] void leave(std::FILE* where, int code) const {
    std::fputs(usage_, where);
    std::exit(code);
  }
  const char* usage_;
  std::vector<std::string> words_;
};

/// 1 and all processors.
[[nodiscard]] inline std::vector<std::size_t> usual_threads() {
  const std::size_t all = std::thread::hardware_concurrency();
  return all > 1 ? std::vector<std::size_t>{1, all} : std::vector<std::size_t>{1};
}

}  // namespace bench

#endif

#ifndef TRILITH_EXAMPLES_TRAINING_CORPUS_HPP
#define TRILITH_EXAMPLES_TRAINING_CORPUS_HPP

#include <trilith/text/load_tokenizer.hpp>
#include <trilith/train.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "data.hpp"
#include "training_options.hpp"

/// Text files as a run's vocabulary and token files, which a resumed run finds again.
struct training_corpus {
  trilith::text::tokenizer words;
  trilith::token_file train, validation;
};

namespace corpus_detail {

namespace fs = std::filesystem;
using names = std::vector<std::string>;

/// Files as they are, folders as their .txt files by name.
inline names files_of(const names& wanted) {
  names all;
  for (const std::string& name : wanted) {
    if (!fs::is_directory(name)) {
      all.push_back(name);
      continue;
    }
    const std::size_t first = all.size();
    for (const auto& entry : fs::directory_iterator(name))
      if (entry.path().extension() == ".txt") all.push_back(entry.path().string());
    std::sort(all.begin() + static_cast<std::ptrdiff_t>(first), all.end());
  }
  return all;
}

/// Cuts the last twentieth off a corpus without validation files, at the end of a line.
inline trilith::status hold_out(const names& files, const std::string& run, names& train,
                                names& validation) {
  std::ostringstream text;
  for (const std::string& file : files) {
    std::ifstream in(file, std::ios::binary);
    if (!in)
      return trilith::error{trilith::errc::file_not_found,
                            file + ": cannot be opened for reading."};
    text << in.rdbuf();
  }
  const std::string all = text.str();
  const std::size_t cut = all.find('\n', all.size() - all.size() / 20);
  train = {run + "/train.txt"};
  validation = {run + "/validation.txt"};
  std::ofstream(train[0], std::ios::binary) << all.substr(0, cut);
  std::ofstream(validation[0], std::ios::binary) << (cut < all.size() ? all.substr(cut) : all);
  return trilith::done{};
}

inline trilith::result<trilith::text::tokenizer> vocabulary_of(const names& files,
                                                               const std::string& path,
                                                               const training_line& line) {
  if (fs::exists(path)) return trilith::text::load_tokenizer(path);
  const auto bytes =
      trilith::train_sentencepiece(files, {.size = line.sizes.vocab, .separator = line.separator});
  if (!bytes) return bytes.error();
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes->data()),
             static_cast<std::streamsize>(bytes->size()));
  return trilith::text::load_tokenizer(path);
}

inline trilith::result<trilith::token_file> tokens_of(const names& files, const std::string& path,
                                                      const trilith::text::tokenizer& words,
                                                      const training_line& line) {
  if (!fs::exists(path))
    if (auto made = trilith::write_tokens(path, words, files, {.separator = line.separator}); !made)
      return std::move(made).error();
  return trilith::open_tokens(path, words);
}

}  // namespace corpus_detail

/// Makes what is not there yet in the folder line.run, with a vocabulary that is there.
inline trilith::result<training_corpus> prepare_corpus(const training_line& line,
                                                       trilith::text::tokenizer words) {
  using namespace corpus_detail;
  names files = files_of(line.corpus), validation = files_of(line.validation);
  if (validation.empty())
    if (auto cut = hold_out(names(files), line.run, files, validation); !cut)
      return std::move(cut).error();
  auto train = tokens_of(files, line.run + "/train.tokens", words, line);
  if (!train) return std::move(train).error();
  auto check = tokens_of(validation, line.run + "/validation.tokens", words, line);
  if (!check) return std::move(check).error();
  return training_corpus{std::move(words), std::move(*train), std::move(*check)};
}

/// The same, and the vocabulary too.
inline trilith::result<training_corpus> prepare_corpus(const training_line& line) {
  using namespace corpus_detail;
  fs::create_directories(line.run);
  training_line held = line;
  held.corpus = files_of(line.corpus), held.validation = files_of(line.validation);
  if (held.validation.empty())
    if (auto cut = hold_out(names(held.corpus), line.run, held.corpus, held.validation); !cut)
      return std::move(cut).error();
  auto words = vocabulary_of(held.corpus, line.run + "/vocabulary.model", line);
  if (!words) return std::move(words).error();
  return prepare_corpus(held, std::move(*words));
}

#endif

// How well a model predicts a text: perplexity, and bits for each byte of it.

#include <trilith/infer/perplexity.hpp>

#include <fstream>
#include <iterator>
#include <optional>
#include <thread>

#include "command_line.hpp"
#include "interrupt.hpp"
#include "open_model.hpp"
#include "session_line.hpp"

namespace tl = trilith;

struct command_line {
  model_choice files;
  std::string text;
  std::size_t max_tokens = 0;
  bool has_bos = true, is_llama_cpp = false;
  tl::perplexity_options options{.threads = std::max(1u, std::thread::hardware_concurrency())};
};

/// Parses the command line; without a value the program should end with `exit_code`.
std::optional<command_line> parse(int argc, char** argv, int& exit_code) {
  command_line line;
  CLI::App app{"Says how well a language model predicts a text."};
  app.add_option("text", line.text, "a file of text")->required();
  app.add_option("--model", line.files.model, model_help);
  app.add_option("--tokenizer", line.files.tokenizer, tokenizer_help);
  app.add_option("--window", line.options.window,
                 "tokens that are predicted together [default: the model's context]");
  app.add_option("--stride", line.options.stride,
                 "tokens that each window moves on; less than a window gives every token more "
                 "context, at more cost [default: the window]");
  app.add_option("--max-tokens", line.max_tokens, "only the text's first tokens; 0: all");
  app.add_flag("!--no-bos", line.has_bos, "no begin-of-text token before each window");
  app.add_flag("--like-llama-cpp", line.is_llama_cpp,
               "the windows of llama-perplexity: 512 tokens, of which the second half is scored");
  add_session_options(app, line.options);
  if (!parse_arguments(app, argc, argv, exit_code)) return std::nullopt;
  return line;
}

tl::result<std::string> contents_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in)
    return tl::error{tl::errc::file_not_found, tl::join(path, ": the file cannot be opened.")};
  return std::string(std::istreambuf_iterator<char>(in), {});
}

tl::perplexity_options options_for(const command_line& line, const tl::text::tokenizer& words) {
  if (line.is_llama_cpp) {
    const std::size_t window = line.options.window == 0 ? 512 : line.options.window;
    tl::perplexity_options how = tl::like_llama_cpp(window, line.has_bos ? words.bos() : -1);
    how.threads = line.options.threads;
    how.kv = line.options.kv;
    how.pin_threads = line.options.pin_threads;
    return how;
  }
  tl::perplexity_options how = line.options;
  if (line.has_bos) how.bos = words.bos();
  return how;
}

void print(const tl::likelihood& found, std::size_t tokens, std::size_t bytes) {
  std::printf("perplexity     %.4f\n", found.perplexity());
  std::printf("nats a token   %.4f\n", found.mean());
  std::printf("bits a byte    %.4f\n", found.bits_per_byte(tokens, bytes));
  std::printf("scored         %zu of %zu tokens, %zu bytes, in %zu windows\n", found.tokens, tokens,
              bytes, found.windows);
}

template <class Model>
int measure(const opened_model<Model>& m, const std::string& text, const command_line& line) {
  auto tokens = m.tokenizer.encode(text, {.bos = line.is_llama_cpp && line.has_bos});
  if (!tokens) return complain(tokens.error());
  const bool is_cut = line.max_tokens != 0 && tokens->size() > line.max_tokens;
  if (is_cut) tokens->resize(line.max_tokens);
  const auto used = is_cut ? m.tokenizer.decode(*tokens) : tl::result<std::string>(text);
  if (!used) return complain(used.error());

  tl::likelihood so_far;
  progress_line bar("scoring");
  const interrupt_guard guard;
  const auto found = tl::perplexity(
      m.model, *tokens, options_for(line, m.tokenizer), [&](const tl::likelihood& sum, double f) {
        so_far = sum;
        char now[32];
        std::snprintf(now, sizeof now, "perplexity %.4f", sum.perplexity());
        return bar(f, now) && was_interrupted == 0;
      });
  bar.clear();
  if (!found && found.error().code != tl::errc::cancelled) return complain(found.error());
  if (!found) std::fprintf(stderr, "interrupted; of what was scored so far:\n");
  print(so_far, tokens->size(), used->size());
  return found ? 0 : 130;
}

int main(int argc, char** argv) {
  int exit_code = 0;
  auto line = parse(argc, argv, exit_code);
  if (!line) return exit_code;
  line->files.model = model_or_default(line->files.model);
  const auto text = contents_of(line->text);
  if (!text) return complain(text.error());
  return with_model(line->files, [&](const auto& m) {
    std::fprintf(stderr, "%s\n", m.report.text().c_str());
    return measure(m, *text, *line);
  });
}

// The program behind tools/demo: loads a model, whichever of four blueprints its file holds,
// streams a continuation of a prompt, and says how fast that was.

#include <trilith/backends/eigen.hpp>
#include <trilith/io/llama2c.hpp>

#include <sys/resource.h>

#include <chrono>
#include <cstdio>

#include "data.hpp"
#include "generate_options.hpp"
#include "stories.hpp"

namespace tl = trilith;
using seconds = std::chrono::duration<double>;

int complain(const tl::error& why) {
  std::fprintf(stderr, "error: %s\n", why.message.c_str());
  return 1;
}

/// Goes to stderr: stdout is the text alone.
void report(const tl::generation& done, seconds to_first, seconds whole) {
  rusage use{};
  getrusage(RUSAGE_SELF, &use);
  const double rest = (whole - to_first).count();
  const auto prompt = static_cast<double>(done.prompt_tokens);
  const auto written = static_cast<double>(done.tokens);
  const double speed = done.tokens > 1 && rest > 0 ? (written - 1) / rest : 0.0;
  std::fprintf(stderr, "\nprompt         %zu tokens, %.1f tokens/s\n", done.prompt_tokens,
               prompt / to_first.count());
  std::fprintf(stderr, "generation     %zu tokens, %.1f tokens/s\n", done.tokens, speed);
  std::fprintf(stderr, "first token    after %.1f ms\n", 1e3 * to_first.count());
  std::fprintf(stderr, "peak memory    %.1f MiB\n", static_cast<double>(use.ru_maxrss) / 1024);
  std::fprintf(stderr, "kernel target  %s\n", tl::simd::kernels().target);
}

template <class Model>
int tell(const tl::text_model<Model>& teller, const command_line& line) {
  const auto start = std::chrono::steady_clock::now();
  auto first = start;
  const auto begin = [&] {
    if (first != start) return;
    first = std::chrono::steady_clock::now();
    std::printf("%s", line.prompt.c_str());
  };
  const auto done = tl::generate(teller, line.prompt, line.options, [&](std::string_view piece) {
    begin();
    std::fwrite(piece.data(), 1, piece.size(), stdout);
    return std::fflush(stdout) == 0;
  });
  if (!done) return complain(done.error());
  begin();
  std::printf("\n");
  report(*done, first - start, std::chrono::steady_clock::now() - start);
  return 0;
}

/// The model under the backend that was asked for: the parameters are moved, not copied.
template <class Model>
int tell_with_backend(Model model, tl::text::tokenizer words, const command_line& line) {
  const auto with = [&]<class Backend>() {
    auto chosen = tl::with_backend<Backend>(std::move(model));
    return tell(tl::text_model<decltype(chosen)>{std::move(chosen), std::move(words)}, line);
  };
  if (line.backend == "reference") return with.template operator()<tl::backends::reference>();
  if (line.backend == "portable") return with.template operator()<tl::backends::portable>();
  if (line.backend == "eigen") return with.template operator()<tl::backends::eigen>();
  return with.template operator()<tl::backends::automatic>();
}

template <class Model>
int load_and_tell(tl::result<Model> model, tl::result<tl::text::tokenizer> words,
                  const command_line& line) {
  if (!model) return complain(model.error());
  if (!words) return complain(words.error());
  return tell_with_backend(std::move(model).value(), std::move(words).value(), line);
}

/// The tokenizer that was asked for, else the small one that both story tellers use.
tl::result<tl::text::tokenizer> story_tokenizer(const command_line& line) {
  if (!line.tokenizer.empty()) return tl::text::load_tokenizer(line.tokenizer);
  const std::string path = data_file("models/tok512.bin");
  if (path.empty())
    return tl::error{tl::errc::file_not_found,
                     "The model needs a tokenizer; name one with --tokenizer."};
  return tl::text::load_tokenizer(path);
}

/// A checkpoint says itself which blueprint it holds.
int tell_checkpoint(const tl::io::safetensors_file& file, const command_line& line) {
  auto embedded = tl::io::embedded_tokenizer(file);
  if (!embedded && line.tokenizer.empty()) return complain(embedded.error());
  const std::string* name = file.find_metadata("blueprint");
  int code = -1;
  const auto attempt = [&]<class Model>() {
    if (code >= 0 || name == nullptr || *name != Model::blueprint::name()) return;
    code = load_and_tell(tl::io::load_checkpoint<Model>(file),
                         line.tokenizer.empty() ? tl::text::parse_tokenizer(*embedded, line.model)
                                                : tl::text::load_tokenizer(line.tokenizer),
                         line);
  };
  attempt.template operator()<tl::packed<stories::blueprint>>();
  attempt.template operator()<tl::packed<tl::presets::b1_58<>>>();
  attempt.template operator()<tl::packed<tl::presets::b1_58_relu<>>>();
  if (code >= 0) return code;
  return complain(
      {tl::errc::unsupported, tl::join(line.model, ": this program knows no blueprint named '",
                                       name == nullptr ? "" : *name, "'; see examples/04.")});
}

int main(int argc, char** argv) {
  int exit_code = 0;
  auto line = parse(argc, argv, exit_code);
  if (!line) return exit_code;
  if (line->model.empty()) line->model = data_file("models/bitnet-stories-1M/model.bin");
  if (line->model.empty()) return 0;

  const auto bytes = tl::io::map_file(line->model);
  if (!bytes) return complain(bytes.error());
  tl::io::byte_reader start(bytes->bytes(), line->model);
  const auto magic = start.read<std::uint32_t>("its first four bytes");
  if (!magic) return complain(magic.error());
  if (*magic == tl::io::bitllama2c::magic)
    return load_and_tell(tl::io::load_bitllama2c<tl::packed<stories::blueprint>>(line->model),
                         story_tokenizer(*line), *line);
  if (auto file = tl::io::open_safetensors(line->model)) return tell_checkpoint(*file, *line);
  // llama2.c's files have no magic number: what is nothing else is taken for one
  using llama = tl::presets::llama_f32<tl::rotary::interleaved>;
  auto floats = tl::io::load_llama2c<tl::dense<llama>>(line->model);
  if (!floats)
    return complain(
        {floats.error().code, tl::join(line->model,
                                       " is no checkpoint and no bitllama2c file; read as one "
                                       "of llama2.c: ",
                                       floats.error().message)});
  return load_and_tell(std::move(floats), story_tokenizer(*line), *line);
}

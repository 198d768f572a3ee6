// The program behind tools/demo: loads a model file of any kind, streams a continuation of a
// prompt, and says how fast that was.

#include <trilith/backends/eigen.hpp>

#include <sys/resource.h>

#include <chrono>
#include <cstdio>

#include "generate_options.hpp"
#include "open_model.hpp"

namespace tl = trilith;
using seconds = std::chrono::duration<double>;

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
int tell_with_backend(opened_model<Model> m, const command_line& line) {
  const auto with = [&]<class Backend>() {
    auto chosen = tl::with_backend<Backend>(std::move(m.model));
    return tell(tl::text_model<decltype(chosen)>{std::move(chosen), std::move(m.tokenizer)}, line);
  };
  if (line.backend == "reference") return with.template operator()<tl::backends::reference>();
  if (line.backend == "portable") return with.template operator()<tl::backends::portable>();
  if (line.backend == "eigen") return with.template operator()<tl::backends::eigen>();
  return with.template operator()<tl::backends::automatic>();
}

/// The blueprints of io::load(path) are compiled with one backend.
int tell_with_backend(opened_model<tl::any_model> m, const command_line& line) {
  if (line.backend == "automatic" || line.backend == "simd") return tell(m, line);
  return complain(
      {tl::errc::unsupported,
       tl::join(line.files.model, ": expected the backend automatic for this model, found ",
                line.backend, ".")});
}

int main(int argc, char** argv) {
  int exit_code = 0;
  auto line = parse(argc, argv, exit_code);
  if (!line) return exit_code;
  line->files.model = model_or_default(line->files.model);
  return with_model(line->files, [&](auto m) {
    std::fprintf(stderr, "%s\n", m.report.text().c_str());
    return tell_with_backend(std::move(m), *line);
  });
}

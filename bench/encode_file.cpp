// Loads a tokenizer, encodes a file, and says how long both took.
//
//   encode_file TOKENIZER TEXT [--ids FILE] [--rounds N] [--parse]
//
// --ids writes the tokens as 32-bit integers; --parse makes control tokens of their spellings.
// test/interop/compare_tokenizers.py drives it. Times are processor
// time, the best of N rounds, so that other work on the machine counts less.
#include <trilith/text/load_tokenizer.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace text = trilith::text;

double processor_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

struct command {
  std::string tokenizer, text, ids;
  int rounds = 1;
  text::encode_options options{.bos = false};
};

command read_command(int argc, char** argv) {
  command out{argv[1], argv[2], {}};
  for (int i = 3; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--ids" && i + 1 < argc) out.ids = argv[++i];
    if (word == "--rounds" && i + 1 < argc) out.rounds = std::max(1, std::atoi(argv[++i]));
    if (word == "--parse") out.options.special = text::special_text::parse;
  }
  return out;
}

int complain(const trilith::error& why) {
  std::fprintf(stderr, "%s\n", why.message.c_str());
  return 1;
}

int run(const command& line) {
  const double start = processor_seconds();
  const auto words = text::load_tokenizer(line.tokenizer);
  const double loading = processor_seconds() - start;
  if (!words) return complain(words.error());
  std::ifstream file(line.text, std::ios::binary);
  const std::string content((std::istreambuf_iterator<char>(file)), {});

  std::vector<std::int32_t> tokens;
  double best = 1e9;
  for (int round = 0; round < line.rounds; ++round) {
    const double before = processor_seconds();
    auto encoded = words->encode(content, line.options);
    best = std::min(best, processor_seconds() - before);
    if (!encoded) return complain(encoded.error());
    tokens = std::move(*encoded);
  }
  const double before = processor_seconds();
  const auto back = words->decode(tokens);
  const double decoding = processor_seconds() - before;
  const bool same = back && *back == content;
  const double mb = static_cast<double>(content.size()) * 1e-6;
  std::printf("loaded in %.1f ms; %zu bytes, %zu tokens; encode %.1f MB/s, decode %.1f MB/s; %s\n",
              loading * 1e3, content.size(), tokens.size(), mb / best, mb / decoding,
              same ? "round trip exact" : "ROUND TRIP DIFFERS");
  if (!line.ids.empty())
    std::ofstream(line.ids, std::ios::binary)
        .write(reinterpret_cast<const char*>(tokens.data()),
               static_cast<std::streamsize>(tokens.size() * sizeof(tokens[0])));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: encode_file TOKENIZER TEXT [--ids FILE] [--rounds N] [--parse]\n");
    return 2;
  }
  return run(read_command(argc, argv));
}

#ifndef TRILITH_EXAMPLES_BAKE_OPTIONS_HPP
#define TRILITH_EXAMPLES_BAKE_OPTIONS_HPP

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "data.hpp"

/// How people speak in old tales: what 31_bake bakes in.
inline constexpr const char* thou_prompt =
    "thou thee thy thou art thou hast thou wilt thou shalt thou dost thee thy thine O thou O king "
    "O queen O maiden thou art fair thou hast come thou shalt go thy house thy hand thy heart hast "
    "thou seen art thou there wilt thou go O thou thee thy thine ";
/// Everybody exclaims.
inline constexpr const char* merry_prompt =
    "Hurrah! hurrah! Oh, how glad I am! Ho! ho! ho! What fun! Ha! ha! ha! Come, come! Look! look! "
    "Oh! oh! What joy! Hey! hey! Away we go! Hurrah! hurrah! Oh, what a day! Ho! ho! ho! Sing, "
    "sing! Ha! ha! ha! Quick! quick! Run! run! Oh! oh! How merry! Hey! hey! Here we are! Hurrah! "
    "hurrah! Ho! ho! ho! Ha! ha! ha! ";

inline constexpr const char* sad_prompt =
    "The poor child wept and wept, for her mother was dead, and she was so sad that she could not "
    "speak. Tears ran down her face, and she cried bitterly all the night long. \"Alas!\" she "
    "said, "
    "\"I am so unhappy, and there is no one to love me.\" And she wept again, and her heart was "
    "heavy with sorrow. The old man was sad too, and he wept. ";
inline constexpr const char* talk_prompt =
    "\"Who are you?\" said the fox. \"I am the king,\" said the bear. \"Where do you live?\" said "
    "the "
    "fox. \"In the wood,\" said the bear. \"What do you eat?\" said the fox. \"I eat honey,\" said "
    "the "
    "bear. \"Will you give me some?\" said the fox. \"No,\" said the bear. \"Why not?\" said the "
    "fox. "
    "\"Because it is mine,\" said the bear. ";

/// The command line of 31_bake and 32_half_bake_ab.
struct bake_line {
  std::string prompt = thou_prompt, run = "bake";
  std::size_t openings = 768, held_out = 32, tokens = 32, batch = 8, rank = 16, threads = 2;
  std::uint64_t steps = 200, seed = 1;
  double rate = 2e-3;
};

inline void add_bake_options(CLI::App& app, bake_line& line) {
  app.add_option("--run", line.run, "folder of everything that is written")->capture_default_str();
  app.add_option("--steps", line.steps, "updates of a bake")->capture_default_str();
  app.add_option("--openings", line.openings, "beginnings of tales to bake with")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--held-out", line.held_out, "others to judge by")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--tokens", line.tokens, "of a response")
      ->capture_default_str()
      ->check(CLI::Range(1, 100));
  app.add_option("--batch", line.batch, "responses of a step")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--rank", line.rank, "of the change")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--rate", line.rate, "at its peak")->capture_default_str();
  app.add_option("--seed", line.seed, "of openings, responses and the change")
      ->capture_default_str();
  app.add_option("--threads", line.threads)->capture_default_str()->check(CLI::Range(1, 1024));
}

/// Parses the command line of 31_bake; without a value the program should end with `exit_code`.
inline std::optional<bake_line> parse_bake(int argc, char** argv, int& exit_code) {
  bake_line line;
  CLI::App app{
      "Bakes a prompt into the shipped model: it then writes as if the prompt were there."};
  app.add_option("--prompt", line.prompt, "what is baked in [default: thou, thee and thy]");
  add_bake_options(app, line);
  if (!parse_arguments(app, argc, argv, exit_code)) return std::nullopt;
  return line;
}

/// The command line of 32_half_bake_ab.
struct half_bake_line {
  bake_line bake{.run = "half_bake", .openings = 512, .steps = 100};
  std::vector<std::string> a{merry_prompt, sad_prompt}, b{talk_prompt};
  double strength = 0.5;
  std::size_t iterations = 5, pursuits = 3;
  std::string text;
};

inline std::optional<half_bake_line> parse_half_bake(int argc, char** argv, int& exit_code) {
  half_bake_line line;
  CLI::App app{"Bakes a prompt at several strengths, then two sets of prompts in turn."};
  app.add_option("--a", line.a, "prompts of set A [default: everybody exclaims; all are sad]");
  app.add_option("--b", line.b, "prompts of set B [default: a fox and a bear talk]");
  add_bake_options(app, line.bake);
  app.add_option("--strength", line.strength, "of each bake of the cycle")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--iterations", line.iterations, "bakes of each set, at most")
      ->capture_default_str();
  app.add_option("--pursuits", line.pursuits, "bakes of which each one follows the last")
      ->capture_default_str();
  app.add_option("--text", line.text, "ordinary text [default: tales of TRILITH_DATA, if there]");
  if (!parse_arguments(app, argc, argv, exit_code)) return std::nullopt;
  if (line.text.empty()) line.text = present_data_file("corpora/fairytaleqa_val.txt");
  return line;
}

/// Of 35_wrong_ways.
inline std::optional<bake_line> parse_wrong_ways(int argc, char** argv, int& exit_code) {
  bake_line line{.prompt = merry_prompt, .run = "wrong_ways", .openings = 256, .steps = 100};
  CLI::App app{"Recipes that look right and are not, measured on the shipped model."};
  add_bake_options(app, line);
  if (!parse_arguments(app, argc, argv, exit_code)) return std::nullopt;
  return line;
}

#endif

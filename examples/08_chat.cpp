// A conversation in the terminal, with any model that has a chat format.

#include <trilith/infer/chat.hpp>

#include <fstream>
#include <iostream>
#include <thread>
#include <vector>

#include "generate_options.hpp"
#include "interrupt.hpp"

namespace tl = trilith;

struct chat_line {
  model_choice files;
  std::string format, system;
  std::vector<std::string> say;
  std::size_t context = 0;
  tl::generate_options options{.max_tokens = 1024,
                               .sampling = {.temperature = 0.7f, .top_p = 0.9f},
                               .threads = std::max(1u, std::thread::hardware_concurrency())};
};

/// Parses the command line; without a value the program should end with `exit_code`.
std::optional<chat_line> parse_chat(int argc, char** argv, int& exit_code) {
  chat_line line;
  CLI::App app{"Talks with a language model. /help lists what else can be typed."};
  app.add_option("--model", line.files.model, model_help);
  app.add_option("--tokenizer", line.files.tokenizer, tokenizer_help);
  app.add_option("--format", line.format,
                 "how turns are written: " + tl::list_of_chat_styles() + " [default: the model's]");
  app.add_option("--system", line.system, "what the model is told before the conversation");
  app.add_option("--context", line.context, "most tokens that are kept [default: the model's]");
  app.add_option("--say", line.say, "say this instead of reading lines; may be repeated")
      ->take_all();
  add_writing_options(app, line.options);
  if (!parse_arguments(app, argc, argv, exit_code)) return std::nullopt;
  return line;
}

constexpr const char* commands =
    "/reset        forget the conversation\n"
    "/history      print it\n"
    "/save FILE    write it to a file\n"
    "/system TEXT  begin anew with this system turn; without TEXT, with none\n"
    "/help         this list\n"
    "/quit         end (or Ctrl-D); Ctrl-C stops a reply\n";

/// The terminal's side of a conversation.
template <class Model>
class terminal {
 public:
  explicit terminal(tl::chat<Model>& talk) : talk_(talk) {}

  /// Handles one line; false at the end of the conversation.
  bool handle(const std::string& line) {
    if (line.empty()) return true;
    if (line[0] != '/') return say(line), true;
    const std::size_t space = line.find(' ');
    const std::string word = line.substr(0, space);
    const std::string rest = space == line.npos ? "" : line.substr(space + 1);
    if (word == "/quit" || word == "/exit") return false;
    if (word == "/reset")
      talk_.reset();
    else if (word == "/history")
      write_history(std::cout);
    else if (word == "/save")
      save(rest);
    else if (word == "/system")
      tell(talk_.set_system(rest));
    else if (word == "/help")
      std::cout << commands;
    else
      std::cerr << "[no such command; /help lists them]\n";
    return true;
  }

 private:
  static void tell(const tl::status& outcome) {
    if (!outcome) std::cerr << "[" << outcome.error().message << "]\n";
  }

  void say(const std::string& line) {
    const interrupt_guard guard;
    const auto reply = talk_.ask(line, [](std::string_view piece) {
      std::cout << piece << std::flush;
      return was_interrupted == 0;
    });
    std::cout << std::endl;
    if (!reply) return tell(reply.error());
    if (reply->dropped_turns != 0)
      std::cerr << "[the context of " << talk_.context()
                << " tokens was full; oldest turns forgotten: " << reply->dropped_turns << "]\n";
    if (reply->outcome.reason == tl::stop_reason::callback) std::cerr << "[stopped]\n";
    if (reply->outcome.reason == tl::stop_reason::max_tokens)
      std::cerr << "[cut after " << reply->outcome.tokens << " tokens: --max-tokens]\n";
    if (reply->outcome.reason == tl::stop_reason::context)
      std::cerr << "[cut: the context of " << talk_.context() << " tokens is full]\n";
  }

  void write_history(std::ostream& out) const {
    if (!talk_.system().empty()) out << "system: " << talk_.system() << "\n";
    for (const tl::text::chat_message& message : talk_.history())
      out << message.role << ": " << message.content << "\n";
  }

  void save(const std::string& path) const {
    std::ofstream out(path);
    write_history(out);
    out.flush();
    std::cerr << (out ? "[saved to " : "[could not write ") << path << "]\n";
  }

  tl::chat<Model>& talk_;
};

template <class Model>
void converse(terminal<Model>& at, const chat_line& line) {
  for (const std::string& text : line.say)
    if (!at.handle(text)) return;
  if (!line.say.empty()) return;
  const bool is_terminal = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
  std::optional<interrupt_guard> guard;  // Ctrl-C at the prompt only drops what was typed
  if (is_terminal) guard.emplace();
  std::string text;
  const auto next = [&] {
    if (is_terminal) std::cout << "> " << std::flush;
    return static_cast<bool>(std::getline(std::cin, text));
  };
  while (next() && at.handle(text))
    if (!is_terminal && was_interrupted != 0) return;
}

template <class Model>
int talk_with(const opened_model<Model>& m, const chat_line& line) {
  std::fprintf(stderr, "%s\n", m.report.text().c_str());
  const auto style = tl::chat_style_named(line.format.empty() ? m.report.chat : line.format);
  if (!style && line.format.empty())
    return complain({tl::errc::unsupported,
                     tl::join(line.files.model,
                              ": the model has no chat format that is known here. Choose one with "
                              "--format: ",
                              tl::list_of_chat_styles(), ".")});
  if (!style) return complain(style.error());
  auto talk = tl::chat<Model>::open(
      m.model, m.tokenizer,
      {.style = *style, .system = line.system, .context = line.context, .generate = line.options});
  if (!talk) return complain(talk.error());
  terminal<Model> at(*talk);
  converse(at, line);
  return 0;
}

int main(int argc, char** argv) {
  int exit_code = 0;
  auto line = parse_chat(argc, argv, exit_code);
  if (!line) return exit_code;
  line->files.model = model_or_default(line->files.model);
  return with_model(line->files, [&](const auto& m) { return talk_with(m, *line); });
}

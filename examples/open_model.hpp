#ifndef TRILITH_EXAMPLES_OPEN_MODEL_HPP
#define TRILITH_EXAMPLES_OPEN_MODEL_HPP

#include <trilith/io/llama2c.hpp>
#include <trilith/io/load.hpp>
#include <trilith/text/load_tokenizer.hpp>

#include <string>

#include "complain.hpp"
#include "data.hpp"
#include "progress.hpp"
#include "shipped_model.hpp"
#include "stories.hpp"

/// Opens a model file of any kind. The story tellers have types of their own here, since the
/// library does not know them; everything else is what io::load(path) makes of it.

/// What was asked for: the model of a file, and perhaps the tokenizer of another.
struct model_choice {
  std::string model, tokenizer;
};

inline constexpr const char* model_help =
    "a model: GGUF; a Hugging Face directory or its .safetensors; a checkpoint of Trilith; .bin of "
    "llama2.c or bitllama2c [default: the tale-teller that comes with the examples]";
inline constexpr const char* tokenizer_help =
    "another tokenizer than the model's: tokenizer.json, .model of SentencePiece or tiktoken, .bin "
    "of llama2.c";

/// A model that can be run, and what there is to say of it.
template <class Model>
struct opened_model : trilith::text_model<Model> {
  trilith::io::load_report report;
};

/// Opens the file that `wanted` names and returns run(opened_model<M>), or complains.
template <class Run>
class model_opener {
 public:
  model_opener(const model_choice& wanted, Run& run) : wanted_(wanted), run_(run) {}

  int open() {
    const auto bytes = trilith::io::map_file(wanted_.model);
    if (!bytes) return open_any();  // a directory, or an error to be told there
    trilith::io::byte_reader start(bytes->bytes(), wanted_.model);
    const auto magic = start.read<std::uint32_t>("its first four bytes");
    if (!magic) return complain(magic.error());
    if (*magic == trilith::io::bitllama2c::magic)
      return finish(trilith::io::load_bitllama2c<teller>(wanted_.model), "bitllama2c",
                    story_tokenizer());
    if (auto file = trilith::io::open_safetensors(wanted_.model)) return open_safetensors(*file);
    if (is_llama2c(bytes->bytes()))
      return finish(trilith::io::load_llama2c<llama>(wanted_.model), "llama2.c", story_tokenizer());
    return open_any();
  }

 private:
  using teller = trilith::packed<stories::blueprint>;
  using llama = trilith::dense<trilith::presets::llama_f32<trilith::rotary::interleaved>>;
  using words = trilith::result<trilith::text::tokenizer>;

  /// llama2.c's files have no magic number: sizes that make sense, and give the file's size.
  [[nodiscard]] bool is_llama2c(std::span<const unsigned char> bytes) const {
    trilith::io::byte_reader in(bytes, wanted_.model);
    const auto header = trilith::io::llama2c::read_header(in);
    return header && in.left() == trilith::io::llama2c::tensor_bytes(*header);
  }

  /// A checkpoint says itself which blueprint it holds.
  int open_safetensors(const trilith::io::safetensors_file& file) {
    const std::string* const name = file.find_metadata("blueprint");
    if (name == nullptr || *name != stories::blueprint::name()) return open_any();
    const auto embedded = trilith::io::embedded_tokenizer(file);
    words own =
        embedded ? trilith::text::parse_tokenizer(*embedded, wanted_.model) : story_tokenizer();
    return finish(trilith::io::load_checkpoint<teller>(file), "native checkpoint", std::move(own));
  }

  int open_any() {
    progress_line bar("loading");
    auto m = trilith::io::load(wanted_.model, {.report = bar});
    bar.clear();
    if (!m) return complain(m.error());
    words own = std::move(m->tokenizer);
    if (own->size() == 0 && wanted_.tokenizer.empty())
      return complain({trilith::errc::invalid_argument,
                       trilith::join(wanted_.model,
                                     ": the model comes without a tokenizer; name one with "
                                     "--tokenizer.")});
    return hand_over(std::move(m->model), std::move(m->report), std::move(own));
  }

  /// The small tokenizer that both story tellers use.
  static words story_tokenizer() {
    const std::string path = data_file("models/tok512.bin");
    if (!path.empty()) return trilith::text::load_tokenizer(path);
    return trilith::error{trilith::errc::file_not_found,
                          "The model needs a tokenizer; name one with --tokenizer."};
  }

  template <class Model>
  int finish(trilith::result<Model> model, const char* format, words own) {
    if (!model) return complain(model.error());
    using scheme = typename Model::blueprint::block::attention_layer::scheme;
    trilith::io::load_report report{.file = wanted_.model,
                                    .format = format,
                                    .blueprint = Model::blueprint::name(),
                                    .weights = std::string(scheme::weights::name),
                                    .activations = std::string(scheme::activations::name)};
    return hand_over(std::move(model).value(), std::move(report), std::move(own));
  }

  template <class Model>
  int hand_over(Model model, trilith::io::load_report report, words own) {
    if (!wanted_.tokenizer.empty()) own = trilith::text::load_tokenizer(wanted_.tokenizer);
    if (!own) return complain(own.error());
    if (!wanted_.tokenizer.empty() || report.tokenizer.empty())
      report.tokenizer = trilith::join(own->size(), " tokens");
    return run_(opened_model<Model>{{std::move(model), std::move(own).value()}, std::move(report)});
  }

  const model_choice& wanted_;
  Run& run_;
};

/// The model that ships with the examples, where none was given.
inline std::string model_or_default(const std::string& path) {
  return path.empty() ? shipped_model : path;
}

template <class Run>
int with_model(const model_choice& wanted, Run&& run) {
  return model_opener<Run>(wanted, run).open();
}

#endif

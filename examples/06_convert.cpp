// Writes a model in the format of another program, and checks what it wrote.

#include <trilith/io/load.hpp>
#include <trilith/io/write_model.hpp>
#include <trilith/text/load_tokenizer.hpp>

#include <cstdio>
#include <filesystem>

#include "complain.hpp"
#include "convert_options.hpp"
#include "interrupt.hpp"
#include "progress.hpp"

namespace tl = trilith;

/// A progress line that Ctrl-C cancels: whatever is being written then leaves nothing behind.
class cancellable_line {
 public:
  explicit cancellable_line(const char* what) : line_(what) {}
  bool operator()(double fraction, std::string_view detail) {
    return line_(fraction, detail) && was_interrupted == 0;
  }

 private:
  progress_line line_;
};

/// Bytes of a file, or of the files in a directory.
std::uintmax_t bytes_of(const std::string& path) {
  std::error_code none;
  if (!std::filesystem::is_directory(path, none)) return std::filesystem::file_size(path, none);
  std::uintmax_t sum = 0;
  for (const auto& entry : std::filesystem::directory_iterator(path, none))
    if (entry.is_regular_file(none)) sum += entry.file_size(none);
  return sum;
}

tl::result<tl::io::loaded<tl::any_model>> load(const std::string& path) {
  cancellable_line line("loading");
  return tl::io::load(path, {.report = line});
}

// [write]
/// The model's tensors and tokenizer, written as the options say.
tl::result<tl::io::write_report> write(const tl::io::loaded<tl::any_model>& m,
                                       tl::io::write_options options, const std::string& path) {
  cancellable_line line("writing");
  options.report = line;
  tl::io::model_source source = m.model.source();
  source.tokenizer = m.tokenizer;
  source.report.chat = m.report.chat;
  return tl::io::write_model(source, path, options);
}
// [write]

/// A checkpoint of this library's own.
tl::result<tl::io::write_report> save(const tl::io::loaded<tl::any_model>& m,
                                      const convert_options& options) {
  cancellable_line line("writing");
  std::vector<unsigned char> words;
  if (m.tokenizer.size() != 0) words = tl::text::serialize(m.tokenizer);
  tl::io::checkpoint_extras extras{.tokenizer = words, .report = line};
  if (!options.write.name.empty()) extras.metadata.push_back({"name", options.write.name});
  if (!options.write.licence.empty()) extras.metadata.push_back({"licence", options.write.licence});
  if (tl::status ok = m.model.save(options.output, extras); !ok) return std::move(ok).error();
  tl::io::write_report report{.path = options.output, .format = "native checkpoint"};
  report.architecture = m.report.blueprint;
  report.matrices = report.embedding = "as in memory";
  report.tokenizer = tl::join(m.tokenizer.size(), " tokens");
  report.bytes = bytes_of(options.output);
  for (const tl::io::source_tensor& t : m.model.source().tensors) report.weights += t.rows * t.cols;
  return report;
}

void print(const tl::io::write_report& written, std::uintmax_t before) {
  std::printf("%s", written.text().c_str());
  const auto bytes = static_cast<double>(written.bytes);
  const bool is_large = bytes > 0x1p24;
  const double unit = is_large ? 0x1p20 : 0x1p10;
  const char* const name = is_large ? "MiB" : "KiB";
  std::printf("size          %.1f %s before, %.1f %s now\n", static_cast<double>(before) / unit,
              name, bytes / unit, name);
  std::printf("bits a weight %.3f\n", 8 * bytes / static_cast<double>(written.weights));
}

// [verify]
/// Loads what was written and compares it, weight by weight.
tl::result<tl::io::model_difference> verify(const tl::any_model& model, const std::string& path) {
  cancellable_line line("verifying");
  const auto again = tl::io::load(path);
  if (!again) return again.error();
  return tl::io::compare(model.source(), again->model.source(), line);
}
// [verify]

int print(const tl::io::model_difference& found) {
  std::printf("verified      %s codes, %s of them changed\n", tl::grouped(found.codes).c_str(),
              tl::grouped(found.different_codes).c_str());
  std::printf("scales moved  %.2g\nfloats moved  %.2g\n", found.scale_change, found.float_change);
  if (found.different_codes == 0) return 0;
  return complain({tl::errc::mismatch, tl::join(found.worst,
                                                ": codes changed; the file is not "
                                                "the model.")});
}

int main(int argc, char** argv) {
  int exit_code = 0;
  const auto options = parse_convert(argc, argv, exit_code);
  if (!options) return exit_code;
  const interrupt_guard guard;
  const std::uintmax_t before = bytes_of(options->input);

  const auto m = load(options->input);
  if (!m) return complain(m.error());
  std::fprintf(stderr, "%s\n", m->report.text().c_str());

  const auto written =
      options->is_native ? save(*m, *options) : write(*m, options->write, options->output);
  if (!written) return complain(written.error());
  print(*written, before);
  if (!options->verifies) return 0;
  const auto found = verify(m->model, options->output);
  return found ? print(*found) : complain(found.error());
}

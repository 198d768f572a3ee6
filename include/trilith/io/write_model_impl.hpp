#ifndef TRILITH_IO_WRITE_MODEL_IMPL_HPP
#define TRILITH_IO_WRITE_MODEL_IMPL_HPP

#include <trilith/io/writing/compare_impl.hpp>
#include <trilith/io/writing/gguf_impl.hpp>
#include <trilith/io/writing/hf_impl.hpp>

#include <sys/stat.h>

namespace trilith::io::writing {

/// "i2_s (4), f16 (10)": the encodings of the blocks' matrices.
[[nodiscard]] inline std::string counted_matrices(const plan& p) {
  std::string out;
  for (std::size_t how = 0; how <= static_cast<std::size_t>(encoding::packed); ++how) {
    const auto count = std::count_if(p.outputs.begin(), p.outputs.end(), [&](const output& o) {
      return is_block_matrix(*o.from) && static_cast<std::size_t>(o.how) == how;
    });
    if (count != 0)
      out += join(out.empty() ? "" : ", ", name_of(static_cast<encoding>(how)), " (", count, ")");
  }
  return out;
}

[[nodiscard]] inline std::string spelled_change(double change) {
  char out[32];
  std::snprintf(out, sizeof out, "%.2g", change);
  return out;
}

/// A note for all tensors of a kind that rounding changed.
template <class Wanted>
void note_rounding(plan& p, std::string_view what, Wanted wanted) {
  rounding all;
  const output* worst = nullptr;
  for (const output& o : p.outputs)
    if (wanted(o) && o.rounded.largest > all.largest) {
      all = o.rounded;
      worst = &o;
    }
  if (worst == nullptr) return;
  p.report.notes.push_back(
      join(what, " were rounded to ", worst->is_coded() ? "f16" : name_of(worst->how),
           ": largest relative change ", spelled_change(all.largest), ", in ", worst->name, "."));
}

inline void add_notes(plan& p) {
  note_rounding(p, "Scales", [](const output& o) {
    return is_block_matrix(*o.from) && (o.is_coded() || is_coded(*o.from));
  });
  note_rounding(p, "Matrices", [](const output& o) {
    return is_block_matrix(*o.from) && !o.is_coded() && !is_coded(*o.from);
  });
  note_rounding(p, "Numbers of the embedding or the head",
                [](const output& o) { return is_table(*o.from); });
  for (const output& o : p.outputs)
    if (o.how == encoding::q8_0) p.report.notes.push_back(join(o.name, " was quantised to q8_0."));
  const auto repeats_scale = [&p](const output& o) {
    return o.how == encoding::q2_0 && group_of(p.source, *o.from) == 0;
  };
  if (std::any_of(p.outputs.begin(), p.outputs.end(), repeats_scale))
    p.report.notes.emplace_back(
        "q2_0 repeats one scale for each 64 weights: name the model's type to load it here, as in "
        "io::load<packed<...>>.");
}

inline void complete_report(plan& p, std::string_view path) {
  write_report& r = p.report;
  r.path = path;
  r.architecture = p.architecture;
  r.matrices = counted_matrices(p);
  r.embedding =
      join(name_of(p.outputs.front().how), p.is_tied ? ", also the head" : ", head of its own");
  r.tokenizer = p.source.tokenizer.size() == 0 ? std::string("none")
                                               : join(p.source.tokenizer.size(), " tokens");
  for (const output& o : p.outputs) r.weights += std::uint64_t{o.rows()} * o.cols();
  struct stat info {};
  if (r.bytes == 0 && ::stat(r.path.c_str(), &info) == 0)
    r.bytes = static_cast<std::uint64_t>(info.st_size);
  add_notes(p);
}

}  // namespace trilith::io::writing

namespace trilith::TRILITH_IMPLEMENTED {

result<io::write_report> write_model(const io::model_source& source, std::string_view path,
                                     const io::write_options& options) {
  using namespace io::writing;
  auto p = make_plan(source, options);
  if (!p) return std::move(p).error();
  if (status ok = options.format == io::model_format::gguf ? write_as_gguf(*p, path)
                                                           : write_as_hugging_face(*p, path);
      !ok)
    return std::move(ok).error();
  complete_report(*p, path);
  return std::move(p->report);
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif

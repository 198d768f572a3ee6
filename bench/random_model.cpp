// Writes a model of a published shape with random weights: for timing loads and runs without a
// download. The same seed gives the same file.
//
//   random_model 2b4t|700m|3b gguf|hugging_face PATH [i2_s|tq1_0|tq2_0|f16|natural [layers
//   [TOKENIZER]]]

#include <trilith/io/source_of.hpp>
#include <trilith/io/write_model.hpp>
#include <trilith/text/load_tokenizer.hpp>
#include <trilith/trilith.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace tl = trilith;

/// Fills parameters with trits of equal shares, small normal elements and gains of 1.
struct fill {
  std::uint64_t seed = 1;
  std::uint64_t tensor = 0;

  void enter(std::string_view) {}
  void leave() {}
  template <class Field, class Tensor>
  void operator()(const Field&, Tensor& t) {
    ++tensor;
    if constexpr (requires { t.values; })
      for (float& gain : t.values) gain = 1.0f;
    else if constexpr (Tensor::is_coded)
      fill_codes(t);
    else
      for (std::size_t i = 0; i < t.elements.size(); ++i)
        t.elements[i] = Tensor::weights::store(uniform(i) * 0.07f - 0.035f);
  }

 private:
  [[nodiscard]] std::uint64_t random(std::uint64_t i) const noexcept {  // splitmix64
    std::uint64_t x = (seed + tensor * 0x100000001B3u + i) * 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
  }
  [[nodiscard]] float uniform(std::uint64_t i) const noexcept {
    return static_cast<float>(random(i) >> 40) * 0x1p-24f;
  }
  template <class Matrix>
  void fill_codes(Matrix& m) {
    std::vector<std::int8_t> codes(m.cols);
    for (std::size_t r = 0; r < m.rows; ++r) {
      for (std::size_t c = 0; c < m.cols; ++c)
        codes[c] = static_cast<std::int8_t>((random(r * m.cols + c) >> 32) % 3) - 1;
      tl::packing::pack_row<typename Matrix::packing>(codes.data(), m.cols, m.row(r));
    }
    m.scales[0] = 1.25f;  // exact in every format
  }
};

template <class Blueprint>
int write(tl::shape sizes, const tl::settings& numbers, const tl::io::write_options& how,
          const char* path, const char* words) {
  tl::packed<Blueprint> model(sizes, numbers);
  fill visit;
  tl::fields::walk<Blueprint>(visit, model.parameters);
  auto source = tl::io::source_of(model);
  if (words != nullptr) source.tokenizer = tl::text::load_tokenizer(words).value();
  const auto written = tl::io::write_model(source, path, how);
  if (!written) std::fprintf(stderr, "error: %s\n", written.error().message.c_str());
  if (written) std::printf("%s", written->text().c_str());
  return written ? 0 : 1;
}

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr,
                 "usage: random_model 2b4t|700m|3b gguf|hugging_face PATH "
                 "[i2_s|tq1_0|tq2_0|f16|natural [layers [TOKENIZER]]]\n");
    return 2;
  }
  using tl::io::encoding;
  const std::string which = argv[1], format = argv[2], matrices = argc > 4 ? argv[4] : "";
  tl::io::write_options how;
  how.format = format == "gguf" ? tl::io::model_format::gguf : tl::io::model_format::hugging_face;
  if (matrices == "i2_s") how.matrices = encoding::i2_s;
  if (matrices == "tq1_0") how.matrices = encoding::tq1_0;
  if (matrices == "tq2_0") how.matrices = encoding::tq2_0;
  if (matrices == "f16") how.matrices = encoding::f16;
  const auto layers = [&](tl::shape s) {
    if (argc > 5) s.layers = std::strtoul(argv[5], nullptr, 10);
    return s;
  };
  const char* const words = argc > 6 ? argv[6] : nullptr;
  namespace presets = tl::presets;
  if (which == "2b4t")
    return write<presets::b1_58_relu<>>(layers(presets::bitnet_2b4t_shape),
                                        presets::bitnet_2b4t_settings, how, argv[3], words);
  if (which == "700m")
    return write<presets::b1_58<>>(layers(presets::b1_58_700m_shape), {}, how, argv[3], words);
  return write<presets::b1_58<>>(layers(presets::b1_58_3b_shape), {}, how, argv[3], words);
}

// Writes a random `bitnet` model for other engines, and what this library computes with it.
//
//   random_bitnet DIRECTORY    makes DIRECTORY/model.gguf (TQ2_0), tokens.i32, logits.f32 [T, V]

#include <trilith/io/source_of.hpp>
#include <trilith/io/write_model.hpp>
#include <trilith/trilith.hpp>

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

namespace tl = trilith;
using blueprint = tl::presets::b1_58<>;

/// Scales that TQ2_0 can hold exactly, and gains that are not all 1.
struct adjust {
  std::uint64_t tensor = 0;
  void enter(std::string_view) {}
  void leave() {}
  template <class Field, class Tensor>
  void operator()(const Field&, Tensor& t) {
    ++tensor;
    if constexpr (requires { t.values; })
      for (std::size_t i = 0; i < t.values.size(); ++i)
        t.values[i] = 0.75f + 0.5f * tl::uniform(7, tensor, i);
    else if constexpr (Tensor::is_coded)
      for (float& scale : t.scales) scale = tl::to_float(tl::to_float16(scale));
  }
};

template <class T>
void save(const std::string& path, const std::vector<T>& values) {
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(values.data()),
            static_cast<std::streamsize>(values.size() * sizeof(T)));
}

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: random_bitnet DIRECTORY\n");
    return 2;
  }
  const std::string directory = argv[1];
  const tl::shape sizes{.dim = 256,
                        .ffn_dim = 768,
                        .layers = 4,
                        .heads = 4,
                        .kv_heads = 2,
                        .head_dim = 64,
                        .vocab = 512,
                        .context = 128};
  tl::latent<blueprint> random(sizes);
  tl::fill_random(random, 11);
  auto model = tl::pack(random);
  adjust visit;
  tl::fields::walk<blueprint>(visit, model.parameters);

  const auto written = tl::io::write_model(tl::io::source_of(model), directory + "/model.gguf",
                                           {.matrices = tl::io::encoding::tq2_0});
  if (!written) {
    std::fprintf(stderr, "error: %s\n", written.error().message.c_str());
    return 1;
  }
  std::vector<std::int32_t> tokens(96);
  for (std::size_t i = 0; i < tokens.size(); ++i)
    tokens[i] = static_cast<std::int32_t>(tl::uniform(3, 0, i) * 512.0f);
  std::vector<float> logits;
  auto session = tl::session<decltype(model)>::open(model).value();
  const auto keep = [&](std::size_t, std::span<const float> row) {
    logits.insert(logits.end(), row.begin(), row.end());
  };
  if (!session.score(0, {tokens.data(), tokens.size()}, keep)) return 1;
  save(directory + "/tokens.i32", tokens);
  save(directory + "/logits.f32", logits);
  return 0;
}

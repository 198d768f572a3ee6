// What gguf_package.py drives: writes a GGUF file, lists one, copies one.
//
//     gguf_roundtrip write FILE     gguf_roundtrip list FILE     gguf_roundtrip copy FROM TO
#include <trilith/core/half.hpp>
#include <trilith/io/gguf.hpp>

#include <cinttypes>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace io = trilith::io;
using io::ggml_type;
using io::gguf_type;

namespace {

int ended(const trilith::status& s) {
  if (!s) std::fprintf(stderr, "%s\n", s.error().message.c_str());
  return s ? 0 : 1;
}

std::string hex(std::span<const unsigned char> bytes) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const unsigned char byte : bytes) out += {digits[byte >> 4], digits[byte & 15]};
  return out;
}

/// A number so that it reads back as itself; a text in hex.
std::string spelled(const io::gguf_value& value) {
  std::string_view text;
  bool flag = false;
  double number = 0;
  std::int64_t negative = 0;
  std::uint64_t whole = 0;
  char out[40];
  if (value.as_string(text))
    return hex({reinterpret_cast<const unsigned char*>(text.data()), text.size()}) + "h";
  if (value.as_bool(flag)) return flag ? "true" : "false";
  if (value.as_unsigned(whole)) return std::to_string(whole);
  if (value.as_signed(negative)) return std::to_string(negative);
  (void)value.as_float(number);
  std::snprintf(out, sizeof out, "%.17g", number);
  return out;
}

/// A line for each key: name, type, elements; for each tensor: name, type, offset, dims, bytes.
int list(const std::string& path) {
  const auto file = io::open_gguf(path);
  if (!file) return ended(trilith::status(file.error()));
  for (const io::gguf_field& field : file->metadata()) {
    std::printf("key %.*s %s%s", static_cast<int>(field.key.size()), field.key.data(),
                field.value.is_array() ? "array of " : "",
                std::string(io::name_of(field.value.element_type())).c_str());
    for (const io::gguf_value element : field.value.elements())
      std::printf(" %s", spelled(element).c_str());
    std::printf("\n");
  }
  for (const io::gguf_tensor& t : file->tensors()) {
    std::printf("tensor %s %s %" PRIu64, t.name.c_str(), std::string(io::name_of(t.type)).c_str(),
                t.offset);
    for (const std::uint64_t size : t.dims) std::printf(" %" PRIu64, size);
    std::printf(" %s\n", hex(file->bytes(t)).c_str());
  }
  return 0;
}

int copy(const std::string& from, const std::string& to) {
  const auto file = io::open_gguf(from);
  if (!file) return ended(trilith::status(file.error()));
  std::vector<io::gguf_pair> metadata;
  for (const io::gguf_field& field : file->metadata())
    metadata.push_back({std::string(field.key), io::gguf_owned_value(field.value)});
  std::vector<io::gguf_tensor_to_write> tensors;
  for (const io::gguf_tensor& t : file->tensors())
    tensors.push_back({.name = t.name, .dims = t.dims, .type = t.type, .bytes = file->bytes(t)});
  return ended(io::write_gguf(to, tensors, metadata));
}

/// Upstream's types up to 41. Q8_1, which no file holds, has 36 bytes in ggml's ggml-common.h and
/// 40 in the package.
bool is_in_package(const io::ggml_traits& t) {
  const bool is_removed = t.id >= 31 && t.id <= 33;
  const bool is_of_forks = (t.id >= 36 && t.id <= 38) || t.id >= 42 || t.type == ggml_type::tl2 ||
                           t.type == ggml_type::q1_0_g32;
  return !is_removed && !is_of_forks && t.type != ggml_type::q8_1;
}

/// Every type that the package knows.
int write(const std::string& path) {
  std::vector<std::vector<unsigned char>> bytes;
  std::vector<io::gguf_tensor_to_write> tensors;
  for (const io::ggml_traits& t : io::ggml_types) {
    if (!is_in_package(t)) continue;
    const std::vector<std::uint64_t> dims{256, 3, 1, 2};
    std::uint64_t size = 0;
    (void)io::gguf_tensor_bytes(t.type, dims, size);
    auto& data = bytes.emplace_back(size);
    for (std::size_t i = 0; i < size; ++i) data[i] = static_cast<unsigned char>(i % 60);
    tensors.push_back({"blk.0." + std::string(t.name), dims, t.type, data});
  }
  const std::vector<io::gguf_pair> metadata{
      {"general.architecture", "toy"},
      {"general.alignment", std::uint32_t{128}},
      {"toy.u8", std::uint8_t{255}},
      {"toy.i8", std::int8_t{-1}},
      {"toy.u16", std::uint16_t{65535}},
      {"toy.i16", std::int16_t{-2}},
      {"toy.u32", std::uint32_t{4294967295}},
      {"toy.i32", std::int32_t{-3}},
      {"toy.f32", 0.1f},
      {"toy.bool", true},
      {"toy.string", "\xE2\x96\x81 \xF0\x9F\x9A\x80"},
      {"toy.u64", ~std::uint64_t{0}},
      {"toy.i64", std::int64_t{-4}},
      {"toy.f64", 1e-300},
      {"toy.words", std::vector<std::string>{"", "a b", "\xC3\xA4"}},
      {"toy.scores", std::vector<float>{-1.5f, 0.1f}},
      {"toy.kinds", std::vector<std::int32_t>{1, -2, 3}},
      {"toy.flags", std::vector<bool>{true, false}},
      {"toy.none", std::vector<std::string>{}}};
  return ended(io::write_gguf(path, tensors, metadata));
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 2 && words[0] == "write") return write(words[1]);
  if (words.size() == 2 && words[0] == "list") return list(words[1]);
  if (words.size() == 3 && words[0] == "copy") return copy(words[1], words[2]);
  std::fprintf(stderr, "usage: gguf_roundtrip write FILE | list FILE | copy FROM TO\n");
  return 2;
}

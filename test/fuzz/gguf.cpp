// Any bytes as a GGUF file, strictly and leniently: every value, text and tensor is read.
#include <trilith/io/gguf.hpp>

#include "fuzz.hpp"
#include "gguf_mutator.hpp"

namespace io = trilith::io;

namespace {

void walk(const io::gguf_value& value) {
  fuzz::touch(value.encoded());
  std::uint64_t u = 0, elements = 0, strings = 0;
  std::int64_t i = 0;
  double f = 0;
  bool b = false;
  std::string_view text;
  if (value.as_string(text)) fuzz::touch(text);
  const int kinds = static_cast<int>(value.as_unsigned(u) || value.as_signed(i)) +
                    static_cast<int>(value.as_bool(b)) + static_cast<int>(value.as_string(text)) +
                    static_cast<int>(value.type() == io::gguf_type::f32 && value.as_float(f)) +
                    static_cast<int>(value.type() == io::gguf_type::f64 && value.as_float(f)) +
                    static_cast<int>(value.is_array());
  fuzz::expect(kinds == 1, "a value is of two types, or of none.");
  if (!value.is_array()) return;
  for (const io::gguf_value element : value.elements()) {
    walk(element);
    ++elements;
  }
  for (const std::string_view s : value.strings()) {
    fuzz::touch(s);
    ++strings;
  }
  fuzz::expect(elements == value.size(), "an array is not as long as it says.");
  fuzz::expect(strings == (value.element_type() == io::gguf_type::string ? elements : 0),
               "an array of strings has other elements.");
}

void walk(const io::gguf_file& file, fuzz::view input) {
  std::uint64_t total = 0;
  for (const io::gguf_field& field : file.metadata()) {
    fuzz::expect(file.find(field.key) == &field.value, "a value is not found by its key.");
    walk(field.value);
    const io::gguf_owned_value copy(field.value);
    fuzz::expect(copy.view().size() == field.value.size(), "a copy of a value is another value.");
  }
  for (const io::gguf_tensor& t : file.tensors()) {
    fuzz::expect(file.find_tensor(t.name) == &t, "a tensor is not found by its name.");
    fuzz::expect(t.offset <= input.size() && t.bytes <= input.size() - t.offset,
                 "a tensor is not inside the file.");
    fuzz::touch(file.bytes(t));
    total += t.bytes;
  }
  fuzz::expect(total <= input.size(), "tensors overlap.");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const fuzz::view input(data, size);
  const auto strict = io::parse_gguf(input, fuzz::input_name);
  const auto lenient = io::parse_gguf(input, fuzz::input_name, {.lenient = true});
  if (strict)
    walk(*strict, input);
  else
    fuzz::expect_named(strict.error());
  if (lenient)
    walk(*lenient, input);
  else
    fuzz::expect_named(lenient.error());
  fuzz::expect(lenient || !strict, "a file is good when read strictly, and bad leniently.");
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(unsigned char* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  return fuzz::mutate_gguf(data, size, max_size, seed);
}

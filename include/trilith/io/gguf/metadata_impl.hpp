#ifndef TRILITH_IO_GGUF_METADATA_IMPL_HPP
#define TRILITH_IO_GGUF_METADATA_IMPL_HPP

#include <trilith/io/byte_reader.hpp>
#include <trilith/io/gguf.hpp>
#include <trilith/io/gguf/text_impl.hpp>
#include <trilith/io/gguf/value_impl.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace trilith::io::gguf {

/// A length and as many bytes. At most `longest`.
[[nodiscard]] inline result<std::string_view> read_text(byte_reader& in, std::uint64_t longest,
                                                        std::string_view what) {
  const auto length = in.read<std::uint64_t>(join("the length of ", what));
  if (!length) return length.error();
  if (*length > longest)
    return error{errc::malformed, join(in.file(), ": ", what, ": expected at most ", longest,
                                       " bytes, found a length of ", *length, ".")};
  const auto bytes = in.take(*length, what);
  if (!bytes) return bytes.error();
  return std::string_view(reinterpret_cast<const char*>(bytes->data()), bytes->size());
}

/// An error where `count` things of at least `smallest` bytes cannot lie in what is left.
[[nodiscard]] inline status check_count(const byte_reader& in, std::uint64_t count,
                                        std::uint64_t smallest, std::string_view what) {
  if (count <= in.left() / smallest) return done{};
  return error{errc::truncated, join(in.file(), ": expected ", count, " ", what, " of at least ",
                                     smallest, " bytes, found ", in.left(), " bytes left.")};
}

[[nodiscard]] inline result<gguf_field> read_field(byte_reader& in, std::uint64_t number,
                                                   bool lenient) {
  const auto key = read_text(in, longest_key, join("key ", number));
  if (!key) return key.error();
  if (key->empty() || !is_ascii(*key))
    return error{errc::malformed, join(in.file(), ": key ", number,
                                       ": expected a name of ASCII, found ", quoted(*key), ".")};
  const auto value = value_reader(in, *key, lenient).read();
  if (!value) return value.error();
  return gguf_field{*key, *value};
}

[[nodiscard]] inline result<std::vector<gguf_field>> read_metadata(byte_reader& in,
                                                                   std::uint64_t count,
                                                                   bool lenient) {
  static constexpr std::uint64_t smallest = 8 + 1 + 4 + 1;  // length, key, type, value
  if (status ok = check_count(in, count, smallest, "lines of metadata"); !ok)
    return std::move(ok).error();
  std::vector<gguf_field> out;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto field = read_field(in, i, lenient);
    if (!field) return field.error();
    out.push_back(*field);
  }
  return out;
}

/// The indices of `items` sorted by `name`; the first name that occurs twice goes to `twice`.
template <class Item, class Text>
[[nodiscard]] std::vector<std::size_t> sorted_by(const std::vector<Item>& items, Text Item::*name,
                                                 const Item*& twice) {
  std::vector<std::size_t> order(items.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return items[a].*name < items[b].*name; });
  twice = nullptr;
  for (std::size_t i = 1; i < order.size() && twice == nullptr; ++i)
    if (items[order[i]].*name == items[order[i - 1]].*name) twice = &items[order[i]];
  return order;
}

}  // namespace trilith::io::gguf

#endif

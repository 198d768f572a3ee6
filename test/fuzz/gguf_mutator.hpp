#ifndef TRILITH_TEST_FUZZ_GGUF_MUTATOR_HPP
#define TRILITH_TEST_FUZZ_GGUF_MUTATOR_HPP

#include <trilith/io/gguf/size.hpp>
#include <trilith/io/gguf/value_type.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

#include "fuzz.hpp"

/// Mutations of GGUF files that keep counts, lengths and offsets right, so that what lies behind
/// them is reached: a plain mutation of a header is refused at the first length that is off.
namespace fuzz::gguf {

using trilith::io::ggml_traits;

struct field {
  bytes key, value;
  std::uint32_t type = 0, element = 0;
  std::uint64_t count = 0;  ///< of an array
};
struct tensor {
  bytes name, data;
  std::vector<std::uint64_t> dims;
  std::uint32_t type = 0;
};

/// A file taken apart. Reading stops at what is no GGUF; what is left is not kept.
class parts {
 public:
  std::uint32_t version = 3;
  std::uint64_t alignment = 32;
  std::vector<field> fields;
  std::vector<tensor> tensors;

  [[nodiscard]] bool read(view input) {
    left_ = input;
    std::uint32_t magic = 0;
    std::uint64_t tensor_count = 0, field_count = 0;
    if (!take(magic) || magic != 0x46554747 || !take(version) || !take(tensor_count) ||
        !take(field_count) || tensor_count > 1000 || field_count > 1000)
      return false;
    for (; field_count > 0; --field_count)
      if (!read_field()) return false;
    std::vector<std::uint64_t> offsets(tensor_count);
    for (std::uint64_t& offset : offsets)
      if (!read_tensor(offset)) return false;
    const std::size_t header = input.size() - left_.size(), begin = padded(header);
    const view data = input.subspan(std::min(begin, input.size()));
    for (std::size_t i = 0; i < offsets.size(); ++i) {
      const std::uint64_t first = std::min<std::uint64_t>(offsets[i], data.size());
      const std::uint64_t last = i + 1 < offsets.size()
                                     ? std::min<std::uint64_t>(offsets[i + 1], data.size())
                                     : data.size();
      if (first < last)
        tensors[i].data.assign(data.begin() + static_cast<std::ptrdiff_t>(first),
                               data.begin() + static_cast<std::ptrdiff_t>(last));
    }
    return true;
  }

  [[nodiscard]] bytes written() const {
    bytes out;
    put(out, std::uint32_t{0x46554747});
    put(out, version);
    put(out, std::uint64_t{tensors.size()});
    put(out, std::uint64_t{fields.size()});
    for (const field& f : fields) write(out, f);
    std::uint64_t offset = 0;
    for (const tensor& t : tensors) {
      put_text(out, t.name);
      put(out, static_cast<std::uint32_t>(t.dims.size()));
      for (const std::uint64_t size : t.dims) put(out, size);
      put(out, t.type);
      put(out, offset);
      offset += padded(t.data.size());
    }
    for (const tensor& t : tensors) {
      out.resize(padded(out.size()));
      out.insert(out.end(), t.data.begin(), t.data.end());
    }
    return out;
  }

 private:
  [[nodiscard]] std::size_t padded(std::size_t n) const {
    return (n + alignment - 1) / alignment * alignment;
  }
  template <class T>
  [[nodiscard]] bool take(T& value) {
    if (left_.size() < sizeof(T)) return false;
    std::memcpy(&value, left_.data(), sizeof(T));
    left_ = left_.subspan(sizeof(T));
    return true;
  }
  [[nodiscard]] bool take(bytes& out, std::uint64_t count) {
    if (count > left_.size()) return false;
    out.assign(left_.begin(), left_.begin() + static_cast<std::ptrdiff_t>(count));
    left_ = left_.subspan(count);
    return true;
  }
  [[nodiscard]] bool take_text(bytes& out) {
    std::uint64_t length = 0;
    return take(length) && take(out, length);
  }
  [[nodiscard]] static std::uint64_t width(std::uint32_t type) {
    return type <= 12 ? trilith::io::bytes_of(static_cast<trilith::io::gguf_type>(type)) : 0;
  }
  [[nodiscard]] bool read_value(bytes& out, std::uint32_t type) {
    if (type != 8) return width(type) != 0 && take(out, width(type));
    bytes text;
    if (!take_text(text)) return false;
    put_text(out, text);
    return true;
  }
  [[nodiscard]] bool read_field() {
    field f;
    if (!take_text(f.key) || !take(f.type)) return false;
    if (f.type != 9) {
      if (!read_value(f.value, f.type)) return false;
    } else {
      if (!take(f.element) || !take(f.count)) return false;
      for (std::uint64_t i = 0; i < f.count; ++i) {
        bytes one;
        if (!read_value(one, f.element)) return false;
        f.value.insert(f.value.end(), one.begin(), one.end());
      }
    }
    if (text_of(f.key) == "general.alignment" && f.type == 4) {
      std::uint32_t n = 0;
      std::memcpy(&n, f.value.data(), 4);
      if (n != 0 && n <= 4096 && (n & (n - 1)) == 0) alignment = n;
    }
    fields.push_back(std::move(f));
    return true;
  }
  [[nodiscard]] bool read_tensor(std::uint64_t& offset) {
    tensor t;
    std::uint32_t count = 0;
    if (!take_text(t.name) || !take(count) || count > 8) return false;
    t.dims.resize(count);
    for (std::uint64_t& size : t.dims)
      if (!take(size)) return false;
    if (!take(t.type) || !take(offset)) return false;
    tensors.push_back(std::move(t));
    return true;
  }
  static void write(bytes& out, const field& f) {
    put_text(out, f.key);
    put(out, f.type);
    if (f.type == 9) {
      put(out, f.element);
      put(out, f.count);
    }
    out.insert(out.end(), f.value.begin(), f.value.end());
  }
  template <class T>
  static void put(bytes& out, T value) {
    const auto* const first = reinterpret_cast<const unsigned char*>(&value);
    out.insert(out.end(), first, first + sizeof(T));
  }
  static void put_text(bytes& out, const bytes& text) {
    put(out, std::uint64_t{text.size()});
    out.insert(out.end(), text.begin(), text.end());
  }

  view left_;
};

/// One change of a file.
class change {
 public:
  change(parts& file, unsigned seed, std::size_t room) : file_(file), next_(seed), room_(room) {}

  void make() {
    const bool to_tensor = !file_.tensors.empty() && (file_.fields.empty() || next_.below(2) == 0);
    if (to_tensor)
      change_tensor(file_.tensors[next_.below(file_.tensors.size())]);
    else if (!file_.fields.empty())
      change_field(file_.fields[next_.below(file_.fields.size())]);
    if (next_.below(8) == 0) rearrange(file_.fields);
    if (next_.below(8) == 0) rearrange(file_.tensors);
  }

 private:
  void change_field(field& f) {
    switch (next_.below(6)) {
      case 0:
        return mutate(f.key, few());
      case 1:
        return retype(f);
      case 2:
        if (f.type == 9) f.count = next_.below(2) == 0 ? next_.below(8) : f.count + 1;
        return;
      default:
        return change_value(f);
    }
  }
  void change_value(field& f) {
    if (f.type != 8) {
      const std::size_t size = f.value.size();
      mutate(f.value, few());
      if (f.type != 9) f.value.resize(size);
      return;
    }
    bytes text(f.value.begin() + 8, f.value.end());
    mutate(text, few());
    f.value.resize(8);
    const std::uint64_t length = text.size();
    std::memcpy(f.value.data(), &length, 8);
    f.value.insert(f.value.end(), text.begin(), text.end());
  }
  void retype(field& f) {
    static constexpr std::uint32_t scalars[] = {0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12};
    f.type = scalars[next_.below(std::size(scalars))];
    f.value.resize(trilith::io::bytes_of(static_cast<trilith::io::gguf_type>(f.type)));
  }

  void change_tensor(tensor& t) {
    switch (next_.below(6)) {
      case 0:
        return mutate(t.name, few());
      case 1: {
        static constexpr std::uint64_t sizes[] = {0,  1,   2,   4,       32,
                                                  64, 128, 256, 1 << 20, std::uint64_t{1} << 50};
        const std::uint64_t size = sizes[next_.below(std::size(sizes))];
        if (t.dims.size() < 2 || next_.below(4) == 0) t.dims.push_back(size);
        t.dims[next_.below(t.dims.size())] = size;
        return fit(t);
      }
      case 2:
        t.type = any_type();
        return fit(t);
      default:
        return change_data(t);
    }
  }
  /// Two times in three one of those that models are read from.
  [[nodiscard]] std::uint32_t any_type() {
    static constexpr std::uint32_t read[] = {0, 1, 8, 14, 30, 34, 35, 36, 41, 42};
    if (next_.below(3) != 0) return read[next_.below(std::size(read))];
    return trilith::io::ggml_types[next_.below(trilith::io::ggml_types.size())].id;
  }
  /// Data keeps its length; what is behind a tensor's bytes is padding.
  static void change_data(tensor& t) {
    const std::size_t size = t.data.size();
    if (size == 0) return;
    mutate(t.data, 0);
    t.data.resize(size);
  }
  /// Gives the tensor as many bytes as its type and dimensions take, if there is room.
  void fit(tensor& t) const {
    for (const ggml_traits& known : trilith::io::ggml_types) {
      std::uint64_t count = 0;
      if (known.id == t.type &&
          trilith::io::gguf_tensor_bytes(known.type, {t.dims.data(), t.dims.size()}, count) &&
          count <= room_ + t.data.size())
        return t.data.resize(count, 1);
    }
  }

  template <class Item>
  void rearrange(std::vector<Item>& items) {
    if (items.empty()) return;
    const auto any = [&] {
      return items.begin() + static_cast<std::ptrdiff_t>(next_.below(items.size()));
    };
    switch (next_.below(3)) {
      case 0:
        items.erase(any());
        return;
      case 1: {
        Item copy = *any();
        items.push_back(std::move(copy));
        return;
      }
      default:
        std::swap(*any(), *any());
    }
  }
  [[nodiscard]] std::size_t few() const { return std::min<std::size_t>(room_, 16); }

  parts& file_;
  random next_;
  std::size_t room_;
};

}  // namespace fuzz::gguf

namespace fuzz {

/// Changes one part of a GGUF file. One time in four, and where it is none, the change is a plain
/// one.
inline std::size_t mutate_gguf(unsigned char* data, std::size_t size, std::size_t max_size,
                               unsigned seed) {
  gguf::parts file;
  if (random(seed).below(4) == 0 || !file.read({data, size}))
    return LLVMFuzzerMutate(data, size, max_size);
  gguf::change(file, seed, max_size - size).make();
  const bytes out = file.written();
  if (out.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  std::copy(out.begin(), out.end(), data);
  return out.size();
}

}  // namespace fuzz

#endif

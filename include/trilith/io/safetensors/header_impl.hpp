#ifndef TRILITH_IO_SAFETENSORS_HEADER_IMPL_HPP
#define TRILITH_IO_SAFETENSORS_HEADER_IMPL_HPP

#include <trilith/io/safetensors.hpp>
#include <trilith/io/safetensors/json_impl.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace trilith::io::safetensors {

/// Counts beyond 2^53 are no exact numbers in every reader of JSON.
inline constexpr std::uint64_t largest_number = std::uint64_t{1} << 53;

/// A tensor as its header entry spells it: offsets count from the first byte after the header.
struct raw_tensor {
  std::string name, type;
  std::vector<std::uint64_t> shape, offsets;
};

/// Reads {"__metadata__": {key: text, ...}, name: {"dtype", "shape", "data_offsets"}, ...}.
class header_reader : public json::events {
 public:
  std::vector<raw_tensor> tensors;
  std::vector<metadata_pair> metadata;

  bool begin(char bracket) override {
    if (at_ == place::file && bracket == '{') return go(place::names);
    if (at_ == place::value && bracket == '{') return enter_value();
    if ((at_ == place::shape || at_ == place::offsets) && bracket == '[' && !in_list_)
      return in_list_ = true;
    return events::begin(bracket);
  }
  bool end() override {
    switch (at_) {
      case place::names:
        return go(place::file);
      case place::metadata:
        return go(place::names);
      case place::entry:
        return leave_tensor();
      default:
        in_list_ = false;
        return go(place::entry);
    }
  }
  bool key(std::string& name) override {
    switch (at_) {
      case place::names:
        name_ = std::move(name);
        return go(place::value);
      case place::metadata:
        metadata.push_back({std::move(name), {}});
        return go(place::text);
      default:
        return enter_member(name);
    }
  }
  bool text(std::string& value) override {
    if (at_ == place::text) {
      metadata.back().value = std::move(value);
      return go(place::metadata);
    }
    if (at_ != place::dtype) return events::text(value);
    tensors.back().type = std::move(value);
    return go(place::entry);
  }
  bool number(const json::number& n) override {
    if (!in_list_ || !n.is_whole || n.whole > largest_number) return events::number(n);
    if (at_ == place::shape) {
      tensors.back().shape.push_back(n.whole);
      return true;
    }
    if (tensors.back().offsets.size() == 2) return refuse("a third");
    tensors.back().offsets.push_back(n.whole);
    return true;
  }

 protected:
  [[nodiscard]] std::string expected() const override {
    const std::string tensor = join("tensor ", json::shown(name_), ": expected ");
    switch (at_) {
      case place::file:
        return "expected one object of tensors";
      case place::names:
        return "expected the name of a tensor";
      case place::value:
        return tensor + "an object";
      case place::metadata:
      case place::text:
        return "__metadata__: expected names with texts";
      case place::entry:
        return tensor + "dtype, shape and data_offsets, each once";
      case place::dtype:
        return tensor + "a text as its dtype";
      case place::shape:
        return tensor + "a list of whole numbers up to 2^53 as its shape";
      default:
        return tensor + "a list of two whole numbers up to 2^53 as its data_offsets";
    }
  }

 private:
  enum class place { file, names, value, metadata, text, entry, dtype, shape, offsets };

  bool go(place next) {
    at_ = next;
    return true;
  }
  bool enter_value() {
    if (name_ == "__metadata__") {
      if (seen_metadata_) return stop("the header has __metadata__ twice.");
      seen_metadata_ = true;
      return go(place::metadata);
    }
    tensors.push_back({name_, {}, {}, {}});
    seen_ = 0;
    return go(place::entry);
  }
  bool enter_member(const std::string& name) {
    static constexpr std::string_view members[] = {"dtype", "shape", "data_offsets"};
    for (unsigned i = 0; i < 3; ++i) {
      if (name != members[i] || (seen_ >> i & 1u) != 0) continue;
      seen_ |= 1u << i;
      return go(static_cast<place>(static_cast<unsigned>(place::dtype) + i));
    }
    return refuse(json::shown(name));
  }
  bool leave_tensor() {
    if (seen_ != 7) return refuse("the end of the object");
    const std::size_t offsets = tensors.back().offsets.size();
    at_ = place::offsets;
    if (offsets != 2) return refuse(offsets == 0 ? "none" : "one");
    return go(place::names);
  }

  place at_ = place::file;
  bool in_list_ = false;  ///< inside the brackets of shape or data_offsets
  bool seen_metadata_ = false;
  unsigned seen_ = 0;  ///< of the tensor's three members, a bit each
  std::string name_;
};

}  // namespace trilith::io::safetensors

#endif

#ifndef TRILITH_IO_HUGGING_FACE_SHARDS_INDEX_IMPL_HPP
#define TRILITH_IO_HUGGING_FACE_SHARDS_INDEX_IMPL_HPP

#include <trilith/io/safetensors/json_impl.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace trilith::io::shards {

struct index_entry {
  std::string tensor, file;
};

/// Reads {"metadata": {"total_size": n, ...}, "weight_map": {tensor: file, ...}, ...}.
class index_reader : public json::events {
 public:
  std::vector<index_entry> entries;
  bool has_map = false;
  json::number total_size;  ///< in bytes; spelled "" where the index has none

  bool begin(char bracket) override {
    if (skipping_ > 0 || at_ == place::skipped) return skip_deeper();
    if (at_ == place::index && bracket == '{') return go(place::names);
    if (at_ == place::map && bracket == '{') return go(place::tensors);
    if (at_ == place::metadata && bracket == '{') return go(place::facts);
    return events::begin(bracket);
  }
  bool end() override {
    if (skipping_ > 0) {
      if (--skipping_ == 0) at_ = back_;
      return true;
    }
    return go(at_ == place::names ? place::index : place::names);
  }
  bool key(std::string& name) override {
    if (skipping_ > 0) return true;
    if (at_ == place::tensors) {
      entries.push_back({std::move(name), {}});
      return go(place::file);
    }
    if (at_ == place::facts) return name == "total_size" ? once(sized_, name, place::size) : skip();
    if (name == "weight_map") return once(has_map, name, place::map);
    if (name == "metadata") return once(described_, name, place::metadata);
    return skip();
  }
  bool text(std::string& value) override {
    if (passed_over()) return true;
    if (at_ != place::file) return events::text(value);
    entries.back().file = std::move(value);
    return go(place::tensors);
  }
  bool number(const json::number& n) override {
    if (passed_over()) return true;
    if (at_ != place::size || n.value < 0) return events::number(n);
    total_size = n;
    return go(place::facts);
  }
  bool word(std::string_view literal) override {
    if (passed_over()) return true;
    if (at_ == place::metadata && literal == "null") return go(place::names);
    return events::word(literal);
  }

 protected:
  [[nodiscard]] std::string expected() const override {
    switch (at_) {
      case place::map:
        return "weight_map: expected an object of tensors";
      case place::metadata:
        return "metadata: expected an object";
      case place::size:
        return "metadata: total_size: expected a number of bytes";
      case place::file:
        return join("weight_map: tensor ", json::shown(entries.back().tensor),
                    ": expected the name of a file");
      default:
        return "expected one object with a weight_map";
    }
  }

 private:
  enum class place { index, names, map, tensors, file, metadata, facts, size, skipped };

  bool go(place next) {
    at_ = next;
    return true;
  }
  bool once(bool& seen, std::string_view name, place next) {
    if (seen) return stop(join("the name ", json::shown(name), " stands twice."));
    seen = true;
    return go(next);
  }
  bool skip() {
    back_ = at_;
    return go(place::skipped);
  }
  bool skip_deeper() {
    ++skipping_;
    return true;
  }
  /// Whether a value stands where nothing is read.
  bool passed_over() {
    if (skipping_ > 0) return true;
    if (at_ != place::skipped) return false;
    return go(back_);
  }

  place at_ = place::index, back_ = place::index;
  std::size_t skipping_ = 0;  ///< brackets open inside a value that is not read
  bool sized_ = false, described_ = false;
};

}  // namespace trilith::io::shards

#endif

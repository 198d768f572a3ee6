#ifndef TRILITH_IO_HUGGING_FACE_TREE_IMPL_HPP
#define TRILITH_IO_HUGGING_FACE_TREE_IMPL_HPP

#include <trilith/io/hugging_face/json_impl.hpp>
#include <trilith/io/hugging_face/shards_paths_impl.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trilith::io::hf {

/// Configurations have a few kilobytes.
inline constexpr std::uint64_t largest_config = 1'000'000;

/// Builds the value of a text of bounded size and depth.
class tree_reader : public json::events {
 public:
  value root;
  std::vector<std::string> twice;  ///< members that stand twice with one meaning

  bool begin(char bracket) override {
    if (open_.size() == deepest) return stop(join("it nests deeper than ", deepest, " brackets."));
    open_.push_back(named(bracket == '{' ? value::kind::object : value::kind::list));
    return true;
  }
  bool end() override {
    if (open_.back().is == value::kind::object && !settle(open_.back())) return false;
    value closed = std::move(open_.back());
    open_.pop_back();
    return add(std::move(closed));
  }
  bool key(std::string& name) override {
    key_ = std::move(name);
    return true;
  }
  bool text(std::string& said) override {
    value v = named(value::kind::text);
    v.text = std::move(said);
    return add(std::move(v));
  }
  bool number(const json::number& n) override {
    value v = named(value::kind::number);
    v.number = n;
    return add(std::move(v));
  }
  bool word(std::string_view literal) override {
    value v = named(literal == "null" ? value::kind::null : value::kind::truth);
    v.truth = literal == "true";
    return add(std::move(v));
  }

 protected:
  [[nodiscard]] std::string expected() const override { return "expected JSON"; }

 private:
  static constexpr std::size_t deepest = 32;

  value named(value::kind is) {
    value v;
    v.is = is;
    v.key = std::exchange(key_, {});
    return v;
  }
  bool add(value&& v) {
    if (open_.empty())
      root = std::move(v);
    else
      open_.back().items.push_back(std::move(v));
    return true;
  }
  /// Sorts the members; of equal names with one meaning it keeps the first.
  bool settle(value& object) {
    std::vector<value>& all = object.items;
    std::stable_sort(all.begin(), all.end(),
                     [](const value& a, const value& b) { return a.key < b.key; });
    for (std::size_t i = 1; i < all.size(); ++i) {
      if (all[i].key != all[i - 1].key) continue;
      const std::string path = path_to(all[i].key);
      if (!agree(all[i - 1], all[i]))
        return stop(join(path, ": it stands twice, with different values: ", shown(&all[i - 1]),
                         " and ", shown(&all[i]), "."));
      twice.push_back(path);
    }
    all.erase(std::unique(all.begin(), all.end(),
                          [](const value& a, const value& b) { return a.key == b.key; }),
              all.end());
    return true;
  }
  [[nodiscard]] std::string path_to(std::string_view key) const {
    std::string path;
    for (std::size_t i = 1; i < open_.size(); ++i) path += open_[i].key + ".";
    return json::shown(path += key);
  }

  std::vector<value> open_;
  std::string key_;
};

/// Reads one JSON object; notes hear of members that stand twice.
[[nodiscard]] inline result<value> parse_object(std::string_view text, std::string_view name,
                                                std::vector<std::string>& notes) {
  if (status ok = json::available(name); !ok) return std::move(ok).error();
  if (status ok = shards::check_text(text, name, largest_config); !ok) return std::move(ok).error();
  tree_reader reader;
  if (!json::read(text, reader)) return error{errc::malformed, join(name, ": ", reader.why())};
  if (reader.root.is != value::kind::object)
    return error{errc::malformed,
                 join(name, ": expected a JSON object, found ", shown(&reader.root), ".")};
  for (const std::string& path : reader.twice)
    notes.push_back(join(name, ": ", path, " stands twice, with the same meaning."));
  return std::move(reader.root);
}

}  // namespace trilith::io::hf

#endif

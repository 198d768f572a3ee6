#ifndef TRILITH_IO_HUGGING_FACE_JSON_IMPL_HPP
#define TRILITH_IO_HUGGING_FACE_JSON_IMPL_HPP

#include <trilith/io/safetensors/json_impl.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

/// Configurations of Hugging Face models.
namespace trilith::io::hf {

/// A value of a small JSON text.
struct value {
  enum class kind { null, truth, number, text, list, object };
  kind is = kind::null;
  std::string key;   ///< its name in an object
  std::string text;  ///< of a text
  json::number number;
  bool truth = false;
  std::vector<value> items;  ///< of a list, or of an object, sorted by key

  /// The member of this name, or null.
  [[nodiscard]] const value* find(std::string_view name) const noexcept {
    const auto at = std::lower_bound(items.begin(), items.end(), name,
                                     [](const value& v, std::string_view n) { return v.key < n; });
    return at == items.end() || at->key != name ? nullptr : &*at;
  }
  /// The same; null also where the member is JSON's null, which says what its absence says.
  [[nodiscard]] const value* given(std::string_view name) const noexcept {
    const value* const v = find(name);
    return v == nullptr || v->is == kind::null ? nullptr : v;
  }
};

[[nodiscard]] inline std::string shown(const value* v) {
  using enum value::kind;
  if (v == nullptr) return "nothing";
  switch (v->is) {
    case null:
      return "null";
    case truth:
      return v->truth ? "true" : "false";
    case number:
      return v->number.spelled;
    case text:
      return json::shown(v->text);
    default:
      return v->is == list ? "a list" : "an object";
  }
}

[[nodiscard]] inline bool agree(const value& a, const value& b);

/// Whether the members that either object gives are given by both, with one meaning.
[[nodiscard]] inline bool members_agree(const value& a, const value& b) {
  const auto in_b = [&](const value& member) {
    const value* const other = b.given(member.key);
    return member.is == value::kind::null || (other != nullptr && agree(member, *other));
  };
  const auto in_a = [&](const value& member) {
    return member.is == value::kind::null || a.given(member.key) != nullptr;
  };
  return std::all_of(a.items.begin(), a.items.end(), in_b) &&
         std::all_of(b.items.begin(), b.items.end(), in_a);
}

/// Whether two values mean the same.
[[nodiscard]] inline bool agree(const value& a, const value& b) {
  using enum value::kind;
  if (a.is != b.is) return false;
  if (a.is == number)
    return a.number.is_whole && b.number.is_whole ? a.number.whole == b.number.whole
                                                  : a.number.value == b.number.value;
  if (a.is == object) return members_agree(a, b);
  return a.text == b.text && a.truth == b.truth &&
         std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(), agree);
}

}  // namespace trilith::io::hf

#endif

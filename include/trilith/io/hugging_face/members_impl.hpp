#ifndef TRILITH_IO_HUGGING_FACE_MEMBERS_IMPL_HPP
#define TRILITH_IO_HUGGING_FACE_MEMBERS_IMPL_HPP

#include <trilith/io/hugging_face/json_impl.hpp>

#include <cmath>
#include <string>
#include <string_view>
#include <vector>

namespace trilith::io::hf {

/// Whether a member that is absent, or null, is an error.
enum class need { optional, required };

/// Takes members of an object one after another. The first failure stays and later calls do
/// nothing, so that a reader may take all it needs and ask once. Where an optional member is
/// absent, the variable keeps its value.
class members {
 public:
  /// `prefix`: where the object stands in its file, such as "quantization_config."
  members(const value& object, std::string_view file, std::string_view prefix = "")
      : object_(object), file_(file), prefix_(prefix) {}

  [[nodiscard]] bool good() const noexcept { return ok_.has_value(); }
  [[nodiscard]] status finish() { return std::move(ok_); }
  /// The member, or null where it is absent or JSON's null.
  [[nodiscard]] const value* find(std::string_view name) const noexcept {
    return object_.given(name);
  }

  void whole(std::string_view name, std::size_t& to, std::size_t least, std::size_t most,
             need n = need::optional) {
    const value* const v = get(name, value::kind::number, n, "a whole number");
    if (v == nullptr) return;
    if (!v->number.is_whole || v->number.whole < least || v->number.whole > most)
      return fail(errc::invalid_value, name,
                  join("expected a whole number from ", least, " to ", most, ", found ",
                       v->number.spelled, "."));
    to = v->number.whole;
  }
  /// A finite number in [least, most] that is no zero as a float.
  template <class Real>
  void real(std::string_view name, Real& to, double least, double most, need n = need::optional) {
    const value* const v = get(name, value::kind::number, n, "a number");
    if (v == nullptr) return;
    const double x = v->number.value;
    if (!(x >= least && x <= most) || static_cast<float>(x) == 0.f)
      return fail(errc::invalid_value, name,
                  join("expected a number from ", json::spelled(least), " to ", json::spelled(most),
                       ", found ", v->number.spelled, "."));
    to = static_cast<Real>(x);
  }
  void truth(std::string_view name, bool& to) {
    if (const value* v = get(name, value::kind::truth, need::optional, "true or false"))
      to = v->truth;
  }
  void text(std::string_view name, std::string& to, need n = need::optional) {
    if (const value* v = get(name, value::kind::text, n, "a text")) to = v->text;
  }
  void texts(std::string_view name, std::vector<std::string>& to) {
    const value* const v = get(name, value::kind::list, need::optional, "a list of texts");
    if (v == nullptr) return;
    to.clear();
    for (const value& item : v->items) {
      if (item.is != value::kind::text) return mistyped(name, "a list of texts", &item);
      to.push_back(item.text);
    }
  }
  /// A token, or a list of tokens.
  void tokens(std::string_view name, std::vector<std::int32_t>& to, std::size_t vocab) {
    const value* const v = ok_ ? find(name) : nullptr;
    if (v == nullptr) return;
    if (v->is != value::kind::list) return token(name, *v, to, vocab);
    for (const value& item : v->items) token(name, item, to, vocab);
  }
  [[nodiscard]] const value* object(std::string_view name) {
    return get(name, value::kind::object, need::optional, "an object");
  }
  /// A switch that nothing here computes: it may only be off.
  void off(std::string_view name, std::string_view why) {
    bool on = false;
    truth(name, on);
    if (on) fail(errc::unsupported, name, why);
  }

  void fail(errc code, std::string_view name, std::string_view what) {
    if (ok_) ok_ = error{code, join(file_, ": ", prefix_, name, ": ", what)};
  }

 private:
  const value* get(std::string_view name, value::kind kind, need n, std::string_view expected) {
    const value* const v = ok_ ? find(name) : nullptr;
    if (v != nullptr && v->is == kind) return v;
    if (v != nullptr || n == need::required) mistyped(name, expected, object_.find(name));
    return nullptr;
  }
  void mistyped(std::string_view name, std::string_view expected, const value* found) {
    fail(errc::malformed, name, join("expected ", expected, ", found ", shown(found), "."));
  }
  void token(std::string_view name, const value& v, std::vector<std::int32_t>& to,
             std::size_t vocab) {
    if (v.is != value::kind::number) return mistyped(name, "a token, or a list of tokens", &v);
    if (!v.number.is_whole || v.number.whole >= vocab)
      return fail(errc::invalid_value, name,
                  join("expected tokens from 0 to ", vocab - 1, ", since vocab_size is ", vocab,
                       ", found ", v.number.spelled, "."));
    const auto id = static_cast<std::int32_t>(v.number.whole);
    if (std::find(to.begin(), to.end(), id) == to.end()) to.push_back(id);
  }

  const value& object_;
  std::string_view file_, prefix_;
  status ok_ = done{};
};

}  // namespace trilith::io::hf

#endif

#ifndef TRILITH_IO_SAFETENSORS_JSON_IMPL_HPP
#define TRILITH_IO_SAFETENSORS_JSON_IMPL_HPP

#include <trilith/core/error.hpp>
#include <trilith/core/text.hpp>
#include <trilith/text/spelling_impl.hpp>

#include <cstdint>
#include <string>
#include <string_view>

#if !defined(TRILITH_HAS_JSON)
#if __has_include(<nlohmann/json.hpp>)
#define TRILITH_HAS_JSON 1
#else
#define TRILITH_HAS_JSON 0
#endif
#endif
#if TRILITH_HAS_JSON
#include <nlohmann/json.hpp>
#endif

/// The one place that knows nlohmann-json. Event by event, so that no text of a file becomes a tree
/// whose depth or size it chooses.
namespace trilith::io::json {

/// A name from a file, for a message.
[[nodiscard]] inline std::string shown(std::string_view name) {
  return text::detail::in_quotes(name);
}

struct number {
  bool is_whole = false;  ///< not negative, no fraction, below 2^64
  std::uint64_t whole = 0;
  double value = 0;
  std::string spelled;
};

/// What a JSON text says. A reader overrides the events it expects; every other one is refused.
class events {
 public:
  events() = default;
  events(const events&) = delete;
  events& operator=(const events&) = delete;
  virtual ~events() = default;

  virtual bool begin(char bracket) { return refuse(bracket == '{' ? "an object" : "a list"); }
  virtual bool end() { return refuse("an end"); }
  virtual bool key(std::string& name) { return refuse(join("the name ", shown(name))); }
  virtual bool text(std::string& value) { return refuse(join("the text ", shown(value))); }
  virtual bool number(const json::number& value) { return refuse(value.spelled); }
  virtual bool word(std::string_view literal) { return refuse(literal); }

  /// Why reading stopped.
  [[nodiscard]] const std::string& why() const noexcept { return why_; }
  bool stop(std::string why) {
    why_ = std::move(why);
    return false;
  }

 protected:
  /// 'tensor "x": expected a text as its dtype': the place, and what belongs there.
  [[nodiscard]] virtual std::string expected() const = 0;
  bool refuse(std::string_view found) { return stop(join(expected(), ", found ", found, ".")); }

 private:
  std::string why_;
};

#if TRILITH_HAS_JSON

/// Gives nlohmann's events to ours.
struct sax_adapter {
  events& to;

  bool null() { return to.word("null"); }
  bool boolean(bool value) { return to.word(value ? "true" : "false"); }
  bool number_integer(std::int64_t value) {
    return to.number({false, 0, static_cast<double>(value), std::to_string(value)});
  }
  bool number_unsigned(std::uint64_t value) {
    return to.number({true, value, static_cast<double>(value), std::to_string(value)});
  }
  bool number_float(double value, const std::string& spelled) {
    return to.number({false, 0, value, spelled.substr(0, 40)});
  }
  bool string(std::string& value) { return to.text(value); }
  bool binary(nlohmann::json::binary_t&) { return false; }
  bool start_object(std::size_t) { return to.begin('{'); }
  bool start_array(std::size_t) { return to.begin('['); }
  bool key(std::string& name) { return to.key(name); }
  bool end_object() { return to.end(); }
  bool end_array() { return to.end(); }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) {
    return to.stop(join("it is not valid JSON at its byte ", position, "."));
  }
};

/// Reads a whole text of valid UTF-8; false, and to.why(), where it is not what `to` expects.
[[nodiscard]] inline bool read(std::string_view text, events& to) {
  // a zero byte would end the text early for the parser
  if (const std::size_t zero = text.find('\0'); zero != text.npos)
    return to.stop(join("it is not valid JSON at its byte ", zero + 1, "."));
  sax_adapter adapter{to};
  return nlohmann::json::sax_parse(text.begin(), text.end(), &adapter);
}

/// `text`, valid UTF-8, as a JSON string.
[[nodiscard]] inline std::string spelled(std::string_view text) {
  return nlohmann::json(text).dump();
}
/// The shortest decimal that reads back as exactly `value`, which is finite.
[[nodiscard]] inline std::string spelled(double value) {
  return nlohmann::json(value).dump();
}

[[nodiscard]] inline status available(std::string_view) {
  return done{};
}

#else

[[nodiscard]] inline bool read(std::string_view, events&) {
  return false;
}
[[nodiscard]] inline std::string spelled(std::string_view) {
  return {};
}
[[nodiscard]] inline std::string spelled(double) {
  return {};
}

[[nodiscard]] inline status available(std::string_view path) {
  return error{errc::unsupported,
               join(path,
                    ": this program was compiled without nlohmann-json, which safetensors files "
                    "need; install it (Debian: nlohmann-json3-dev) and compile again.")};
}

#endif

}  // namespace trilith::io::json

#endif

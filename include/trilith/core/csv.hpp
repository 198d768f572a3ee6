#ifndef TRILITH_CORE_CSV_HPP
#define TRILITH_CORE_CSV_HPP

#include <string>

namespace trilith {

/// A field of RFC 4180: in quotes where it holds a comma, a quote or a line end.
[[nodiscard]] inline std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

}  // namespace trilith

#endif

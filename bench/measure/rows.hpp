#ifndef TRILITH_BENCH_MEASURE_ROWS_HPP
#define TRILITH_BENCH_MEASURE_ROWS_HPP

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

namespace bench {

/// The rows of a result: names and values, in the order of writing.
using row = nlohmann::ordered_json;

/// Four significant digits are more than a clock can tell.
[[nodiscard]] inline double rounded(double value) {
  if (!std::isfinite(value)) return 0;
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return std::strtod(text, nullptr);
}

/// A list of rows, one a line. Nothing where the file has no name.
inline void write_rows(const std::vector<row>& rows, const std::string& file) {
  if (file.empty()) return;
  std::ofstream out(file);
  out << '[';
  for (std::size_t i = 0; i < rows.size(); ++i) out << (i == 0 ? "\n" : ",\n") << rows[i].dump();
  out << "\n]\n";
  if (!out.flush()) std::fprintf(stderr, "error: '%s' could not be written.\n", file.c_str());
}

/// A line of a Markdown table.
inline void print_cells(const std::vector<std::string>& cells) {
  for (const std::string& cell : cells) std::printf("| %s ", cell.c_str());
  std::puts("|");
}
inline void print_header(const std::vector<std::string>& cells) {
  print_cells(cells);
  for (std::size_t i = 0; i < cells.size(); ++i) std::fputs("|---", stdout);
  std::puts("|");
}
/// A figure with three significant digits, "-" for none.
[[nodiscard]] inline std::string figure(double value) {
  if (value <= 0) return "-";
  char text[32];
  std::snprintf(text, sizeof text, value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%.0f", value);
  return text;
}
[[nodiscard]] inline std::string percent(double share) {
  return share <= 0 ? "-" : std::to_string(std::lround(100 * share)) + "%";
}

}  // namespace bench

#endif

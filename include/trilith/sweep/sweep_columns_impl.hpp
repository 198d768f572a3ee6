#ifndef TRILITH_SWEEP_SWEEP_COLUMNS_IMPL_HPP
#define TRILITH_SWEEP_SWEEP_COLUMNS_IMPL_HPP

#include <trilith/core/text.hpp>
#include <trilith/sweep/sweep_table.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

/// The columns of a sweep's table, which all its forms share.
namespace trilith::sweeps {

/// "1.5007", "696320": what a person compares; nothing for what was not measured.
[[nodiscard]] inline std::string spelled(double v) {
  if (!std::isfinite(v)) return {};
  char text[32];
  const bool is_whole = std::fabs(v) < 1e15 && (v == std::floor(v) || std::fabs(v) >= 1e5);
  std::snprintf(text, sizeof text, is_whole ? "%.0f" : "%.5g", v);
  return text;
}

[[nodiscard]] inline std::string unless_zero(double v) {
  return v == 0 ? std::string() : spelled(v);
}

struct column {
  std::string name;
  bool is_number;
  std::function<std::string(const sweep_row&)> text;
};

[[nodiscard]] inline column of_text(const char* name, std::string sweep_row::*member) {
  return {name, false, [member](const sweep_row& r) { return r.*member; }};
}
[[nodiscard]] inline column of_count(const char* name, std::uint64_t sweep_row::*member) {
  return {name, true, [member](const sweep_row& r) {
            return r.*member == 0 ? std::string() : std::to_string(r.*member);
          }};
}
[[nodiscard]] inline column of_figure(const std::string& name, std::size_t i) {
  return {name, true, [i](const sweep_row& r) {
            return i < r.figures.size() ? spelled(r.figures[i]) : std::string();
          }};
}

[[nodiscard]] inline std::vector<column> columns_of(const sweep_table& table) {
  std::vector<column> out{
      of_text("weights", &sweep_row::weights),
      of_text("activations", &sweep_row::activations),
      of_text("output_activations", &sweep_row::output_activations),
      of_text("kv", &sweep_row::kv),
      of_text("backend", &sweep_row::backend),
      of_text("placement", &sweep_row::placement),
      {"weight_bits", true, [](const sweep_row& r) { return unless_zero(r.weight_bits); }},
      {"activation_bits", true, [](const sweep_row& r) { return unless_zero(r.activation_bits); }},
      of_count("bytes", &sweep_row::bytes),
      of_count("kv_bytes", &sweep_row::kv_bytes),
      of_text("kernel", &sweep_row::kernel)};
  for (std::size_t i = 0; i < table.figures.size(); ++i)
    out.push_back(of_figure(table.figures[i], i));
  out.push_back(of_text("obstacle", &sweep_row::obstacle));
  return out;
}

/// Columns that tell rows apart, and all figures.
[[nodiscard]] inline std::vector<column> telling(const sweep_table& table) {
  std::vector<column> out;
  for (const column& c : columns_of(table)) {
    const bool is_figure =
        std::find(table.figures.begin(), table.figures.end(), c.name) != table.figures.end();
    const bool is_output = c.name == "output_activations";  // of interest where they differ
    const auto differs = [&](const sweep_row& r) {
      return is_output ? !c.text(r).empty() && c.text(r) != r.activations
                       : c.text(r) != c.text(table.rows[0]);
    };
    const auto is_there = [&](const sweep_row& r) { return !c.text(r).empty(); };
    const bool tells = is_figure ? std::any_of(table.rows.begin(), table.rows.end(), is_there)
                                 : std::any_of(table.rows.begin(), table.rows.end(), differs);
    if (c.name != "obstacle" && tells) out.push_back(c);
  }
  if (out.empty()) out.push_back(columns_of(table)[0]);
  return out;
}

}  // namespace trilith::sweeps

#endif

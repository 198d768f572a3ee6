#ifndef TRILITH_SWEEP_SWEEP_TABLE_IMPL_HPP
#define TRILITH_SWEEP_SWEEP_TABLE_IMPL_HPP

#include <trilith/core/csv.hpp>
#include <trilith/sweep/sweep_columns_impl.hpp>

#include <algorithm>
#include <limits>

namespace trilith::sweeps {

[[nodiscard]] inline std::string line_of(const std::vector<column>& columns, const sweep_row& row) {
  std::string out = "|";
  for (const column& c : columns) out += join(" ", c.text(row), " |");
  return out + "\n";
}

/// What a point is called where only its sentence is shown.
[[nodiscard]] inline std::string name_of(const sweep_row& r) {
  std::string out = join(r.weights, " x ", r.activations);
  if (r.output_activations != r.activations) out += join("|", r.output_activations);
  return join(out, ", kv ", r.kv, ", ", r.backend, ", ", r.placement);
}

/// Names and sentences of the library are printable; what is not becomes a blank.
[[nodiscard]] inline std::string json_string(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out + "\"";
}

}  // namespace trilith::sweeps

namespace trilith::TRILITH_IMPLEMENTED {

void add_figures(sweep_table& table, sweep_row row, const sweep_figures& found) {
  row.figures.assign(table.figures.size(), std::numeric_limits<double>::quiet_NaN());
  for (const sweep_figures::figure& f : found.all) {
    const auto at = std::find(table.figures.begin(), table.figures.end(), f.name);
    const auto i = static_cast<std::size_t>(at - table.figures.begin());
    if (at == table.figures.end()) {
      table.figures.push_back(f.name);
      row.figures.push_back(0);
    }
    row.figures[i] = f.value;
  }
  table.rows.push_back(std::move(row));
}

std::string sweep_markdown(const sweep_table& table) {
  if (table.rows.empty()) return "No scheme was swept.\n";
  const auto columns = sweeps::telling(table);
  std::string out = "|", rule = "|", skipped;
  for (const sweeps::column& c : columns) {
    out += join(" ", c.name, " |");
    rule += c.is_number ? "---:|" : "---|";
  }
  out += "\n" + rule + "\n";
  for (const sweep_row& r : table.rows)
    if (r.obstacle.empty())
      out += sweeps::line_of(columns, r);
    else
      skipped += join("- ", sweeps::name_of(r), ": ", r.obstacle, "\n");
  return skipped.empty() ? out : out + "\nLeft out:\n\n" + skipped;
}

std::string sweep_csv(const sweep_table& table) {
  const auto columns = sweeps::columns_of(table);
  std::string out;
  for (const sweeps::column& c : columns) out += join(out.empty() ? "" : ",", csv_field(c.name));
  out += "\r\n";
  for (const sweep_row& r : table.rows) {
    for (std::size_t i = 0; i < columns.size(); ++i)
      out += join(i == 0 ? "" : ",", csv_field(columns[i].text(r)));
    out += "\r\n";
  }
  return out;
}

std::string sweep_json(const sweep_table& table) {
  const auto columns = sweeps::columns_of(table);
  std::string out = "[";
  for (const sweep_row& r : table.rows) {
    std::string object;
    for (const sweeps::column& c : columns) {
      const std::string text = c.text(r);
      if (text.empty()) continue;
      object += join(object.empty() ? "" : ", ", sweeps::json_string(c.name), ": ",
                     c.is_number ? text : sweeps::json_string(text));
    }
    out += join(out.size() == 1 ? "\n" : ",\n", "{", object, "}");
  }
  return out + "\n]\n";
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif

#ifndef TRILITH_SEARCH_PARETO_TABLE_IMPL_HPP
#define TRILITH_SEARCH_PARETO_TABLE_IMPL_HPP

#include <trilith/core/csv.hpp>
#include <trilith/core/text.hpp>
#include <trilith/search/decimals_impl.hpp>
#include <trilith/search/pareto_texts_impl.hpp>

namespace trilith::searches {

/// Heads of the columns that follow the row's number: objectives, then genes.
[[nodiscard]] inline std::vector<std::string> heads_of(const pareto::table& table) {
  std::vector<std::string> out;
  for (std::size_t m = 0; m < objectives_in(table); ++m) out.push_back(axis_name(table, m));
  out.insert(out.end(), table.genes.begin(), table.genes.end());
  return out;
}

/// Numbers of a row in the order of the heads, as shown.
[[nodiscard]] inline std::vector<double> row_of(const pareto::table& table,
                                                const pareto::individual& one) {
  std::vector<double> out;
  for (std::size_t m = 0; m < objectives_in(table); ++m) out.push_back(shown(table, one, m));
  for (std::size_t g = 0; g < table.genes.size(); ++g)
    out.push_back(g < one.genome.size() ? one.genome[g] : std::nan(""));
  return out;
}

/// Text of a cell of Markdown.
[[nodiscard]] inline std::string cell(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

}  // namespace trilith::searches

namespace trilith::TRILITH_IMPLEMENTED {

std::string pareto_markdown(const pareto::table& table) {
  if (table.front.empty()) return "No point is feasible.\n";
  std::string out = "| point |", rule = "|---:|";
  for (const std::string& head : searches::heads_of(table)) {
    out += join(" ", searches::cell(head), " |");
    rule += "---:|";
  }
  out += "\n" + rule + "\n";
  const std::size_t knee = searches::knee_in(table);
  for (std::size_t i = 0; i < table.front.size(); ++i) {
    const std::string number = std::to_string(i + 1);
    out += i == knee ? join("| **", number, "** (knee) |") : join("| ", number, " |");
    for (const double v : searches::row_of(table, table.front[i]))
      out += join(" ", searches::spelled(v), " |");
    out += "\n";
  }
  return out;
}

std::string pareto_csv(const pareto::table& table) {
  std::string out = "point,knee";
  for (const std::string& head : searches::heads_of(table)) out += "," + csv_field(head);
  out += "\r\n";
  const std::size_t knee = searches::knee_in(table);
  for (std::size_t i = 0; i < table.front.size(); ++i) {
    out += join(i + 1, i == knee ? ",1" : ",0");
    for (const double v : searches::row_of(table, table.front[i]))
      out += join(",", v == v ? searches::decimals(v) : std::string());
    out += "\r\n";
  }
  return out;
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif

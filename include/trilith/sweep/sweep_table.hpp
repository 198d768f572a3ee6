#ifndef TRILITH_SWEEP_SWEEP_TABLE_HPP
#define TRILITH_SWEEP_SWEEP_TABLE_HPP

#include <trilith/core/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// What a sweep found, for people and for programs.
namespace trilith {

/// What a sweep's callable measured; a figure of its own kind is added with add().
struct sweep_figures {
  struct figure {
    std::string name;
    double value = 0;
  };
  std::vector<figure> all = {};

  sweep_figures& add(std::string_view name, double value) {
    all.push_back({std::string(name), value});
    return *this;
  }
};

/// A point of a sweep, and what was measured there.
struct sweep_row {
  std::string weights = {}, activations = {}, output_activations = {};
  std::string kv = {}, backend = {}, placement = {};
  double weight_bits = 0;  ///< of a block's weights, scales included
  double activation_bits = 0;
  std::uint64_t bytes = 0;           ///< of all packed parameters
  std::uint64_t kv_bytes = 0;        ///< a token
  std::string kernel = {};           ///< who multiplies what
  std::vector<double> figures = {};  ///< in the order of sweep_table::figures
  std::string obstacle = {};         ///< why there is no such model; empty where there is one
};

struct sweep_table;

/// Which two columns a picture shows: "weight_bits", "activation_bits", "bytes",
/// "kv_bytes", or a figure's name.
struct sweep_axes {
  std::string_view x = "weight_bits", y;
  std::string_view title;
};

}  // namespace trilith

namespace trilith::TRILITH_IMPLEMENTED {
void add_figures(sweep_table& table, sweep_row row, const sweep_figures& found);
std::string sweep_markdown(const sweep_table& table);
std::string sweep_csv(const sweep_table& table);
std::string sweep_json(const sweep_table& table);
std::string sweep_svg(const sweep_table& table, const sweep_axes& axes);
}  // namespace trilith::TRILITH_IMPLEMENTED

namespace trilith {

/// Rows in the order of the sweep. Columns that are the same in all rows are left out of
/// markdown().
///
///     std::puts(table.markdown().c_str());
///     table.svg({.x = "bytes", .y = "bits a byte"})    // a picture that needs no other file
struct sweep_table {
  std::vector<std::string> figures = {};  ///< names of what was measured
  std::vector<sweep_row> rows = {};

  /// Appends a row; figures that no row had before become a new column.
  void add(sweep_row row, const sweep_figures& found) {
    TRILITH_IMPLEMENTED::add_figures(*this, std::move(row), found);
  }
  /// A table of Markdown; points without a model below it, with their sentences.
  [[nodiscard]] std::string markdown() const { return TRILITH_IMPLEMENTED::sweep_markdown(*this); }
  /// All columns, as RFC 4180 has it.
  [[nodiscard]] std::string csv() const { return TRILITH_IMPLEMENTED::sweep_csv(*this); }
  [[nodiscard]] std::string json() const { return TRILITH_IMPLEMENTED::sweep_json(*this); }
  /// One mark for each row that has both, with its name; kinds of weights by colour.
  [[nodiscard]] std::string svg(const sweep_axes& axes) const {
    return TRILITH_IMPLEMENTED::sweep_svg(*this, axes);
  }
};

}  // namespace trilith

#endif

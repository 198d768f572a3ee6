#ifndef TRILITH_SEARCH_PARETO_TABLE_HPP
#define TRILITH_SEARCH_PARETO_TABLE_HPP

#include <trilith/config.hpp>
#include <trilith/search/individual.hpp>

#include <string>
#include <string_view>

namespace trilith::pareto {

/// What an objective is called where people see it.
struct axis {
  std::string name;
  bool is_negated = false;  ///< it was minimised as -f, and f is shown
};

struct table;

}  // namespace trilith::pareto

namespace trilith::TRILITH_IMPLEMENTED {
std::string pareto_markdown(const pareto::table& table);
std::string pareto_csv(const pareto::table& table);
std::string pareto_svg(const pareto::table& table, std::size_t x, std::size_t y);
}  // namespace trilith::TRILITH_IMPLEMENTED

namespace trilith::pareto {

/// A front for people and for programs, with its knee() marked.
///
///     const tl::pareto::table table{.title = "experts",
///                                   .axes = {{"right answers", true}, {"ms a token"}},
///                                   .front = found.front(),
///                                   .others = found.population};
///     std::puts(table.markdown().c_str());
///     save("front.svg", table.svg());
struct table {
  std::string title = {};
  std::vector<axis> axes = {};          ///< one for each objective; missing ones are numbered
  std::vector<std::string> genes = {};  ///< names of a genome's numbers; none: not listed
  std::vector<individual> front = {};   ///< as front() gives it
  std::vector<individual> others = {};  ///< drawn in grey behind it, such as the population

  /// A row for each point; the knee's number is bold.
  [[nodiscard]] std::string markdown() const { return TRILITH_IMPLEMENTED::pareto_markdown(*this); }
  /// The same with all digits, as RFC 4180 has it; a column says which row is the knee.
  [[nodiscard]] std::string csv() const { return TRILITH_IMPLEMENTED::pareto_csv(*this); }
  /// Two of the objectives as a picture of 900 x 500 units that needs no other file. Points that
  /// are not finite or lack one of the two are left out.
  [[nodiscard]] std::string svg(std::size_t x = 0, std::size_t y = 1) const {
    return TRILITH_IMPLEMENTED::pareto_svg(*this, x, y);
  }
};

}  // namespace trilith::pareto

#endif

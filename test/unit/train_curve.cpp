#include <trilith/train/curve.hpp>
#include <trilith/train/training_text.hpp>

#include <cmath>
#include <limits>

#include "files.hpp"

using namespace test;
namespace tl = trilith;

namespace {

std::size_t count_of(const std::string& text, std::string_view what) {
  std::size_t n = 0;
  for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++n;
  return n;
}
tl::curve_series falling(std::size_t points) {
  tl::curve_series out{.name = "loss", .points = {}, .is_smoothed = true};
  for (std::size_t i = 0; i < points; ++i) {
    const auto x = static_cast<double>(i);
    out.points.push_back({x, 2 + 6 * std::exp(-x / 200) + 0.3 * std::sin(x)});
  }
  return out;
}
tl::curve two_series() {
  return {.title = "a & b",
          .x = "step",
          .left = "nats <per token>",
          .right = "bits",
          .series = {falling(1000), {"checked", {{0, 3}, {500, 2}, {999, 1.5}}, false, true}}};
}

}  // namespace

TEST_CASE("the picture of a curve has axes, labels, and a path for each line", "[train]") {
  const std::string svg = tl::svg(two_series());
  CHECK(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
  CHECK(svg.ends_with("</svg>\n"));
  CHECK(svg.find("a &amp; b") != svg.npos);
  CHECK(svg.find("nats &lt;per token&gt;") != svg.npos);
  for (const char* const label : {">step<", ">bits<", ">loss<", ">checked<", ">800<", ">4<"})
    CHECK(svg.find(label) != svg.npos);
  CHECK(count_of(svg, "fill=\"none\"") == 3);  // thin, smoothed, checked
  CHECK(count_of(svg, "nan") == 0);
  CHECK(count_of(svg, "<text") == count_of(svg, "</text>"));
}

TEST_CASE("long series are drawn by means, and pictures stay small", "[train]") {
  tl::curve all{.title = {}, .x = {}, .left = {}, .right = {}, .series = {falling(200'000)}};
  CHECK(tl::svg(all).size() < 40'000);
}

TEST_CASE("curves without points, with one, or with some that are not finite", "[train]") {
  tl::curve all{.title = "none", .x = "x", .left = "y", .right = {}, .series = {}};
  CHECK(tl::svg(all).ends_with("</svg>\n"));
  CHECK(tl::terminal_curve(all).size() > 100);
  all.series.push_back({"one", {{5, 2}}});
  CHECK(count_of(tl::svg(all), "fill=\"none\"") == 1);
  const double inf = std::numeric_limits<double>::infinity();
  all.series.push_back({"some", {{1, 1}, {2, inf}, {3, std::nan("")}, {4, 4}}});
  CHECK(count_of(tl::svg(all), "inf") == 0);
  CHECK(count_of(tl::terminal_curve(all), "nan") == 0);
}

TEST_CASE("a curve of a terminal has its rows, columns and numbers", "[train]") {
  tl::curve all{
      .title = {}, .x = {}, .left = {}, .right = {}, .series = {{"line", {{0, 0}, {100, 10}}}}};
  CHECK(tl::terminal_curve(all, 4, 2) ==
        "      10 |⠀⠀⡠⠊\n"
        "       0 |⡠⠊⠀⠀\n"
        "          0 100\n");
  const std::string usual = tl::terminal_curve(two_series());
  CHECK(count_of(usual, "\n") == 13);
  CHECK(count_of(usual, "\xE2") == 60 * 12);
  CHECK(tl::terminal_curve(all, 0, 5).empty());
}

TEST_CASE("a picture is written as a whole file, or an error says why not", "[train]") {
  const scratch_directory where("curve");
  REQUIRE(tl::write_svg(where.file("a.svg"), two_series()));
  CHECK(contents_of(where.file("a.svg")) == tl::svg(two_series()));
  const auto refused = tl::write_svg(where.file("none/a.svg"), two_series());
  REQUIRE(!refused);
  CHECK(refused.error().message.find("none/a.svg: no temporary file") != std::string::npos);
}

TEST_CASE("the progress of training in a line", "[train]") {
  tl::step_report last{.step = 1200, .loss = 3.14159};
  last.tokens_per_second = 18'340;
  tl::validation_report checked;
  CHECK(tl::training_progress(last, checked, 20000) == "1200/20000  loss 3.142  18.3k tokens/s");
  checked.step = 1000;
  checked.bits_per_byte = 1.2341;
  CHECK(tl::training_progress(last, checked, 20000, 7500) ==
        "1200/20000  loss 3.142  validation 1.234 bits/byte  18.3k tokens/s  2 h 05 min left");
  CHECK(tl::duration_text(192) == "3 min 12 s");
  CHECK(tl::duration_text(8.6) == "9 s");
  tl::time_left left;
  CHECK(left.of(10) < 0);
  left.see(1), left.see(3);
  CHECK(left.of(10) == Approx(20));
}

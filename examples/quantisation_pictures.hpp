#ifndef TRILITH_EXAMPLES_QUANTISATION_PICTURES_HPP
#define TRILITH_EXAMPLES_QUANTISATION_PICTURES_HPP

#include <trilith/core/text.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <map>
#include <string>
#include <vector>

/// What 23_teach_quantisation measures and draws.

inline double share_of_zeros(const std::vector<float>& codes) {
  const auto zeros = std::count(codes.begin(), codes.end(), 0.0f);
  return static_cast<double>(zeros) / static_cast<double>(codes.size());
}

/// sum_c -p_c log2 p_c over the codes c that occur.
inline double entropy_of(const std::vector<float>& codes) {
  std::map<float, double> counts;
  for (const float c : codes) ++counts[c];
  double bits = 0;
  for (const auto& [code, n] : counts) {
    const double p = n / static_cast<double>(codes.size());
    bits -= p * std::log2(p);
  }
  return bits;
}

inline double relative_error(const std::vector<float>& after, const std::vector<float>& before) {
  double wrong = 0, all = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    const double b = before[i], d = static_cast<double>(after[i]) - b;
    wrong += d * d;
    all += b * b;
  }
  return std::sqrt(wrong / all);
}

/// Shares of values in `bins` equal parts of [-limit, limit]; what is beyond is in the last ones.
inline std::vector<double> histogram(const std::vector<float>& x, double limit, std::size_t bins) {
  std::vector<double> out(bins);
  for (const float v : x) {
    const double place = (static_cast<double>(v) / limit + 1) / 2 * static_cast<double>(bins);
    out[static_cast<std::size_t>(std::clamp(place, 0.0, static_cast<double>(bins) - 1))] +=
        1 / static_cast<double>(x.size());
  }
  return out;
}

/// Three standard deviations of what was there before; the median's, which outliers do not move.
inline double picture_limit(std::vector<float> before) {
  for (float& v : before) v = std::fabs(v);
  const auto middle = before.begin() + static_cast<std::ptrdiff_t>(before.size() / 2);
  std::nth_element(before.begin(), middle, before.end());
  return 3 * static_cast<double>(*middle) / 0.6745;
}

/// A line of 33 characters, the higher the more values.
inline std::string histogram_text(const std::vector<float>& x, const std::vector<float>& before) {
  static constexpr const char* heights[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const auto bins = histogram(x, picture_limit(before), 33);
  const double most = *std::max_element(bins.begin(), bins.end());
  std::string out;
  for (const double b : bins)
    out += heights[b == 0 ? 0 : std::clamp<int>(static_cast<int>(std::ceil(8 * b / most)), 1, 8)];
  return out;
}

/// Histograms and error maps of all schemes, one below the other, as one SVG.
class picture_book {
 public:
  void begin(const char* title, const std::vector<float>& before, std::size_t rows,
             std::size_t cols) {
    y_ += 30;
    text(20, y_ - 8, title, 16);
    add("as they are", before, before, rows, cols);
  }

  /// A histogram, and |after - before| of each value, dark where it is large.
  void add(const std::string& name, const std::vector<float>& after,
           const std::vector<float>& before, std::size_t rows, std::size_t cols) {
    const double limit = picture_limit(before);
    text(20, y_ + 14, name, 12);
    const auto bins = histogram(after, limit, 81);
    const double most = *std::max_element(bins.begin(), bins.end());
    for (std::size_t i = 0; i < bins.size(); ++i) {
      const double h = 110 * bins[i] / most;
      rectangle(20 + 5 * static_cast<double>(i), y_ + 130 - h, 4, h, "#1f5fa8");
    }
    draw_errors(after, before, rows, cols, limit / 3);
    y_ += 145;
  }

  [[nodiscard]] int write(const std::string& path) const {
    std::ofstream out(path, std::ios::binary);
    out << "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 620 " << y_
        << "\" font-family=\"sans-serif\" fill=\"#333\">\n<rect width=\"620\" height=\"" << y_
        << "\" fill=\"#fff\"/>\n"
        << body_ << "</svg>\n"
        << std::flush;
    if (out) return 0;
    std::fprintf(stderr, "error: %s: the file cannot be written.\n", path.c_str());
    return 1;
  }

 private:
  /// Means of 2 x 2 errors in eight shades, each shade one path.
  void draw_errors(const std::vector<float>& after, const std::vector<float>& before,
                   std::size_t rows, std::size_t cols, double unit) {
    std::string shades[9];
    for (std::size_t r = 0; r + 1 < rows; r += 2)
      for (std::size_t c = 0; c + 1 < cols; c += 2) {
        double error = 0;
        for (const std::size_t i :
             {r * cols + c, r * cols + c + 1, (r + 1) * cols + c, (r + 1) * cols + c + 1})
          error += std::fabs(static_cast<double>(after[i] - before[i])) / (4 * unit);
        shades[static_cast<std::size_t>(std::lround(8 * std::clamp(error, 0.0, 1.0)))] +=
            trilith::join("M", 460 + 2 * c, " ", number(y_ + 2 * static_cast<double>(r)),
                          "h4v4h-4z");
      }
    for (int level = 1; level <= 8; ++level) {
      char colour[16];
      std::snprintf(colour, sizeof colour, "#ff%02x%02x", 255 - 31 * level, 255 - 31 * level);
      body_ += trilith::join("<path fill=\"", colour, "\" d=\"", shades[level], "\"/>\n");
    }
  }
  void text(double x, double y, const std::string& words, int size) {
    std::string safe;
    for (const char c : words) safe += c == '<' ? "&lt;" : c == '>' ? "&gt;" : std::string(1, c);
    body_ += trilith::join("<text x=\"", number(x), "\" y=\"", number(y), "\" font-size=\"", size,
                           "\">", safe, "</text>\n");
  }
  void rectangle(double x, double y, double width, double height, const char* colour) {
    body_ +=
        trilith::join("<rect x=\"", number(x), "\" y=\"", number(y), "\" width=\"", number(width),
                      "\" height=\"", number(height), "\" fill=\"", colour, "\"/>\n");
  }
  [[nodiscard]] static std::string number(double v) {
    char digits[32];
    std::snprintf(digits, sizeof digits, "%.4g", v);
    return digits;
  }

  double y_ = 10;
  std::string body_;
};

#endif

// What quantisation does to numbers, in pictures: how values are spread before and after, where the
// error is, and what the bits of each scheme are spent on.

#include <trilith/sweep.hpp>
#include <trilith/trilith.hpp>

#include <boost/hana/for_each.hpp>

#include <cmath>
#include <cstdio>

#include "quantisation_pictures.hpp"
#include "teach_options.hpp"

namespace tl = trilith;
namespace hana = boost::hana;
namespace act = trilith::activations;

// [proofs]
// Quantisers are constexpr: what a scheme does can be proved where it is used.
static_assert(tl::quantize<tl::weights::ternary<>>({0.9f, -0.1f, -2.f}) == tl::trits{1, 0, -1});
static_assert(tl::quantize<tl::weights::binary<>>({0.9f, -0.1f, -2.f}) == tl::trits{1, 1, -1});
// [proofs]

constexpr std::size_t rows = 64, cols = 64;

// [lists]
constexpr auto weights = hana::tuple_t<
    tl::weights::binary<>, tl::weights::ternary<>, tl::weights::ternary<tl::rules::absmedian>,
    tl::weights::ternary<tl::rules::absmean, tl::scale::per_group<16>>, tl::weights::int8<>>;
constexpr auto activations =
    hana::tuple_t<act::int8<>, act::f8<>, act::int4<>, act::hadamard<act::int4<>>, act::fp4,
                  act::mxfp4, act::top_k<50>>;
// [lists]

/// One scheme's picture: the values it makes of `before`, and how many codes it uses how often.
struct lesson {
  std::string name;
  double stored_bits = 0;
  std::vector<float> after = {};
  std::vector<float> codes = {};
};

// [weights]
template <class W>
lesson teach_weights(const std::vector<float>& w) {
  const auto packed = tl::pack_matrix<W>(w.data(), rows, cols);
  lesson out{std::string(W::name)};
  out.stored_bits = 8 * static_cast<double>(packed.bytes()) / (rows * cols);
  std::vector<std::int8_t> codes(cols);
  out.after.resize(w.size());
  for (std::size_t r = 0; r < rows; ++r) {
    tl::decode_row(packed, r, &out.after[r * cols]);
    tl::unpack_codes(packed, r, codes.data());
    out.codes.insert(out.codes.end(), codes.begin(), codes.end());
  }
  return out;
}
// [weights]

// [activations]
template <class A>
lesson teach_activations(const std::vector<float>& x) {
  lesson out{std::string(A::name), A::bits + 32.0 / cols};
  std::vector<typename A::element> q(cols);
  for (std::size_t t = 0; t < rows; ++t) {
    const float scale = A::quantize(&x[t * cols], q.data(), cols);
    for (const auto code : q) {
      out.codes.push_back(code);
      out.after.push_back(scale * code);
    }
    // a rotation is undone, so that the picture shows the values themselves
    if constexpr (act::rotates<A>) A::rotate(&out.after[t * cols], cols);
  }
  return out;
}
// [activations]

void print(const lesson& l, const std::vector<float>& before) {
  const double zeros = share_of_zeros(l.codes), used = entropy_of(l.codes);
  std::printf("%-42s %5.2f  %5.2f  %5.1f %%  %7.4f  |%s|\n", l.name.c_str(), l.stored_bits, used,
              100 * zeros, relative_error(l.after, before),
              histogram_text(l.after, before).c_str());
}

template <class Teach>
void teach(const char* title, const std::vector<float>& before, picture_book& book,
           const Teach& each) {
  std::printf("%s\n%-42s %5s  %5s  %7s  %7s  |%s|\n", title, "", "bits", "used", "zeros", "error",
              histogram_text(before, before).c_str());
  book.begin(title, before, rows, cols);
  each([&](const lesson& l) {
    print(l, before);
    book.add(l.name, l.after, before, rows, cols);
  });
  std::printf("\n");
}

int main(int argc, char** argv) {
  int exit_code = 0;
  const auto line = parse_teach(argc, argv, exit_code);
  if (!line) return exit_code;
  picture_book book;
  const auto w = bell(rows * cols, line->seed),
             x = with_outliers(bell(rows * cols, line->seed + 1));
  teach("weights, spread like a bell", w, book, [&](const auto& show) {
    hana::for_each(weights, [&](auto t) { show(teach_weights<typename decltype(t)::type>(w)); });
  });
  teach("activations, two columns of 64 twelve times as large", x, book, [&](const auto& show) {
    hana::for_each(activations,
                   [&](auto t) { show(teach_activations<typename decltype(t)::type>(x)); });
  });
  std::printf(
      "bits: stored, scales included; used: the entropy of the codes, which is what they tell;\n"
      "error: |after - before| / |before|\n");
  return line->svg.empty() ? 0 : book.write(line->svg);
}

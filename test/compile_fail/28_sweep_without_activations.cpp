// expect: needs a list of weights and one of activations
#include <trilith/sweep.hpp>
#include <trilith/trilith.hpp>

namespace tl = trilith;
namespace hana = boost::hana;

constexpr auto weights = hana::tuple_t<tl::weights::ternary<>>;
#if defined(TRILITH_FAIL)
constexpr std::size_t points = tl::sweep_size<weights>;
#else
constexpr std::size_t points = tl::sweep_size<weights, hana::tuple_t<tl::activations::int8<>>>;
#endif
static_assert(points == 1);

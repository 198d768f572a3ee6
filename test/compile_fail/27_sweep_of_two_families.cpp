// expect: each list holds policies of one family
#include <trilith/sweep.hpp>
#include <trilith/trilith.hpp>

namespace tl = trilith;
namespace hana = boost::hana;

#if defined(TRILITH_FAIL)
constexpr auto weights = hana::tuple_t<tl::weights::ternary<>, tl::activations::int8<>>;
#else
constexpr auto weights = hana::tuple_t<tl::weights::ternary<>, tl::weights::binary<>>;
#endif
static_assert(tl::sweep_size<weights, hana::tuple_t<tl::activations::int8<>>> == 2);

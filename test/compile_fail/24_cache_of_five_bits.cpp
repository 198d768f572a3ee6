// expect: kv::coded<Bits, FirstBits>: bits must be 2, 3, 4 or 8
#include <trilith/kv/coded.hpp>

namespace tl = trilith;

#if defined(TRILITH_FAIL)
using format = tl::kv::coded<5, 8>;
#else
using format = tl::kv::coded<3, 8>;
#endif
static_assert(format::value_bytes(2, 64) == 66 + 2 * 26);

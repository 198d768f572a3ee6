// A fragment of kernels-inl.hpp: attention over the cache of keys and values.
#include <trilith/backends/simd/fused-inl.hpp>

#include <trilith/backends/simd/attention_elements-inl.hpp>

#include <trilith/backends/simd/attention_tiles-inl.hpp>

#include <trilith/backends/simd/attention_rows-inl.hpp>

#include <trilith/backends/simd/attention_running-inl.hpp>

#include <trilith/backends/simd/attention_blocked-inl.hpp>

#include <trilith/backends/simd/attention_coded-inl.hpp>

#include <trilith/backends/simd/attention_paired-inl.hpp>

#if defined(__x86_64__) && HWY_TARGET <= HWY_AVX3
#include <trilith/backends/simd/attention_amx-inl.hpp>
#endif

#include <trilith/backends/simd/attention_textbook-inl.hpp>

#include <trilith/backends/simd/attention_store-inl.hpp>

namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

[[maybe_unused]] static constexpr attention_kernels attention_table{
    TRILITH_SIMD_NAME,
    {{&put<float>, &attend_textbook},
     {&put<float16>, &attend_blocked},
     {&put_bf16, &attend_paired},
     {&kv::int8::put, &attend_coded<kv::int8>},
     {&kv::int4::put, &attend_coded<kv::int4>},
     {&kv::int3::put, &attend_coded<kv::int3>}}};

#if defined(__x86_64__) && HWY_TARGET <= HWY_AVX3
[[maybe_unused]] static constexpr attention_kernels amx_attention_table = [] {
  attention_kernels t = attention_table;
  t.target = "AMX";
  t.of[static_cast<std::size_t>(kv_kernel::bf16)].attend = &attend_tiles;
  return t;
}();
#endif

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE

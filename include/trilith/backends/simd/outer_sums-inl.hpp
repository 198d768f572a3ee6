// A fragment of kernels-inl.hpp: a few rows and columns of a product of two matrices from packed
// panels (float_panels-inl.hpp). An output is one chain of additions in ascending k, so that
// neither tiles nor vectors of another width change its bits.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

inline constexpr bool fuses = target::TRILITH_SIMD_ID != target::sse4;

/// sum + a * b, rounded once where the instruction set can. Elsewhere the product is rounded even
/// if the program is compiled for a CPU that could fuse.
static HWY_INLINE f32s multiply_add(f32s a, f32s b, f32s sum) {
  if constexpr (fuses)
    return hn::MulAdd(a, b, sum);
  else
    return hn::Add(rounded_product(a, b), sum);
}

/// What a step of a panel is: one float of each lane.
struct float_steps {
  static constexpr std::size_t products = 1;
  static HWY_INLINE f32s add(f32s a, f32s b, f32s sum) { return multiply_add(a, b, sum); }
};

/// R rows times V vectors of outputs, which stay in registers for all steps of a block.
template <class Step, std::size_t R, std::size_t V>
struct outer_sums {
  // Indices are written out by packs, not by loops, so that the compiler sees from the start that
  // every sum has a register of its own.
  using all_rows = std::make_index_sequence<R>;
  using all_vectors = std::make_index_sequence<V>;
  using all_sums = std::make_index_sequence<R * V>;

  f32s sum[R * V];

  HWY_INLINE outer_sums() {}

  template <std::size_t... I>
  HWY_INLINE void begin(const float* out, std::size_t stride, bool clear,
                        std::index_sequence<I...>) {
    if (clear)
      ((sum[I] = hn::Zero(f32_tag{})), ...);
    else
      ((sum[I] = hn::LoadU(f32_tag{}, out + I / V * stride + I % V * floats_per_vector)), ...);
  }
  template <std::size_t... I>
  HWY_INLINE void end(float* out, std::size_t stride, std::index_sequence<I...>) const {
    (hn::StoreU(sum[I], f32_tag{}, out + I / V * stride + I % V * floats_per_vector), ...);
  }

  /// left: a value of each row; right: panels `panel` floats apart.
  template <std::size_t... Row, std::size_t... I>
  HWY_INLINE void add(const float* left, const float* right, std::size_t panel,
                      std::index_sequence<Row...>, std::index_sequence<I...> v) {
    const f32s in[V] = {hn::LoadU(f32_tag{}, right + I / vectors_per_sum * panel +
                                                 I % vectors_per_sum * floats_per_vector)...};
    (add_row<Row>(hn::Set(f32_tag{}, left[Row]), in, v), ...);
  }
  template <std::size_t Row, std::size_t... I>
  HWY_INLINE void add_row(f32s left, const f32s* in, std::index_sequence<I...>) {
    ((sum[Row * V + I] = Step::add(left, in[I], sum[Row * V + I])), ...);
  }
};

/// As many sums as there are registers for, of rows that divide a block, and how many lanes the
/// panels of the left matrix have, a multiple of these rows and half a vector at least.
#if defined(__x86_64__) && HWY_TARGET <= HWY_AVX3
inline constexpr std::size_t outer_rows = 8, outer_panels = 3, left_lanes = 8;
#elif defined(__x86_64__) && HWY_TARGET > HWY_AVX2
inline constexpr std::size_t outer_rows = 2, outer_panels = 1, left_lanes = 4;
#else
inline constexpr std::size_t outer_rows = 4, outer_panels = 1, left_lanes = 4;
#endif

/// Where a few rows and panels of a product lie.
struct outer_part {
  const float *left, *right;
  std::size_t panel;  ///< floats from one panel of `right` to the next
  std::size_t depth;  ///< at least 1
  float* out;
  std::size_t stride;
  bool clear;
};

/// The outputs of the rows after these come while these are summed.
template <std::size_t Panels>
static HWY_INLINE void ask_for_rows(const outer_part& p) {
  for (std::size_t r = outer_rows; r < 2 * outer_rows; ++r)
    for (std::size_t i = 0; i < Panels; ++i)
      __builtin_prefetch(p.out + r * p.stride + i * lanes, 1, 3);
}

template <class Step, std::size_t Panels>
static HWY_NOINLINE void add_outer(const outer_part& p) noexcept {
  outer_sums<Step, outer_rows, Panels * vectors_per_sum> s;
  using sums = decltype(s);
  const float *left = p.left, *right = p.right;
  const std::size_t panel = p.panel;
  s.begin(p.out, p.stride, p.clear, typename sums::all_sums{});
  ask_for_rows<Panels>(p);
  std::size_t k = p.depth;
  do {
    s.add(left, right, panel, typename sums::all_rows{}, typename sums::all_vectors{});
    left += left_lanes;
    right += lanes;
  } while (--k != 0);
  s.end(p.out, p.stride, typename sums::all_sums{});
}

template <class Step>
static HWY_INLINE void add_outer_of(std::size_t panels, const outer_part& p) {
  if constexpr (outer_panels > 2)
    if (panels == 3) return add_outer<Step, 3>(p);
  if constexpr (outer_panels > 1)
    if (panels == 2) return add_outer<Step, 2>(p);
  add_outer<Step, 1>(p);
}

/// `rows` and `cols` outputs are there, fewer than a kernel computes.
template <class Step>
static HWY_NOINLINE void add_outer_edge(std::size_t panels, outer_part p, std::size_t rows,
                                        std::size_t cols) noexcept {
  constexpr std::size_t width = outer_panels * lanes;
  HWY_ALIGN float part[outer_rows * width] = {};
  for (std::size_t r = 0; !p.clear && r < rows; ++r)
    __builtin_memcpy(part + r * width, p.out + r * p.stride, cols * sizeof(float));
  float* const out = p.out;
  const std::size_t stride = p.stride;
  p.out = part;
  p.stride = width;
  add_outer_of<Step>(panels, p);
  for (std::size_t r = 0; r < rows; ++r)
    __builtin_memcpy(out + r * stride, part + r * width, cols * sizeof(float));
}

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE

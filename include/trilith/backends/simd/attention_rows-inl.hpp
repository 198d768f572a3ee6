// A fragment of kernels-inl.hpp: the rows of an attention job.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

/// Calls body.template rows<R>(first) for rows [first, first + R) until `end`.
template <class Body>
static HWY_INLINE void for_rows(std::size_t first, std::size_t end, std::size_t most,
                                const Body& body) {
  if constexpr (most_queries >= 6)
    for (; most >= 6 && first + 6 <= end; first += 6) body.template rows<6>(first);
  if constexpr (most_queries >= 4)
    for (; most >= 4 && first + 4 <= end; first += 4) body.template rows<4>(first);
  for (; most >= 2 && first + 2 <= end; first += 2) body.template rows<2>(first);
  for (; first < end; ++first) body.template rows<1>(first);
}

/// The (token, head) pairs of a job, one after another. (Numbers of rows are small, and short
/// divisions fast.)
struct job_rows {
  const attention_job& job;
  std::uint32_t heads;

  HWY_INLINE explicit job_rows(const attention_job& a)
      : job(a), heads(static_cast<std::uint32_t>(a.heads)) {}
  [[nodiscard]] HWY_INLINE std::size_t count() const { return job.tokens * job.heads; }
  [[nodiscard]] HWY_INLINE std::size_t width() const { return round_up(job.head_dim, lanes); }
  [[nodiscard]] HWY_INLINE std::size_t positions(std::size_t row) const {
    return job.first + static_cast<std::uint32_t>(row) / heads + 1;
  }
  template <std::size_t R>
  [[nodiscard]] HWY_INLINE query_rows<R> queries(std::size_t row) const {
    query_rows<R> all;
    for (std::size_t r = 0; r < R; ++r) all.q[r] = job.q + offset(row + r, job.q_stride);
    return all;
  }
  [[nodiscard]] HWY_INLINE float* output(std::size_t row) const {
    return job.out + offset(row, job.out_stride);
  }
  HWY_INLINE void write(std::size_t row, const float* values) const {
    __builtin_memcpy(output(row), values, job.head_dim * sizeof(float));
  }

 private:
  [[nodiscard]] HWY_INLINE std::size_t offset(std::size_t row, std::size_t stride) const {
    const auto r = static_cast<std::uint32_t>(row);
    return r / heads * stride + r % heads * job.head_dim;
  }
};

/// add_lanes of core/numeric.hpp.
static HWY_INLINE float added_lanes(const float* sum) {
  const hn::CappedTag<float, 4> d;
  const auto low = hn::Add(hn::LoadU(d, sum), hn::LoadU(d, sum + 8));
  const auto high = hn::Add(hn::LoadU(d, sum + 4), hn::LoadU(d, sum + 12));
  const auto four = hn::Add(low, high);
  const auto two = hn::Add(four, hn::Shuffle1032(four));
  return hn::GetLane(hn::Add(two, hn::Shuffle2301(two)));
}

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE

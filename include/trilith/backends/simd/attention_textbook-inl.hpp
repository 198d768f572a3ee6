// A fragment of kernels-inl.hpp: attention to the bits of kv/textbook.hpp.
namespace trilith::simd::TRILITH_SIMD_NAMESPACE {

/// The textbook's order: all scores of a query first.
struct textbook_attention {
  job_rows all;
  std::size_t width, room;  ///< floats of a row of scores
  float* mixed;             ///< [R, width]
  float* scores;            ///< [R, room]

  HWY_INLINE explicit textbook_attention(const attention_job& a)
      : all(a),
        width(all.width()),
        room(round_up(a.first + a.tokens, key_tile)),
        mixed(a.scratch),
        scores(nullptr) {}

  HWY_INLINE void run() {
    const std::size_t fit = all.job.scratch_size / (width + room);
    const std::size_t most = min_of(max_of(fit, std::size_t{1}), most_queries);
    scores = mixed + most * width;
    for_rows(0, all.count(), most, *this);
  }

  template <std::size_t R>
  HWY_INLINE void rows(std::size_t row) const {
    const attention_job& a = all.job;
    const std::size_t n = a.head_dim, most = all.positions(row + R - 1);
    const f32s root = hn::Set(f32_tag{}, square_root(static_cast<float>(n)));
    const auto* keys = static_cast<const float*>(a.keys);
    score_rows<R, rounded_sums>(all.template queries<R>(row), key_elements<float>(keys, n), most,
                                root, scores, room, ahead(keys, most));
    soften<R>(row);
    mix<R>(row, static_cast<const float*>(a.values));
    for (std::size_t r = 0; r < R; ++r) all.write(row + r, mixed + r * width);
  }

 private:
  /// Where few queries read all keys once, memory is what takes the time.
  [[nodiscard]] HWY_INLINE prefetcher<float> ahead(const float* from, std::size_t positions) const {
    const std::size_t n = all.job.head_dim;
    const bool far = all.count() <= most_queries && positions > attention_block;
    return prefetcher<float>(from + attention_block * n,
                             far ? (positions - attention_block) * n : 0);
  }

  /// In blocks of positions, so that a block is read once for all elements.
  template <std::size_t R>
  HWY_INLINE void mix(std::size_t row, const float* values) const {
    const std::size_t n = all.job.head_dim, common = all.positions(row);
    float whole[R];
    for (std::size_t r = 0; r < R; ++r) whole[r] = 1.0f;
    for (std::size_t i = 0; i < R * width; ++i) mixed[i] = 0.0f;
    for (std::size_t j = 0; j < common; j += attention_block) {
      const std::size_t count = min_of(common - j, attention_block);
      mix_rows<R, rounded_sums>(value_elements<float>(values + j * n, n), count, scores + j, room,
                                whole, mixed, width,
                                ahead(values + j * n, min_of(common - j, 2 * attention_block)));
    }
    for (std::size_t r = 1; r < R; ++r)
      if (const std::size_t more = all.positions(row + r) - common; more != 0)
        mix_rows<1, rounded_sums>(value_elements<float>(values + common * n, n), more,
                                  scores + r * room + common, room, whole, mixed + r * width, width,
                                  no_prefetcher());
  }

  template <std::size_t R>
  HWY_INLINE void soften(std::size_t row) const {
    for (std::size_t r = 0; r < R; ++r) raise(scores + r * room, all.positions(row + r));
    float total[R] = {};
    const std::size_t common = all.positions(row);
    for (std::size_t j = 0; j < common; ++j)
      for (std::size_t r = 0; r < R; ++r) total[r] += scores[r * room + j];
    for (std::size_t r = 0; r < R; ++r) {
      const std::size_t count = all.positions(row + r);
      for (std::size_t j = common; j < count; ++j) total[r] += scores[r * room + j];
      divide(scores + r * room, count, total[r]);
    }
  }

  /// scores_j = exp(scores_j - max)
  static HWY_NOINLINE void raise(float* at, std::size_t count) {
    const f32_tag f;
    const std::size_t whole = count / floats_per_vector * floats_per_vector;
    f32s most = hn::Set(f, at[0]);
    for (std::size_t j = 0; j < whole; j += floats_per_vector)
      most = hn::Max(hn::LoadU(f, at + j), most);
    float top = hn::GetLane(hn::MaxOfLanes(f, most));
    for (std::size_t j = whole; j < count; ++j) top = max_of(top, at[j]);
    for (std::size_t j = 0; j < count; j += floats_per_vector)
      hn::StoreU(exponential_of(hn::Sub(hn::LoadU(f, at + j), hn::Set(f, top))), f, at + j);
  }

  static HWY_INLINE void divide(float* at, std::size_t count, float total) {
    const f32_tag f;
    for (std::size_t j = 0; j < count; j += floats_per_vector)
      hn::StoreU(hn::Div(hn::LoadU(f, at + j), hn::Set(f, total)), f, at + j);
  }
};

static HWY_NOINLINE void attend_textbook(const attention_job& a) noexcept {
  textbook_attention work(a);
  work.run();
}

}  // namespace trilith::simd::TRILITH_SIMD_NAMESPACE

#ifndef TRILITH_LAYERS_KV_CACHE_HPP
#define TRILITH_LAYERS_KV_CACHE_HPP

#include <trilith/core/aligned_buffer.hpp>
#include <trilith/core/numeric.hpp>
#include <trilith/core/shape.hpp>

namespace trilith::inline TRILITH_ABI {

/// Keys of this many positions lie side by side: value i of all of them, then value i + 1. So the
/// scores of 16 positions are computed in 16 lanes, each in plain ascending order of i.
inline constexpr std::size_t key_tile = 16;

/// Keys and values of earlier tokens, for every sequence and layer:
///
///     keys    [kv_heads, context / key_tile, head_dim, key_tile] floats
///     values  [context, kv_heads * head_dim] floats
class kv_cache {
 public:
  kv_cache() = default;
  kv_cache(const shape& s, std::size_t sequences, std::size_t context)
      : layers_(s.layers),
        heads_(s.kv_heads),
        head_dim_(s.head_dim),
        context_(context),
        tiles_(ceil_div(context, key_tile)),
        keys_(sequences * s.layers * keys_of_layer()),
        values_(sequences * s.layers * values_of_layer()) {}

  /// Whether such a cache can be had; asks the system for its memory, and gives it back.
  [[nodiscard]] static bool fits(const shape& s, std::size_t sequences,
                                 std::size_t context) noexcept {
    std::size_t bytes = sizeof(float);
    for (const std::size_t factor :
         {sequences, s.layers, round_up(context, key_tile), s.kv_heads, s.head_dim})
      if (__builtin_mul_overflow(bytes, factor, &bytes)) return false;
    if (bytes > std::size_t{1} << 60) return false;
    void* const keys = ::operator new(bytes, std::nothrow);
    void* const values = ::operator new(bytes, std::nothrow);
    ::operator delete(keys);
    ::operator delete(values);
    return keys != nullptr && values != nullptr;
  }

  [[nodiscard]] std::size_t context() const noexcept { return context_; }
  [[nodiscard]] std::size_t bytes() const noexcept {
    return (keys_.size() + values_.size()) * sizeof(float);
  }
  /// From one position's value to the next.
  [[nodiscard]] std::size_t value_stride() const noexcept { return heads_ * head_dim_; }

  /// key, value: [kv_heads * head_dim] of one position.
  void store(std::size_t sequence, std::size_t layer, std::size_t position, const float* key,
             const float* value) noexcept {
    for (std::size_t h = 0; h < heads_; ++h) {
      float* const to = keys_.data() + key_offset(sequence, layer, h) +
                        position / key_tile * head_dim_ * key_tile + position % key_tile;
      for (std::size_t i = 0; i < head_dim_; ++i) to[i * key_tile] = key[h * head_dim_ + i];
    }
    float* const to = values_.data() + value_offset(sequence, layer) + position * value_stride();
    for (std::size_t i = 0; i < value_stride(); ++i) to[i] = value[i];
  }

  /// The key tiles of one head, from position 0.
  [[nodiscard]] const float* keys(std::size_t sequence, std::size_t layer,
                                  std::size_t head) const noexcept {
    return keys_.data() + key_offset(sequence, layer, head);
  }
  /// The values of one head, from position 0, value_stride() floats apart.
  [[nodiscard]] const float* values(std::size_t sequence, std::size_t layer,
                                    std::size_t head) const noexcept {
    return values_.data() + value_offset(sequence, layer) + head * head_dim_;
  }

 private:
  [[nodiscard]] std::size_t keys_of_head() const noexcept { return tiles_ * key_tile * head_dim_; }
  [[nodiscard]] std::size_t keys_of_layer() const noexcept { return heads_ * keys_of_head(); }
  [[nodiscard]] std::size_t values_of_layer() const noexcept { return context_ * value_stride(); }
  [[nodiscard]] std::size_t key_offset(std::size_t sequence, std::size_t layer,
                                       std::size_t head) const noexcept {
    return (sequence * layers_ + layer) * keys_of_layer() + head * keys_of_head();
  }
  [[nodiscard]] std::size_t value_offset(std::size_t sequence, std::size_t layer) const noexcept {
    return (sequence * layers_ + layer) * values_of_layer();
  }

  std::size_t layers_ = 0, heads_ = 0, head_dim_ = 0, context_ = 0, tiles_ = 0;
  aligned_buffer<float> keys_, values_;
};

}  // namespace trilith::inline TRILITH_ABI

#endif

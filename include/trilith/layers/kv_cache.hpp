#ifndef TRILITH_LAYERS_KV_CACHE_HPP
#define TRILITH_LAYERS_KV_CACHE_HPP

#include <trilith/core/aligned_buffer.hpp>
#include <trilith/core/shape.hpp>

namespace trilith::inline TRILITH_ABI {

/// Keys and values of earlier tokens: for every sequence and layer, [context, kv_dim] floats each.
class kv_cache {
 public:
  kv_cache() = default;
  kv_cache(const shape& s, std::size_t sequences, std::size_t context)
      : layers_(s.layers),
        width_(extent(s, axis::kv_dim)),
        context_(context),
        keys_(sequences * s.layers * context * width_),
        values_(sequences * s.layers * context * width_) {}

  [[nodiscard]] std::size_t context() const noexcept { return context_; }
  [[nodiscard]] std::size_t width() const noexcept { return width_; }
  [[nodiscard]] std::size_t bytes() const noexcept {
    return (keys_.size() + values_.size()) * sizeof(float);
  }
  /// The key of a position; those of later positions follow, width() floats apart.
  [[nodiscard]] float* key(std::size_t sequence, std::size_t layer, std::size_t position) noexcept {
    return keys_.data() + offset(sequence, layer, position);
  }
  [[nodiscard]] float* value(std::size_t sequence, std::size_t layer,
                             std::size_t position) noexcept {
    return values_.data() + offset(sequence, layer, position);
  }

 private:
  [[nodiscard]] std::size_t offset(std::size_t sequence, std::size_t layer,
                                   std::size_t position) const noexcept {
    return ((sequence * layers_ + layer) * context_ + position) * width_;
  }

  std::size_t layers_ = 0, width_ = 0, context_ = 0;
  aligned_buffer<float> keys_, values_;
};

}  // namespace trilith::inline TRILITH_ABI

#endif

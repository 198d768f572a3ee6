#ifndef TRILITH_LAYERS_KV_CACHE_HPP
#define TRILITH_LAYERS_KV_CACHE_HPP

#include <trilith/core/aligned_buffer.hpp>
#include <trilith/core/numeric.hpp>
#include <trilith/core/shape.hpp>
#include <trilith/kv/f32.hpp>
#include <trilith/kv/kv.hpp>

namespace trilith::inline TRILITH_ABI {

/// Keys and values of earlier tokens, for every sequence and layer, in any format of kv/:
///
///     keys    [sequences, layers, kv_heads] of format.key_bytes(context, head_dim) each
///     values  [sequences, layers, kv_heads] of format.value_bytes(context, head_dim) each
///
/// Memory that no token has been stored in is never read, and so is none of the program's yet.
class kv_cache {
 public:
  kv_cache() = default;
  kv_cache(const shape& s, std::size_t sequences, std::size_t context, const kv_format& format = {})
      : format_(resolved(format)),
        layers_(s.layers),
        heads_(s.kv_heads),
        head_dim_(s.head_dim),
        context_(context),
        key_bytes_(format_.key_bytes(context, head_dim_)),
        value_bytes_(format_.value_bytes(context, head_dim_)),
        keys_(sequences * layers_ * heads_ * key_bytes_, not_zeroed{}),
        values_(sequences * layers_ * heads_ * value_bytes_, not_zeroed{}) {}

  /// Whether such a cache can be had; asks the system for its memory, and gives it back.
  [[nodiscard]] static bool fits(const shape& s, std::size_t sequences, std::size_t context,
                                 const kv_format& format = {}) noexcept {
    const kv_format f = resolved(format);
    std::size_t keys = f.key_bytes(context, s.head_dim);
    std::size_t values = f.value_bytes(context, s.head_dim);
    for (const std::size_t factor : {sequences, s.layers, s.kv_heads})
      if (__builtin_mul_overflow(keys, factor, &keys) ||
          __builtin_mul_overflow(values, factor, &values))
        return false;
    if (max_of(keys, values) > std::size_t{1} << 47) return false;  // all that can be addressed
    void* const first = ::operator new(keys, std::nothrow);
    void* const second = ::operator new(values, std::nothrow);
    ::operator delete(first);
    ::operator delete(second);
    return first != nullptr && second != nullptr;
  }

  [[nodiscard]] const kv_format& format() const noexcept { return format_; }
  [[nodiscard]] std::size_t context() const noexcept { return context_; }
  /// Of all keys and values.
  [[nodiscard]] std::size_t bytes() const noexcept { return keys_.size() + values_.size(); }

  /// key, value: [kv_heads * head_dim] of one position.
  void store(std::size_t sequence, std::size_t layer, std::size_t position, const float* key,
             const float* value, const kv_functions& with) noexcept {
    for (std::size_t h = 0; h < heads_; ++h) {
      const std::size_t at = index(sequence, layer, h);
      with.store({keys_.data() + at * key_bytes_, values_.data() + at * value_bytes_, head_dim_,
                  position, key + h * head_dim_, value + h * head_dim_});
    }
  }

  /// Those of one head, from position 0.
  [[nodiscard]] const void* keys(std::size_t sequence, std::size_t layer,
                                 std::size_t head) const noexcept {
    return keys_.data() + index(sequence, layer, head) * key_bytes_;
  }
  [[nodiscard]] const void* values(std::size_t sequence, std::size_t layer,
                                   std::size_t head) const noexcept {
    return values_.data() + index(sequence, layer, head) * value_bytes_;
  }

 private:
  [[nodiscard]] static constexpr kv_format resolved(const kv_format& f) noexcept {
    return f.plain.attend == nullptr ? kv_format(kv::f32{}) : f;
  }
  [[nodiscard]] std::size_t index(std::size_t sequence, std::size_t layer,
                                  std::size_t head) const noexcept {
    return (sequence * layers_ + layer) * heads_ + head;
  }

  kv_format format_;
  std::size_t layers_ = 0, heads_ = 0, head_dim_ = 0, context_ = 0;
  std::size_t key_bytes_ = 0, value_bytes_ = 0;  ///< of one head
  aligned_buffer<unsigned char> keys_, values_;
};

}  // namespace trilith::inline TRILITH_ABI

#endif

#ifndef TRILITH_TEST_GGUF_FIXTURE_HPP
#define TRILITH_TEST_GGUF_FIXTURE_HPP

#include <trilith/core/text.hpp>
#include <trilith/io/gguf.hpp>

#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "files.hpp"

namespace test {

using bytes = std::vector<unsigned char>;

/// GGUF bytes put together by hand, so that they need not be right.
class gguf_bytes {
 public:
  template <class T>
    requires(std::is_arithmetic_v<T>)
  gguf_bytes& put(T value) {
    const auto* const first = reinterpret_cast<const unsigned char*>(&value);
    out_.insert(out_.end(), first, first + sizeof(T));
    return *this;
  }
  gguf_bytes& raw(std::string_view text) {
    out_.insert(out_.end(), text.begin(), text.end());
    return *this;
  }
  gguf_bytes& text(std::string_view s) { return put(std::uint64_t{s.size()}).raw(s); }
  gguf_bytes& header(std::uint64_t tensors, std::uint64_t fields, std::uint32_t version = 3) {
    return raw("GGUF").put(version).put(tensors).put(fields);
  }
  /// A line of metadata up to its value.
  gguf_bytes& key(std::string_view name, trilith::io::gguf_type type) {
    return text(name).put(static_cast<std::uint32_t>(type));
  }
  gguf_bytes& array(trilith::io::gguf_type type, std::uint64_t count) {
    return put(static_cast<std::uint32_t>(type)).put(count);
  }
  gguf_bytes& tensor(std::string_view name, const std::vector<std::uint64_t>& dims,
                     std::uint32_t type, std::uint64_t offset) {
    text(name).put(static_cast<std::uint32_t>(dims.size()));
    for (const std::uint64_t size : dims) put(size);
    return put(type).put(offset);
  }
  /// Padding up to the data, then as many bytes of it.
  gguf_bytes& data(std::size_t count, std::size_t alignment = 32) {
    while (out_.size() % alignment != 0) out_.push_back(0);
    out_.resize(out_.size() + count, 7);
    return *this;
  }
  [[nodiscard]] const bytes& get() const { return out_; }
  [[nodiscard]] std::size_t size() const { return out_.size(); }

 private:
  bytes out_;
};

inline trilith::error gguf_refusal(const bytes& file, bool lenient = false) {
  const auto parsed = trilith::io::parse_gguf(file, "toy", {.lenient = lenient});
  REQUIRE(!parsed);
  return parsed.error();
}

inline void check_gguf_refusal(const gguf_bytes& file, trilith::errc code, std::string_view words) {
  const trilith::error why = gguf_refusal(file.get());
  CHECK(why.code == code);
  CHECK_THAT(why.message, Catch::StartsWith("toy: ") && Catch::Contains(std::string(words)));
}

inline std::string gguf_fixture(const std::string& name) {
  return std::string(TRILITH_TEST_FIXTURES_DIR) + "/gguf/" + name;
}

}  // namespace test

#endif

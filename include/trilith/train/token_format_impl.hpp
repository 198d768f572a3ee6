#ifndef TRILITH_TRAIN_TOKEN_FORMAT_IMPL_HPP
#define TRILITH_TRAIN_TOKEN_FORMAT_IMPL_HPP

#include <trilith/io/byte_reader.hpp>
#include <trilith/train/token_file.hpp>

#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

/// The layout of docs/token_file.md.
namespace trilith::token_format {

inline constexpr std::string_view magic = "TLTOKENS";
inline constexpr std::uint32_t version = 1;

/// h = (h xor word) * odd, then h = h xor (h >> 32), for each word of 8 bytes. Every step can be
/// undone, so a change within one word always changes the outcome.
class checksum {
 public:
  /// bytes.size() is a multiple of 8.
  void add(std::span<const unsigned char> bytes) noexcept {
    for (std::size_t at = 0; at < bytes.size(); at += 8) {
      std::uint64_t word;
      std::memcpy(&word, bytes.data() + at, 8);
      value_ = (value_ ^ word) * 0x9E37'79B9'7F4A'7C15;
      value_ ^= value_ >> 32;
    }
  }
  [[nodiscard]] std::uint64_t value() const noexcept { return value_; }

 private:
  std::uint64_t value_ = 0;
};

[[nodiscard]] inline std::uint64_t checksum_of(std::span<const unsigned char> bytes) noexcept {
  checksum sum;
  sum.add(bytes);
  return sum.value();
}

/// A document of the table: one behind its last token, and the bytes of its text.
struct table_entry {
  std::uint64_t end, text_bytes;
};

/// The header as it lies in the file; no byte between its members.
struct header {
  char magic[8];
  std::uint32_t version, token_bytes;
  std::uint64_t vocabulary, tokens, documents, text_bytes, tokenizer;
  std::uint64_t payload;  ///< checksum of all behind the header
  std::int32_t bos, eos;
  std::uint64_t reserved[6];
  std::uint64_t itself;  ///< checksum of the bytes before
};
static_assert(sizeof(header) == token_file::header_bytes);
using header_image = std::array<unsigned char, sizeof(header)>;

[[nodiscard]] inline header_image image_of(const token_facts& facts, std::uint64_t payload) {
  header h{{},
           version,
           facts.token_bytes,
           facts.vocabulary,
           facts.tokens,
           facts.documents,
           facts.text_bytes,
           facts.tokenizer,
           payload,
           facts.bos,
           facts.eos,
           {},
           0};
  std::memcpy(h.magic, magic.data(), sizeof h.magic);
  header_image out;
  std::memcpy(out.data(), &h, sizeof h);
  h.itself = checksum_of(std::span(out).first(offsetof(header, itself)));
  std::memcpy(out.data(), &h, sizeof h);
  return out;
}

[[nodiscard]] inline token_facts facts_of(const header& h) noexcept {
  return {h.tokens,    h.documents,   h.text_bytes, h.vocabulary,
          h.tokenizer, h.token_bytes, h.bos,        h.eos};
}

/// Bytes of a token: 65536 pieces fit 16 bits.
[[nodiscard]] constexpr std::uint32_t bytes_for(std::uint64_t vocabulary) noexcept {
  return vocabulary <= 65536 ? 2 : 4;
}

}  // namespace trilith::token_format

#endif

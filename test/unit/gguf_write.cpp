#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "gguf_fixture.hpp"

namespace io = trilith::io;
using io::ggml_type;
using test::bytes;
using trilith::errc;
using trilith::status;

namespace {

const std::string scratch = "unit_gguf_write." + std::to_string(::getpid());

unsigned char byte_at(std::uint64_t i) {
  return static_cast<unsigned char>((i * 2654435761u) >> 13);
}

/// Makes byte_at(0), byte_at(1), ... and notes the parts it was asked for.
struct counting_producer {
  std::uint64_t next = 0;
  std::vector<std::size_t> parts;
  std::uint64_t fails_at = ~std::uint64_t{0};

  static status produce(void* context, std::uint64_t at, std::span<unsigned char> out) {
    auto& self = *static_cast<counting_producer*>(context);
    if (at != self.next) return trilith::error{errc::invalid_argument, "not the next part."};
    if (at >= self.fails_at) return trilith::error{errc::io_failure, "the source is gone."};
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = byte_at(at + i);
    self.next += out.size();
    self.parts.push_back(out.size());
    return trilith::done{};
  }
};

io::gguf_tensor_to_write produced(counting_producer& by, std::uint64_t weights,
                                  std::uint64_t multiple = 1) {
  return {.name = "made",
          .dims = {weights},
          .type = ggml_type::i8,
          .produce = &counting_producer::produce,
          .context = &by,
          .part_multiple = multiple};
}

void refused(const std::vector<io::gguf_tensor_to_write>& tensors,
             const std::vector<io::gguf_pair>& metadata, std::string_view words) {
  const status s = io::write_gguf(scratch, tensors, metadata);
  REQUIRE(!s);
  CHECK(s.error().code == errc::invalid_argument);
  CHECK_THAT(s.error().message,
             Catch::StartsWith(scratch + ": ") && Catch::Contains(std::string(words)));
  CHECK(!io::map_file(scratch));
}

bool is_left_over() {
  return static_cast<bool>(io::map_file(scratch));
}

}  // namespace

TEST_CASE("written GGUF files come back, in order and aligned", "[io][gguf]") {
  const bytes data(600, 3);
  const std::span<const unsigned char> some(data);
  for (const std::uint32_t alignment : {8u, 32u, 256u}) {
    const std::vector<io::gguf_tensor_to_write> tensors{
        {"z", {5}, ggml_type::f32, some.first(20)},
        {"none", {0, 3}, ggml_type::f16, {}},
        {"ternary", {128, 3}, ggml_type::i2_s, some.first(128)},
        {"fp4", {32}, ggml_type::mxfp4, some.first(17)},
        {"two bits", {64, 1, 1, 2}, ggml_type::q2_0, some.first(36)}};
    const std::vector<io::gguf_pair> metadata{{"b", "text"},
                                              {"general.alignment", alignment},
                                              {"a", std::vector<std::string>{"x", ""}},
                                              {"none", std::vector<float>{}}};
    REQUIRE(io::write_gguf(scratch, tensors, metadata));
    const auto file = io::open_gguf(scratch).value();
    CHECK(file.alignment() == alignment);
    CHECK(file.metadata()[0].key == "b");
    CHECK(file.metadata()[3].value.element_type() == io::gguf_type::f32);
    REQUIRE(file.tensors().size() == tensors.size());
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      const io::gguf_tensor& t = file.tensors()[i];
      CHECK(t.name == tensors[i].name);
      CHECK(t.dims == tensors[i].dims);
      CHECK(t.type == tensors[i].type);
      CHECK(t.offset % alignment == 0);
      CHECK(t.bytes == tensors[i].bytes.size());
      CHECK(bytes(file.bytes(t).begin(), file.bytes(t).end()) ==
            bytes(tensors[i].bytes.begin(), tensors[i].bytes.end()));
    }
    CHECK(file.find_tensor("ternary")->type_id == 36);
    CHECK(test::bytes_of_file(scratch).size() % alignment == 0);
  }
  REQUIRE(io::write_gguf(scratch, {}));
  CHECK(io::open_gguf(scratch)->metadata().empty());
  std::remove(scratch.c_str());
}

TEST_CASE("a tensor's bytes may be produced part by part", "[io][gguf]") {
  static constexpr std::uint64_t size = (std::uint64_t{1} << 25) + 1000;
  for (const std::uint64_t multiple :
       {std::uint64_t{1}, std::uint64_t{1000000}, std::uint64_t{20000000}}) {
    counting_producer by;
    const std::vector<io::gguf_tensor_to_write> tensors{
        produced(by, size, multiple),
        {.name = "after",
         .dims = {2},
         .type = ggml_type::i8,
         .bytes = std::span(reinterpret_cast<const unsigned char*>("ab"), 2)}};
    REQUIRE(io::write_gguf(scratch, tensors));
    CHECK(by.next == size);
    for (std::size_t i = 0; i + 1 < by.parts.size(); ++i) {
      CHECK(by.parts[i] % multiple == 0);
      CHECK((by.parts[i] <= std::size_t{1} << 24 || by.parts[i] == multiple));
    }
    const auto file = io::open_gguf(scratch).value();
    const auto found = file.bytes(*file.find_tensor("made"));
    REQUIRE(found.size() == size);
    std::uint64_t wrong = 0;
    for (std::uint64_t i = 0; i < size; ++i) wrong += found[i] != byte_at(i) ? 1 : 0;
    CHECK(wrong == 0);
    CHECK(file.bytes(*file.find_tensor("after"))[1] == 'b');
  }
  std::remove(scratch.c_str());
}

TEST_CASE("a producer's error ends the writing and leaves nothing", "[io][gguf]") {
  counting_producer by;
  by.fails_at = 1;
  const std::vector<io::gguf_tensor_to_write> tensors{produced(by, std::uint64_t{1} << 25)};
  const status s = io::write_gguf(scratch, tensors);
  REQUIRE(!s);
  CHECK(s.error().code == errc::io_failure);
  CHECK_THAT(s.error().message, Catch::Contains("the source is gone."));
  CHECK(by.parts.size() == 1);
  CHECK(!is_left_over());
}

TEST_CASE("writing GGUF reports every 16 MiB and may be cancelled", "[io][gguf]") {
  counting_producer by;
  const std::vector<io::gguf_tensor_to_write> tensors{produced(by, std::uint64_t{3} << 24)};
  std::vector<double> heard;
  std::string last_name = "none yet";
  const auto listen = [&](double fraction, std::string_view tensor) {
    heard.push_back(fraction);
    last_name = tensor;
    return true;
  };
  REQUIRE(io::write_gguf(scratch, tensors, {}, listen));
  REQUIRE(heard.size() == 4);
  CHECK(heard[0] == Approx(1 / 3.));
  CHECK(heard[3] == 1);
  CHECK(last_name.empty());
  const bytes before = test::bytes_of_file(scratch);

  counting_producer again;
  const auto cancel = [](double, std::string_view tensor) { return tensor != "made"; };
  const std::vector<io::gguf_tensor_to_write> same{produced(again, std::uint64_t{3} << 24)};
  const status s = io::write_gguf(scratch, same, {}, cancel);
  REQUIRE(!s);
  CHECK(s.error().code == errc::cancelled);
  CHECK_THAT(s.error().message, Catch::Contains("cancelled; nothing was written"));
  CHECK(again.parts.size() == 1);
  CHECK(test::bytes_of_file(scratch) == before);
  std::remove(scratch.c_str());
}

TEST_CASE("GGUF metadata that could not be read is not written", "[io][gguf]") {
  refused({}, {{"", "x"}}, "key \"\": expected a key of 1 to 65535 bytes");
  refused({}, {{"k\xC3\xA4", "x"}}, "ASCII");
  refused({}, {{std::string(65536, 'k'), "x"}}, "found 65536 bytes");
  refused({}, {{"k", "x"}, {"l", "x"}, {"k", std::uint8_t{1}}}, "key \"k\": the metadata has");
  refused({}, {{"k", "a\xFF"}}, "key \"k\": expected texts of UTF-8, found \"a\\xFF\"");
  refused({}, {{"k", std::vector<std::string>{"a", "\xC3"}}}, "found \"\\xC3\"");
  refused({}, {{"general.alignment", std::uint32_t{48}}}, "power of two from 8 on, found 48");
  refused({}, {{"general.alignment", std::uint32_t{4}}}, "found 4");
  refused({}, {{"general.alignment", std::uint64_t{32}}}, "found u64");
}

TEST_CASE("GGUF tensors that could not be read are not written", "[io][gguf]") {
  const bytes data(256, 3);
  const auto tensor = [&](std::string name, std::vector<std::uint64_t> dims, ggml_type type,
                          std::size_t count) {
    return io::gguf_tensor_to_write{.name = std::move(name),
                                    .dims = std::move(dims),
                                    .type = type,
                                    .bytes = std::span(data).first(count)};
  };
  refused({tensor("x", {2}, ggml_type::f32, 7)}, {},
          "tensor \"x\": expected 8 bytes for [2] of F32, found 7");
  refused({tensor("x", {128}, ggml_type::i2_s, 32)}, {}, "expected 64 bytes");
  refused({tensor("x", {31}, ggml_type::q8_0, 34)}, {}, "blocks of 32 weights for Q8_0");
  refused({tensor("x", {std::uint64_t{1} << 62}, ggml_type::i8, 34)}, {}, "fewer than 2^60");
  refused({tensor("x", {}, ggml_type::f32, 4)}, {}, "1 to 4 dimensions, found 0");
  refused({tensor("x", {1, 1, 1, 1, 1}, ggml_type::f32, 4)}, {}, "found 5");
  refused({tensor("", {1}, ggml_type::f32, 4)}, {}, "a name of 1 to 63 bytes");
  refused({tensor(std::string(64, 'n'), {1}, ggml_type::f32, 4)}, {}, "found 64 bytes");
  refused({tensor("a\xFF", {1}, ggml_type::f32, 4)}, {}, "UTF-8");
  refused({tensor("x", {1}, ggml_type::f32, 4), tensor("x", {1}, ggml_type::f32, 4)}, {},
          "two tensors have this name");
  refused({tensor("x", {4}, ggml_type::unknown, 4)}, {}, "expected a known type");
  refused({tensor("x", {256}, ggml_type::tl2, 96)}, {}, "found TL2, whose number 39 means MXFP4");
  refused({tensor("x", {32}, ggml_type::q1_0_g32, 6)}, {}, "whose number 40 means NVFP4");
  counting_producer by;
  io::gguf_tensor_to_write both = produced(by, 4);
  both.bytes = std::span(data).first(4);
  refused({both}, {}, "expected no bytes");
  refused({produced(by, 4, 0)}, {}, "a part_multiple above 0");
}

TEST_CASE("a directory that is not there is named", "[io][gguf]") {
  const status s = io::write_gguf("no/such/folder/x.gguf", {});
  REQUIRE(!s);
  CHECK(s.error().code == errc::file_not_found);
  CHECK_THAT(s.error().message, Catch::StartsWith("no/such/folder/x.gguf: "));
}

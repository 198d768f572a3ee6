#include <trilith/activations/int8.hpp>
#include <trilith/io/checkpoint.hpp>
#include <trilith/model/convert.hpp>
#include <trilith/weights/binary.hpp>
#include <trilith/weights/int8.hpp>
#include <trilith/weights/ternary.hpp>

#include <sys/stat.h>

#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <dirent.h>

#include "catch.hpp"

namespace tl = trilith;
namespace io = trilith::io;
using trilith::errc;
using bytes = std::vector<unsigned char>;

namespace {

template <class W, class Head>
using decoder_of =
    tl::decoder<tl::transformer_block<
                    tl::rms_norm<>,
                    tl::attention<tl::scheme<W, tl::activations::int8<>, tl::backends::portable>,
                                  tl::sub_norm<>>,
                    tl::gated_ffn<tl::scheme<W, tl::activations::int8<>, tl::backends::portable>,
                                  tl::silu, tl::sub_norm<>>>,
                Head>;
using ternary = decoder_of<tl::weights::ternary<>, tl::tied_head<tl::weights::bf16>>;
using grouped =
    decoder_of<tl::weights::ternary<tl::rules::absmean, tl::scale::per_group<8>>,
               tl::separate_head<tl::weights::int8<>, tl::weights::f16, tl::activations::int8<>>>;
using binary = decoder_of<tl::weights::binary<tl::scale::per_row>, tl::tied_head<tl::weights::f32>>;

constexpr tl::shape sizes{.dim = 20,
                          .ffn_dim = 43,
                          .layers = 2,
                          .heads = 2,
                          .kv_heads = 1,
                          .head_dim = 10,
                          .vocab = 31,
                          .context = 16};
/// Rows longer than a block of any packing.
constexpr tl::shape wide{.dim = 172,
                         .ffn_dim = 343,
                         .layers = 1,
                         .heads = 2,
                         .kv_heads = 2,
                         .head_dim = 86,
                         .vocab = 5,
                         .context = 4};

const std::string scratch = "unit_checkpoint.scratch";

/// A walk that fills float parameters with different numbers.
struct fill {
  std::uint32_t state = 1;
  void enter(std::string_view) {}
  void leave() {}
  template <class Field, class Tensor>
  void operator()(const Field&, Tensor& t) {
    if constexpr (requires { t.elements; })
      for (float& x : t.elements) x = next();
    else
      for (float& x : t.values) x = next();
  }
  float next() {
    state = state * 1664525u + 1013904223u;
    return static_cast<float>(static_cast<std::int32_t>(state)) * 0x1p-33f;
  }
};

template <class M>
M filled(const tl::shape& s = sizes) {
  M model(s, {.norm_eps = 0.1f, .rope_theta = 12345.678f});
  fill visit;
  tl::fields::walk<typename M::blueprint>(visit, model.parameters);
  return model;
}

/// A walk of two models that counts differing bytes and sizes.
struct compare {
  int differences = 0, tensors = 0;
  void enter(std::string_view) {}
  void leave() {}
  template <class T>
  void buffers(const tl::aligned_buffer<T>& a, const tl::aligned_buffer<T>& b) {
    differences +=
        a.size() != b.size() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) != 0;
  }
  template <class Field, class Tensor>
  void operator()(const Field&, const Tensor& a, const Tensor& b) {
    ++tensors;
    if constexpr (requires { a.codes; }) {
      buffers(a.codes, b.codes);
      buffers(a.scales, b.scales);
    } else if constexpr (requires { a.elements; }) {
      buffers(a.elements, b.elements);
    } else {
      buffers(a.values, b.values);
    }
  }
};

template <class M>
void check_equal(const M& a, const M& b) {
  CHECK(a.sizes == b.sizes);
  CHECK(a.settings == b.settings);
  REQUIRE(a.parameters.blocks.size() == b.parameters.blocks.size());
  compare visit;
  tl::fields::walk<typename M::blueprint>(visit, a.parameters, b.parameters);
  CHECK(visit.differences == 0);
  CHECK(visit.tensors > 10);
}

template <class M>
void check_round_trip(const M& model) {
  REQUIRE(io::save(model, scratch));
  const auto back = io::load_checkpoint<M>(scratch);
  if (!back) FAIL(back.error().message);
  check_equal(model, *back);
  std::remove(scratch.c_str());
}

bytes file_bytes(const std::string& path) {
  const auto file = io::map_file(path).value();
  return {file.bytes().begin(), file.bytes().end()};
}

template <class M>
bytes saved(const M& model, const io::checkpoint_extras& extras = {}) {
  REQUIRE(io::save(model, scratch, extras));
  bytes out = file_bytes(scratch);
  std::remove(scratch.c_str());
  return out;
}

template <class M>
tl::result<M> load_bytes(const bytes& file) {
  const auto parsed = io::parse_safetensors(file, "toy");
  if (!parsed) return parsed.error();
  return io::load_checkpoint<M>(*parsed);
}

template <class M>
void check_refusal(const bytes& file, errc code, std::string_view words) {
  const auto back = load_bytes<M>(file);
  REQUIRE(!back);
  CHECK(back.error().code == code);
  CHECK_THAT(back.error().message,
             Catch::StartsWith("toy: ") && Catch::Contains(std::string(words)));
}

/// A checkpoint taken apart, changed, and put together again.
struct edited {
  bytes source;
  std::vector<io::tensor_to_write> tensors;
  std::vector<io::metadata_pair> metadata;
  std::vector<bytes> own;

  explicit edited(bytes file) : source(std::move(file)) {
    const auto parsed = io::parse_safetensors(source, "edited").value();
    for (const auto& t : parsed.tensors())
      tensors.push_back({t.name, t.type, t.shape, parsed.bytes(t)});
    metadata = parsed.metadata();
    own.reserve(16);
  }
  io::tensor_to_write& tensor(std::string_view name) {
    for (auto& t : tensors)
      if (t.name == name) return t;
    FAIL("no tensor " << name);
    return tensors[0];
  }
  /// The tensor's bytes, to be changed.
  bytes& data(std::string_view name) {
    io::tensor_to_write& t = tensor(name);
    own.emplace_back(t.bytes.begin(), t.bytes.end());
    t.bytes = own.back();
    return own.back();
  }
  void set_float(std::string_view name, std::size_t i, float value) {
    std::memcpy(data(name).data() + 4 * i, &value, 4);
  }
  std::string& fact(std::string_view key) {
    for (auto& m : metadata)
      if (m.key == key) return m.value;
    FAIL("no fact " << key);
    return metadata[0].value;
  }
  [[nodiscard]] bytes file() const {
    REQUIRE(io::write_safetensors(scratch, tensors, metadata));
    bytes out = file_bytes(scratch);
    std::remove(scratch.c_str());
    return out;
  }
};

const std::string query = "blocks.1.attention.query";

}  // namespace

TEST_CASE("packed models survive saving and loading", "[io]") {
  for (const tl::shape& s : {sizes, wide}) {
    const auto t = filled<tl::dense<ternary>>(s);
    check_round_trip(tl::pack(t));
    check_round_trip(tl::pack<tl::packing::base3>(t));
    const auto g = filled<tl::dense<grouped>>(s);
    check_round_trip(tl::pack(g));
    check_round_trip(tl::pack<tl::packing::base3>(g));
    const auto b = filled<tl::dense<binary>>(s);
    check_round_trip(tl::pack(b));
    check_round_trip(tl::pack<tl::packing::bits2>(b));
  }
}

TEST_CASE("dense and latent models survive saving and loading, bit by bit", "[io]") {
  check_round_trip(filled<tl::dense<grouped>>());
  auto latent = filled<tl::latent<ternary>>(wide);
  latent.parameters.embedding.elements[0] = -0.0f;
  latent.parameters.embedding.elements[1] = std::numeric_limits<float>::denorm_min();
  check_round_trip(latent);
}

TEST_CASE("settings come back bit by bit", "[io]") {
  auto model = filled<tl::dense<ternary>>();
  for (const std::uint32_t step : {1u, 17u, 4711u, 1'000'003u}) {
    model.settings.norm_eps = std::bit_cast<float>(0x3727C5ACu + step);
    model.settings.rope_theta = std::bit_cast<float>(0x461C4000u + 3 * step);
    check_round_trip(model);
  }
  model.settings = {.norm_eps = std::numeric_limits<float>::denorm_min(),
                    .rope_theta = std::numeric_limits<float>::max()};
  check_round_trip(model);
}

TEST_CASE("a checkpoint of one packing loads as another", "[io]") {
  const auto model = filled<tl::dense<grouped>>(wide);
  const auto bits2 = tl::pack(model);
  const auto base3 = tl::pack<tl::packing::base3>(model);
  using packed_base3 = tl::packed<grouped, tl::packing::base3>;
  check_equal(load_bytes<packed_base3>(saved(bits2)).value(), base3);
  check_equal(load_bytes<tl::packed<grouped>>(saved(base3)).value(), bits2);
  const auto bits4 = tl::change_packing<tl::packing::bits4>(bits2);
  check_equal(load_bytes<packed_base3>(saved(bits4)).value(), base3);
  const auto bits8 = tl::change_packing<tl::packing::bits8>(bits2);
  check_equal(load_bytes<tl::packed<grouped>>(saved(bits8)).value(), bits2);
}

TEST_CASE("a checkpoint carries a tokenizer and metadata", "[io]") {
  const auto model = tl::pack(filled<tl::dense<ternary>>());
  const bytes words{1, 2, 0, 255};
  REQUIRE(io::save(model, scratch, {.tokenizer = words, .metadata = {{"licence", "MIT"}}}));
  CHECK(io::embedded_tokenizer(scratch).value() == words);
  CHECK(*io::open_safetensors(scratch)->find_metadata("licence") == "MIT");
  CHECK(io::load_checkpoint<tl::packed<ternary>>(scratch));
  REQUIRE(io::save(model, scratch));
  CHECK(io::embedded_tokenizer(scratch).error().code == errc::mismatch);
  std::remove(scratch.c_str());
  for (const std::string key : {"format", "shape", "packing.x"}) {
    const auto refused = io::save(model, scratch, {.metadata = {{key, ""}}});
    REQUIRE(!refused);
    CHECK(refused.error().code == errc::invalid_argument);
  }
  CHECK(!io::map_file(scratch));
}

TEST_CASE("the names and places of a checkpoint's tensors", "[io]") {
  const bytes file = saved(tl::pack(filled<tl::dense<ternary>>(wide)));
  const auto parsed = io::parse_safetensors(file, "toy").value();
  const auto check = [&](std::string_view name, io::dtype type, std::vector<std::uint64_t> shape) {
    const io::tensor_entry* t = parsed.find(name);
    REQUIRE(t != nullptr);
    CHECK(t->type == type);
    CHECK(t->shape == shape);
  };
  check("embedding", io::dtype::bf16, {5, 172});
  check("blocks.0.attention.query.codes", io::dtype::u8, {172, 43});
  check("blocks.0.attention.query.scales", io::dtype::f32, {1});
  check("blocks.0.ffn.down.codes", io::dtype::u8, {172, 86});
  check("final_norm", io::dtype::f32, {172});
  CHECK(*parsed.find_metadata("packing.ternary<absmean,per_tensor,nearest_even>") == "bits2");
  for (const io::tensor_entry& t : parsed.tensors())
    if (t.bytes % 64 == 0) CHECK(t.offset % 64 == 0);
}

TEST_CASE("a checkpoint of something else is refused in words", "[io]") {
  const auto model = filled<tl::dense<ternary>>();
  const bytes file = saved(model);
  check_refusal<tl::packed<ternary>>(
      file, errc::mismatch,
      "expected a packed model, the file holds a dense model; load it "
      "as trilith::dense<...> and call trilith::pack.");
  check_refusal<tl::latent<ternary>>(file, errc::mismatch, "the file holds a dense model");
  check_refusal<tl::dense<ternary>>(saved(tl::pack(model)), errc::mismatch, "trilith::dequantize");
  check_refusal<tl::dense<binary>>(file, errc::mismatch, ternary::name());
  check_refusal<tl::dense<binary>>(file, errc::mismatch, binary::name());
  using fixed = tl::decoder<ternary::block, ternary::head, tl::fixed<tl::shape{.ffn_dim = 44}>>;
  check_refusal<tl::dense<fixed>>(
      file, errc::mismatch,
      "the program was compiled for ffn_dim = 44, the file has ffn_dim = 43.");
  CHECK(io::load_checkpoint<tl::dense<ternary>>("/no/such/file").error().code ==
        errc::file_not_found);
}

TEST_CASE("the facts of a checkpoint are checked one by one", "[io]") {
  using M = tl::packed<ternary>;
  const bytes file = saved(tl::pack(filled<tl::dense<ternary>>()));
  const auto check = [&](std::string_view key, std::string value, errc code,
                         std::string_view words) {
    edited e(file);
    e.fact(key) = std::move(value);
    CAPTURE(key);
    check_refusal<M>(e.file(), code, words);
  };
  check("format", "pt", errc::unsupported, "found \"pt\"");
  check("format_version", "2", errc::unsupported, "expected format_version 1, found \"2\"");
  check("shape", "", errc::malformed, "shape: it is not valid JSON");
  check("shape", "[1]", errc::malformed, "expected an object");
  check("shape", "{}", errc::malformed, "expected a number dim, found none");
  check("settings", "{\"norm_eps\":1,\"norm_eps\":1}", errc::malformed, "twice");
  check("settings", "{\"norm_eps\":\"1\",\"rope_theta\":1}", errc::malformed, "found the text");
  check("settings", "{\"norm_eps\":1,\"rope_theta\":1,\"x\":1}", errc::malformed, "found 3");
  check("settings", "{\"norm_eps\":1,\"rope_theta\":1e300}", errc::invalid_value, "1e300");
  check("settings", "{\"norm_eps\":-1,\"rope_theta\":1}", errc::invalid_value, "norm_eps");
  check("settings", "{\"norm_eps\":1,\"rope_theta\":0}", errc::invalid_value, "rope_theta");
  check("packing.ternary<absmean,per_tensor,nearest_even>", "bits1", errc::unsupported,
        "found \"bits1\"");
  check("packing.ternary<absmean,per_tensor,nearest_even>", "tq9", errc::unsupported,
        "found \"tq9\"");
  for (const auto& [from, to, words] :
       {std::array<std::string, 3>{"\"layers\": 2", "\"layers\": 4000",
                                   "expected tensors for 4000"},
        {"\"layers\": 2", "\"layers\": 3", "blocks.2"},
        {"\"layers\": 2", "\"layers\": 1", "blocks.1.attention.key.codes"},
        {"\"layers\": 2", "\"layers\": 0", "layers should be between"},
        {"\"dim\": 20", "\"dim\": 16777216", "expected BF16 [31, 16777216], found BF16 [31, 20]"},
        {"\"dim\": 20", "\"dim\": 20.5", "dim cannot be 20.5"},
        {"\"dim\": 20", "\"dim\": -20", "dim cannot be -20"},
        {"\"dim\": 20", "\"dim\": 99999999999", "dim should be between"},
        {"\"heads\": 2", "\"heads\": 16777216", "expected U8 [167772160, 5]"}}) {
    edited e(file);
    std::string& shape = e.fact("shape");
    shape.replace(shape.find(from), from.size(), to);
    const auto back = load_bytes<M>(e.file());
    REQUIRE(!back);
    CHECK_THAT(back.error().message, Catch::Contains(words));
  }
}

TEST_CASE("missing, unknown and wrong tensors are refused in words", "[io]") {
  using M = tl::packed<ternary>;
  const bytes file = saved(tl::pack(filled<tl::dense<ternary>>()));
  const auto check = [&](auto change, errc code, std::string_view words) {
    edited e(file);
    change(e);
    check_refusal<M>(e.file(), code, words);
  };
  check([](edited& e) { e.tensor("final_norm").name = "final"; }, errc::malformed,
        "tensor final_norm: expected F32 [20], found no such tensor");
  check(
      [](edited& e) {
        e.tensors.push_back({"extra", io::dtype::u8, {0}, {}});
      },
      errc::malformed, "tensor \"extra\": the blueprint has no such parameter");
  check([](edited& e) { e.tensor("final_norm").type = io::dtype::i32; }, errc::mismatch,
        "tensor final_norm: expected F32 [20], found I32 [20]");
  check(
      [](edited& e) {
        e.tensor("final_norm").shape = {4, 5};
      },
      errc::mismatch, "expected F32 [20], found F32 [4, 5]");
  check(
      [](edited& e) {
        e.tensor(query + ".codes").shape = {5, 20};
      },
      errc::mismatch, "blocks.1.attention.query.codes: expected U8 [20, 5], found U8 [5, 20]");
  check([](edited& e) { e.tensor(query + ".codes").type = io::dtype::i8; }, errc::mismatch, "I8");
  check([](edited& e) { e.tensor(query + ".scales").shape = {1, 1}; }, errc::mismatch, "[1, 1]");
}

TEST_CASE("values that no model has are refused in words", "[io]") {
  using M = tl::packed<ternary>;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const bytes file = saved(tl::pack(filled<tl::dense<ternary>>()));
  const auto check = [&](auto change, std::string_view words) {
    edited e(file);
    change(e);
    check_refusal<M>(e.file(), errc::invalid_value, words);
  };
  check([&](edited& e) { e.set_float(query + ".scales", 0, nan); },
        query + ".scales[0] should be a finite number above 0, found nan");
  for (const float bad : {0.0f, -0.0f, -1.5f, std::numeric_limits<float>::infinity()})
    check([&](edited& e) { e.set_float(query + ".scales", 0, bad); }, ".scales[0] should be");
  check([&](edited& e) { e.set_float("final_norm", 7, -nan); }, "final_norm[7] should be a finite");
  check([](edited& e) { e.data("embedding")[45] = 0x7F, e.own.back()[44] = 0x80; },
        "embedding[22] should be a finite number, found inf");
  // 5 bytes a row, no full block: 4 codes a byte
  check([](edited& e) { e.data(query + ".codes")[17] |= 0xC0; },
        query + ".codes[3, 2] should hold");
}

TEST_CASE("codes outside a scheme and nonzero padding are refused", "[io]") {
  // 172 ternary codes in base3: a narrower block of 35 bytes, the last field of three bytes unused
  const auto wide_model = filled<tl::dense<ternary>>(wide);
  using base3 = tl::packed<ternary, tl::packing::base3>;
  edited padding(saved(tl::pack<tl::packing::base3>(wide_model)));
  unsigned char& last = padding.data("blocks.0.attention.query.codes")[2 * 35 - 1];
  const unsigned digits = last * 243u / 256u;  // and the last digit becomes 1
  last = static_cast<unsigned char>(((digits + 1) * 256u + 242u) / 243u);
  check_refusal<base3>(padding.file(), errc::invalid_value, "query.codes[1, 34]");
  edited invalid(saved(tl::pack<tl::packing::base3>(wide_model)));
  invalid.data("blocks.0.attention.query.codes")[35] = 0x01;
  check_refusal<base3>(invalid.file(), errc::invalid_value, "query.codes[1, 0]");
  // full blocks: 343 bits2 codes are a block of 64 bytes and 22 bytes
  edited full(saved(tl::pack(wide_model)));
  full.data("blocks.0.ffn.down.codes")[86 + 63] = 0x0C;
  check_refusal<tl::packed<ternary>>(full.file(), errc::invalid_value, "down.codes[1, 63]");
  // bits8 holds codes that the int8 head does not have: -128
  edited head(saved(tl::pack(filled<tl::dense<grouped>>())));
  head.data("head.codes")[5] = 0x80;
  check_refusal<tl::packed<grouped>>(
      head.file(), errc::invalid_value,
      "head.codes[0, 5] should hold codes of int8<per_row> in bits8");
  // binary weights in bits2: 0 is no code of theirs
  edited zero(saved(tl::pack<tl::packing::bits2>(filled<tl::dense<binary>>())));
  zero.data("blocks.0.attention.query.codes")[0] = 0x01;
  check_refusal<tl::packed<binary>>(zero.file(), errc::invalid_value, "query.codes[0, 0]");
}

TEST_CASE("a model that could not be loaded is not saved, and the old file stays", "[io]") {
  const auto good = filled<tl::dense<ternary>>();
  const bytes old = [&] {
    REQUIRE(io::save(good, scratch));
    return file_bytes(scratch);
  }();
  const auto refused = [&](auto change, errc code, std::string_view words) {
    auto model = tl::pack(good);
    change(model);
    const auto s = io::save(model, scratch);
    REQUIRE(!s);
    CHECK(s.error().code == code);
    CHECK_THAT(s.error().message, Catch::Contains(std::string(words)));
    CHECK(file_bytes(scratch) == old);
  };
  const float nan = std::numeric_limits<float>::quiet_NaN();
  refused([&](auto& m) { m.parameters.final_norm.values[3] = nan; }, errc::invalid_value,
          "final_norm[3]");
  refused([&](auto& m) { m.parameters.blocks[0].ffn.up.scales[0] = 0; }, errc::invalid_value,
          "blocks.0.ffn.up.scales[0]");
  refused([&](auto& m) { m.parameters.blocks[0].ffn.up.codes[0] = 0xFF; }, errc::invalid_value,
          "blocks.0.ffn.up.codes[0, 0]");
  refused([&](auto& m) { m.settings.norm_eps = nan; }, errc::invalid_value, "norm_eps");
  refused([&](auto& m) { m.sizes.layers = 3; }, errc::invalid_argument, "layers = 3");
  refused([&](auto& m) { m.sizes.dim = 0; }, errc::invalid_value, "dim");
  refused([&](auto& m) { m.sizes.ffn_dim = 44; }, errc::invalid_argument, "blocks.0.ffn.gate");
  std::remove(scratch.c_str());
}

TEST_CASE("a save that fails or is cancelled leaves the old file and nothing else", "[io]") {
  const std::string directory = "unit_checkpoint.directory", path = directory + "/model";
  REQUIRE((::mkdir(directory.c_str(), 0755) == 0 || errno == EEXIST));
  const auto model = filled<tl::dense<ternary>>();
  REQUIRE(io::save(model, path));
  const bytes old = file_bytes(path);
  int calls = 0;
  const auto cancelled =
      io::save(filled<tl::dense<ternary>>(wide), path,
               {.report = [&](double, std::string_view) { return ++calls < 5; }});
  CHECK(!cancelled);
  CHECK(calls == 5);
  CHECK(file_bytes(path) == old);
  CHECK(!io::save(model, path + "/through_a_file"));
  CHECK(!io::save(model, directory));  // renaming a file over a directory fails
  CHECK(!io::save(model, directory + "/no/such"));
  int files = 0;
  DIR* listing = ::opendir(directory.c_str());
  while (const dirent* entry = ::readdir(listing)) files += entry->d_name[0] != '.';
  ::closedir(listing);
  CHECK(files == 1);
  CHECK(file_bytes(path) == old);
  if (std::FILE* full = std::fopen("/dev/full", "wb")) {
    std::fclose(full);
    CHECK(!io::save(model, "/dev/full/x"));
  }
  std::remove(path.c_str());
  std::remove(directory.c_str());
}

TEST_CASE("progress is told tensor by tensor and can cancel a load", "[io]") {
  const auto model = tl::pack(filled<tl::dense<ternary>>());
  double last = -1;
  std::string name;
  const auto rising = [&](double fraction, std::string_view tensor) {
    CHECK(fraction >= last);
    CHECK(fraction <= 1);
    last = fraction;
    if (!tensor.empty()) name = tensor;
    return true;
  };
  REQUIRE(io::save(model, scratch, {.report = rising}));
  CHECK(last == 1);
  CHECK(!name.empty());
  last = -1;
  CHECK(io::load_checkpoint<tl::packed<ternary>>(scratch, {.report = rising}));
  CHECK(last == 1);
  CHECK(name == "final_norm");
  const auto cancelled = io::load_checkpoint<tl::packed<ternary>>(
      scratch, {.report = [](double fraction, std::string_view) { return fraction < 0.5; }});
  REQUIRE(!cancelled);
  CHECK_THAT(cancelled.error().message, Catch::Contains("cancelled"));
  std::remove(scratch.c_str());
}

TEST_CASE("a checkpoint cut at any byte is an error", "[io]") {
  const bytes whole = saved(tl::pack(filled<tl::dense<ternary>>()));
  for (std::size_t n = 0; n < whole.size(); ++n) {
    const auto end = whole.begin() + static_cast<std::ptrdiff_t>(n);
    if (load_bytes<tl::packed<ternary>>(bytes(whole.begin(), end))) FAIL("read from " << n);
  }
}

TEST_CASE("a checkpoint with flipped bits is an error or a model", "[io]") {
  using M = tl::packed<grouped, tl::packing::base3>;
  bytes damaged = saved(tl::pack<tl::packing::base3>(filled<tl::dense<grouped>>()));
  std::uint64_t header = 0;
  std::memcpy(&header, damaged.data(), 8);
  int models = 0, errors = 0;
  for (std::size_t bit = 0; bit < 8 * damaged.size(); bit += bit < 64 + 8 * header ? 1 : 37) {
    const auto flip = static_cast<unsigned char>(1u << bit % 8);
    damaged[bit / 8] ^= flip;
    const auto back = load_bytes<M>(damaged);
    damaged[bit / 8] ^= flip;
    back ? ++models : ++errors;
    if (!back && back.error().message.empty()) FAIL("no sentence for bit " << bit);
    if (back && !(back->sizes.dim == 20 && back->parameters.blocks.size() == 2))
      FAIL("bit " << bit << " made another shape");
  }
  CHECK(models > 100);
  CHECK(errors > 10000);
}

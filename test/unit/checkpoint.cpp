#include "checkpoint_fixture.hpp"

#include <dirent.h>
#include <sys/stat.h>

#include <bit>
#include <cerrno>
#include <limits>

using namespace test::checkpoints;

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

TEST_CASE("a model that could not be loaded is not saved, and the old file stays", "[io]") {
  const auto good = filled<tl::dense<ternary>>();
  const bytes old = [&] {
    REQUIRE(io::save(good, scratch));
    return test::bytes_of_file(scratch);
  }();
  const auto refused = [&](auto change, errc code, std::string_view words) {
    auto model = tl::pack(good);
    change(model);
    const auto s = io::save(model, scratch);
    REQUIRE(!s);
    CHECK(s.error().code == code);
    CHECK_THAT(s.error().message, Catch::Contains(std::string(words)));
    CHECK(test::bytes_of_file(scratch) == old);
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
  const std::string directory = scratch + ".directory", path = directory + "/model";
  REQUIRE((::mkdir(directory.c_str(), 0755) == 0 || errno == EEXIST));
  const auto model = filled<tl::dense<ternary>>();
  REQUIRE(io::save(model, path));
  const bytes old = test::bytes_of_file(path);
  int calls = 0;
  const auto cancelled =
      io::save(filled<tl::dense<ternary>>(wide), path,
               {.report = [&](double, std::string_view) { return ++calls < 5; }});
  REQUIRE(!cancelled);
  CHECK(cancelled.error().code == tl::errc::cancelled);
  CHECK(calls == 5);
  CHECK(test::bytes_of_file(path) == old);
  CHECK(!io::save(model, path + "/through_a_file"));
  CHECK(!io::save(model, directory));  // renaming a file over a directory fails
  CHECK(!io::save(model, directory + "/no/such"));
  int files = 0;
  DIR* listing = ::opendir(directory.c_str());
  while (const dirent* entry = ::readdir(listing)) files += entry->d_name[0] != '.';
  ::closedir(listing);
  CHECK(files == 1);
  CHECK(test::bytes_of_file(path) == old);
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

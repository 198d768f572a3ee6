#include <trilith/io/shards.hpp>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "catch.hpp"
#include "hf_fixture.hpp"

namespace io = trilith::io;
using test::check_error;
using test::noted;
using test::scratch_directory;
using trilith::errc;

namespace {

constexpr std::string_view index_name = "model.safetensors.index.json";

/// Two shards: a and b in one.safetensors, c in two.safetensors.
void write_shards(const scratch_directory& in) {
  test::write_tensors(in.file("one.safetensors"), {"a", "b"});
  test::write_tensors(in.file("two.safetensors"), {"c"});
}

std::string index_of(std::string_view map, std::string_view metadata = R"({"total_size": 6})") {
  return trilith::join(R"({"metadata": )", metadata, R"(, "weight_map": {)", map, "}}");
}

const std::string good_map =
    R"("a": "one.safetensors", "b": "one.safetensors", "c": "two.safetensors")";

/// The error of an index with these contents beside good shards.
void check_index(const std::string& text, errc code, const std::vector<std::string>& words) {
  const scratch_directory in("unit_shards_index");
  write_shards(in);
  in.write(index_name, text);
  CAPTURE(text);
  const auto opened = io::open_tensors(in.path());
  check_error(opened, code, words);
  CHECK_THAT(opened.error().message, Catch::StartsWith(in.file(index_name)));
}

void check_map(const std::string& map, const std::vector<std::string>& words) {
  check_index(index_of(map), errc::malformed, words);
}

}  // namespace

TEST_CASE("one safetensors file is a model's tensors", "[io]") {
  const scratch_directory in("unit_shards_single");
  test::write_tensors(in.file("model.safetensors"), {"z", "a"});
  for (const std::string& path : {in.path(), in.path() + "/", in.file("model.safetensors")}) {
    const auto tensors = io::open_tensors(path).value();
    CHECK(tensors.files().size() == 1);
    CHECK(tensors.notes.empty());
    REQUIRE(tensors.tensors().size() == 2);
    CHECK(tensors.tensors()[0].tensor->name == "a");
    CHECK(tensors.find("z").bytes().size() == 2);
    CHECK(tensors.find("z").bytes()[1] == 2);
    CHECK_FALSE(tensors.find("b"));
    CHECK(tensors.find("").file == nullptr);
    CHECK_THAT(tensors.name(), Catch::EndsWith("model.safetensors"));
  }
}

TEST_CASE("an index opens each shard once", "[io]") {
  const scratch_directory in("unit_shards_good");
  write_shards(in);
  in.write(index_name, index_of(good_map));
  auto opened = io::open_tensors(in.path());
  REQUIRE(opened);
  const io::tensor_files tensors = std::move(opened).value();  // places survive the move
  CHECK(tensors.notes.empty());
  REQUIRE(tensors.files().size() == 2);
  CHECK(tensors.files()[0].name() == in.file("one.safetensors"));
  REQUIRE(tensors.tensors().size() == 3);
  CHECK(tensors.find("b").file == &tensors.files()[0]);
  CHECK(tensors.find("c").file == &tensors.files()[1]);
  CHECK(tensors.find("c").tensor->name == "c");
  CHECK(tensors.find("c").bytes()[0] == 1);
  CHECK_FALSE(tensors.find("d"));
  CHECK(io::open_tensors(in.file(index_name)));
}

TEST_CASE("shards that transformers wrote are read", "[io]") {
  const auto tensors = io::open_tensors(test::config_fixture("sharded")).value();
  CHECK(tensors.notes.empty());
  CHECK(tensors.files().size() == 3);
  const auto names = test::fixture_names("sharded");
  CHECK(tensors.tensors().size() == names.size());
  for (const std::string& name : names) {
    const io::tensor_place place = tensors.find(name);
    REQUIRE(place);
    CHECK(place.tensor->type == io::dtype::bf16);
    CHECK(place.bytes().size() == place.tensor->bytes);
  }
}

TEST_CASE("a single file is preferred to an index beside it", "[io]") {
  const scratch_directory in("unit_shards_both");
  write_shards(in);
  in.write(index_name, index_of(good_map));
  test::write_tensors(in.file("model.safetensors"), {"a"});
  const auto tensors = io::open_tensors(in.path()).value();
  CHECK(tensors.tensors().size() == 1);
  CHECK(noted(tensors.notes, "not read"));
}

TEST_CASE("a wrong total_size and unlisted tensors are notes", "[io]") {
  const scratch_directory in("unit_shards_notes");
  write_shards(in);
  in.write(index_name,
           index_of(R"("a": "one.safetensors", "c": "two.safetensors")", R"({"total_size": 7})"));
  const auto tensors = io::open_tensors(in.path()).value();
  REQUIRE(tensors.notes.size() == 2);
  CHECK(noted(tensors.notes, "1 tensors of its shards are not listed"));
  CHECK(noted(tensors.notes, "total_size says 7 bytes, the tensors have 6."));
  CHECK(tensors.find("b"));
}

TEST_CASE("metadata of an index may be anything but a wrong size", "[io]") {
  const scratch_directory in("unit_shards_metadata");
  write_shards(in);
  for (const std::string_view metadata :
       {"{}", "null", R"({"total_size": 6.0})", R"({"mlx": {"a": [1, {"total_size": "x"}]}})",
        R"({"total_parameters": 3, "b": null, "total_size": 6, "c": [[]], "d": "", "e": -1.5})"}) {
    in.write(index_name, index_of(good_map, metadata));
    CHECK(io::open_tensors(in.path())->notes.empty());
  }
  in.write(index_name, trilith::join(R"({"other": [{}], "weight_map": {)", good_map,
                                     R"(}, "more": {"weight_map": 3}})"));
  CHECK(io::open_tensors(in.path()));
  check_index(index_of(good_map, R"({"total_size": "6"})"), errc::malformed,
              {"total_size: expected a number of bytes, found the text \"6\""});
  check_index(index_of(good_map, R"({"total_size": -1})"), errc::malformed, {"total_size", "-1"});
  check_index(index_of(good_map, "3"), errc::malformed, {"metadata: expected an object, found 3"});
}

TEST_CASE("an index that is none is refused in words", "[io]") {
  check_index("", errc::malformed, {"not valid JSON"});
  check_index("{", errc::malformed, {"not valid JSON"});
  check_index("[]", errc::malformed, {"one object with a weight_map, found a list"});
  check_index("\"x\"", errc::malformed, {"found the text \"x\""});
  check_index("{}", errc::malformed, {"expected a weight_map that lists tensors, found none"});
  check_index(R"({"weight_map": {}})", errc::malformed, {"found an empty one"});
  check_index(R"({"weight_map": []})", errc::malformed, {"weight_map: expected an object"});
  check_index(R"({"weight_map": null})", errc::malformed, {"found null"});
  check_index("{\"weight_map\": {\"a\": \"\xFF\"}}", errc::malformed, {"expected UTF-8"});
  check_index(R"({"metadata": {}, "metadata": {}})", errc::malformed,
              {"\"metadata\" stands twice"});
  check_index(R"({"weight_map": {}, "weight_map": {}})", errc::malformed,
              {"\"weight_map\" stands twice"});
  check_index(index_of(good_map, R"({"total_size": 6, "total_size": 6})"), errc::malformed,
              {"\"total_size\" stands twice"});
  check_index(R"({"other": )" + std::string(100'000, '['), errc::malformed, {"not valid JSON"});
}

TEST_CASE("an index that is too large is refused before it is read", "[io]") {
  const scratch_directory in("unit_shards_large");
  in.write(index_name, "{}");
  std::filesystem::resize_file(in.file(index_name), 64'000'001);
  check_error(io::open_tensors(in.path()), errc::malformed,
              {in.file(index_name), "expected at most 64000000 bytes of text, found 64000001"});
}

TEST_CASE("a weight_map names tensors once, with a file each", "[io]") {
  check_map(R"("a": "one.safetensors", "a": "one.safetensors")",
            {"tensor \"a\"", "the index has this name twice"});
  check_map(R"("a": "one.safetensors", "a": "two.safetensors")", {"this name twice"});
  check_map(R"("a": 3)", {"tensor \"a\": expected the name of a file, found 3"});
  check_map(R"("a": null)", {"expected the name of a file, found null"});
  check_map(R"("a": ["one.safetensors"])", {"expected the name of a file, found a list"});
}

TEST_CASE("a shard is a safetensors file beside its index", "[io]") {
  for (const std::string_view outside :
       {"/etc/one.safetensors", "../one.safetensors", "..", "x/one.safetensors",
        "..\\\\one.safetensors", "", "./one.safetensors", "one.safetensors\\u0000"})
    check_map(trilith::join("\"a\": \"", outside, "\""),
              {"tensor \"a\": expected a file in the directory of the index"});
  check_map(R"("a": "pytorch_model-00001.bin")",
            {"tensor \"a\": expected a name that ends in .safetensors, found \"pytorch"});
  check_map(R"("a": ".")", {"ends in .safetensors, found \".\""});
}

TEST_CASE("an index of indices is refused", "[io]") {
  check_map(R"("a": "model.safetensors.index.json")", {"tensor \"a\"", "not the index itself"});
  check_map(R"("a": "other.safetensors.index.json")", {"not another index (a cyclic index)"});
}

TEST_CASE("a weight_map that the shards contradict is refused", "[io]") {
  check_map(R"("a": "one.safetensors", "d": "two.safetensors")",
            {"tensor \"d\": expected it in the shard \"two.safetensors\", which has no such"});
  check_map(R"("a": "one.safetensors", "c": "one.safetensors", "b": "two.safetensors")",
            {"tensor \"b\": expected it in the shard \"two.safetensors\", found it in",
             "one.safetensors."});
  check_index(index_of(R"("a": "three.safetensors")"), errc::file_not_found,
              {"shard \"three.safetensors\"", "cannot be opened"});
}

TEST_CASE("a tensor of two shards is refused", "[io]") {
  const scratch_directory in("unit_shards_twice");
  write_shards(in);
  test::write_tensors(in.file("two.safetensors"), {"b", "c"});
  in.write(index_name, index_of(good_map));
  check_error(io::open_tensors(in.path()), errc::malformed,
              {in.file(index_name), "tensor \"b\": expected it in one shard",
               in.file("one.safetensors"), in.file("two.safetensors")});
}

TEST_CASE("damaged shards are named by their index", "[io]") {
  const scratch_directory in("unit_shards_damaged");
  write_shards(in);
  in.write(index_name, index_of(good_map));
  in.write("two.safetensors", "1234");
  check_error(io::open_tensors(in.path()), errc::truncated,
              {in.file(index_name), "shard \"two.safetensors\"", in.file("two.safetensors")});
  in.remove("two.safetensors");
  std::filesystem::create_directory(in.file("two.safetensors"));
  check_error(io::open_tensors(in.path()), errc::file_not_found, {"found something else"});
}

TEST_CASE("a directory without tensors says what it lacks", "[io]") {
  const scratch_directory in("unit_shards_none");
  check_error(io::open_tensors(in.path()), errc::file_not_found,
              {in.path(), "model.safetensors.index.json, found neither"});
  in.write("pytorch_model.bin", "");
  check_error(io::open_tensors(in.path()), errc::file_not_found, {"found pytorch_model.bin"});
  check_error(io::open_tensors(in.file("absent.safetensors")), errc::file_not_found, {"absent"});
  check_error(io::open_tensors(in.file("absent.index.json")), errc::file_not_found, {"absent"});
}

TEST_CASE("every cut and every changed byte of an index is an error or an index", "[io]") {
  const scratch_directory in("unit_shards_cut");
  write_shards(in);
  const std::string whole = index_of(good_map);
  for (std::size_t n = 0; n < whole.size(); ++n) {
    in.write(index_name, whole.substr(0, n));
    const auto opened = io::open_tensors(in.path());
    if (opened) FAIL("read from " << n << " bytes");
    CHECK(opened.error().code == errc::malformed);
    CHECK_THAT(opened.error().message, Catch::StartsWith(in.file(index_name)));
  }
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string damaged = whole;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    in.write(index_name, damaged);
    const auto opened = io::open_tensors(in.path());
    if (opened)
      CHECK(opened->tensors().size() >= 1);
    else
      CHECK(!opened.error().message.empty());
  }
}

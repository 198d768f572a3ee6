#include "train_checkpoint_fixture.hpp"

using namespace test;

namespace {

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  const std::size_t at = text.find(what);
  REQUIRE(at != text.npos);
  REQUIRE(what.size() == by.size());
  return text.replace(at, what.size(), by);
}

}  // namespace

TEST_CASE("a training checkpoint cut anywhere is refused", "[train]") {
  const scratch_directory where("training_cut");
  std::vector<float> x{1, 2, 3};
  const std::string path = where.file("a");
  REQUIRE(tl::save_training_checkpoint(path, small_snapshot(x)));
  const std::string whole = contents_of(path);
  REQUIRE(tl::training_checkpoint::open(path));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    where.remove("a");
    write_file(path, whole.substr(0, size));
    const auto file = tl::training_checkpoint::open(path);
    REQUIRE(!file);
    CAPTURE(size, file.error().message);
    CHECK((file.error().code == errc::truncated || file.error().code == errc::malformed));
    CHECK(file.error().message.find(path) == 0);
  }
}

TEST_CASE("every flipped bit of a training checkpoint is noticed", "[train]") {
  const scratch_directory where("training_flipped");
  std::vector<float> x{1, 2, 3};
  const std::string path = where.file("a");
  REQUIRE(tl::save_training_checkpoint(path, small_snapshot(x)));
  const std::string whole = contents_of(path);
  for (std::size_t at = 0; at < whole.size(); ++at)
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = whole;
      flipped[at] = static_cast<char>(flipped[at] ^ 1 << bit);
      where.remove("a");
      write_file(path, flipped);
      const auto file = tl::training_checkpoint::open(path);
      CAPTURE(at, bit);
      REQUIRE(!file);
      CHECK((file.error().code == errc::truncated || file.error().code == errc::malformed));
    }
}

TEST_CASE("what is no training checkpoint, or a newer one, is refused in words", "[train]") {
  const scratch_directory where("training_foreign");
  const std::string path = where.file("a");
  const auto refusal = [&] { return tl::training_checkpoint::open(path).error(); };
  check_error(refusal(), errc::file_not_found, "a: the file cannot be opened");
  write_file(path, "Once upon a time there was a file that was no checkpoint.");
  check_error(refusal(), errc::malformed, "a: expected a header");
  REQUIRE(tl::io::write_safetensors(path, {}, std::vector<tl::io::metadata_pair>{{"a", "b"}}));
  check_error(refusal(), errc::malformed, "expected a training checkpoint, with format = ");
  REQUIRE(tl::io::write_safetensors(path, {},
                                    std::vector<tl::io::metadata_pair>{{"format", "trilith"}}));
  check_error(refusal(), errc::malformed, "found \"trilith\".");
  std::vector<float> x{1};
  REQUIRE(tl::save_training_checkpoint(path, small_snapshot(x)));
  write_file(path, replaced(contents_of(path), "on\":\"1\"", "on\":\"2\""));
  check_error(refusal(), errc::malformed, "the checkpoint is damaged: expected the checksum ");
  // The checksum that a version 2 of the same contents would have: the error names it.
  const std::string message = refusal().message;
  const std::size_t begin = message.find("checksum ") + 9;
  const std::string fits = message.substr(begin, message.find(',', begin) - begin);
  const std::size_t found = message.find("found ") + 6;
  const std::string old = message.substr(found, message.find('.', found) - found);
  write_file(path, replaced(contents_of(path), old, fits));
  check_error(refusal(), errc::unsupported,
              "expected version 1 of the training checkpoint, found version 2;");
}

TEST_CASE("a damaged checkpoint is passed over, with a remark", "[train]") {
  const finished with("training_passed_over");
  const std::string whole = contents_of(with.last);
  const auto log = log_without_times(with.with.path("run.csv"));
  std::string remark;
  std::vector<std::string> resumed;
  tl::train_options o = with.options();
  o.on_event = [&](const tl::training_event& e) {
    if (e.what == tl::training_moment::remark) remark = e.text;
    if (e.what == tl::training_moment::resumed) resumed.emplace_back(e.text);
  };
  for (const bool is_cut : {true, false}) {
    std::string damaged = whole;
    if (is_cut) damaged.resize(damaged.size() - 1);
    damaged[damaged.size() / 2] ^= 4;
    write_file(with.last, damaged);
    const auto done = with.run(o);
    REQUIRE(done);
    CHECK(done->steps_run == 3);
    CHECK(remark.find("step_000000000009.safetensors: ") != std::string::npos);
    CHECK(remark.find("The one before it is used") != std::string::npos);
    CHECK(resumed.back().find("step_000000000006.safetensors") != std::string::npos);
    CHECK(contents_of(with.last) == whole);
    CHECK(log_without_times(with.with.path("run.csv")) == log);
  }
  for (const std::string& name : files_in(with.with.path("run")))
    write_file(with.with.path("run/" + name), "damaged");
  check_refusal(with.run(o), errc::truncated, "the file ends inside");
}

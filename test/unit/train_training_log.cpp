#include <cmath>

#include "train_run_fixture.hpp"

using namespace test;

namespace {

tl::step_report step(std::uint64_t n) {
  tl::step_report out{.step = n, .loss = 1.5, .gradient_norm = 0.25, .rate = 1e-3};
  out.loss_z = std::nan("");
  out.norm_z = 2;
  out.seconds = 0.5;
  out.tokens_per_second = 1000;
  return out;
}
constexpr std::string_view header =
    "step,loss,gradient_norm,rate,flipped_share,zero_share,scale_drift,loss_z,norm_z,outcome,"
    "validation_bits_per_byte,validation_perplexity,tokens_per_second,seconds\n";

}  // namespace

TEST_CASE("a log has a header and a row a step, at once", "[train]") {
  const scratch_directory where("training_log");
  const std::string path = where.file("log.csv");
  auto log = tl::training_log::begin(path);
  REQUIRE(log);
  CHECK(contents_of(path) == header);
  REQUIRE(log->add(step(1), nullptr));
  const tl::validation_report checked{.step = 2, .bits_per_byte = 1.25, .perplexity = 9};
  REQUIRE(log->add(step(2), &checked));
  CHECK(contents_of(path) == std::string(header) +
                                 "1,1.5,0.25,0.001,0,0,1,,2,updated,,,1000,0.500\n"
                                 "2,1.5,0.25,0.001,0,0,1,,2,updated,1.25,9,1000,0.500\n");
  REQUIRE(log->sync());
}

TEST_CASE("a resumed log is cut behind the steps that stay", "[train]") {
  const scratch_directory where("training_log_cut");
  const std::string path = where.file("log.csv");
  tl::training_history history;
  const tl::validation_report checked{.step = 2, .bits_per_byte = 1.25, .perplexity = 9};
  {
    auto log = tl::training_log::resume(path, 3, history);  // there is none yet
    REQUIRE(log);
    for (std::uint64_t n = 1; n <= 5; ++n) REQUIRE(log->add(step(n), n == 2 ? &checked : nullptr));
  }
  const std::string whole = contents_of(path);
  const std::size_t three = whole.find("\n4,") + 1;
  for (std::size_t size = three; size <= whole.size(); size += 7) {
    write_file(path, whole.substr(0, size));
    history = {};
    REQUIRE(tl::training_log::resume(path, 3, history));
    CHECK(contents_of(path) == whole.substr(0, three));
  }
  CHECK(history.losses.size() == 3);
  REQUIRE(history.bits_per_byte.size() == 1);
  CHECK(history.bits_per_byte[0].x == 2);
  CHECK(history.bits_per_byte[0].y == 1.25);
  write_file(path, whole.substr(0, 10));
  REQUIRE(tl::training_log::resume(path, 3, history));
  CHECK(contents_of(path) == header);
}

TEST_CASE("a file that is no log is neither cut nor written to", "[train]") {
  const scratch_directory where("training_log_foreign");
  where.write("notes", "my notes on training, which nobody should cut off");
  tl::training_history history;
  const auto log = tl::training_log::resume(where.file("notes"), 3, history);
  REQUIRE(!log);
  check_error(
      log.error(), errc::malformed,
      "notes: expected a training log, which begins with \"step,loss,gradient_n...\", found "
      "\"my notes on training\"");
  CHECK(contents_of(where.file("notes")).starts_with("my notes"));
}

TEST_CASE("a callback views names and copies temporaries", "[train]") {
  int calls = 0;
  auto count = [&calls, many = std::string("not trivially copyable")] {
    ++calls;
    return !many.empty();
  };
  const tl::callback<bool()> viewed = count;
  const tl::callback<bool()> copied = [&calls] { return ++calls > 100; };
  tl::callback<bool()> none;
  CHECK(!none);
  CHECK(viewed());
  CHECK(!copied());
  none = copied;
  CHECK(!none());
  CHECK(calls == 3);
  const tl::callback<int(int)> function = +[](int x) { return x + 1; };
  CHECK(function(2) == 3);
  int sum = 0;
  const tl::callback<void(int)> returns_nothing = [&](int x) { return sum += x; };
  returns_nothing(4);
  CHECK(sum == 4);
}

TEST_CASE("any schedule is the schedule it was made of", "[train]") {
  const tl::two_stage s{.warmup = 3};
  const tl::any_schedule any = s;
  CHECK(any.name() == "two_stage");
  for (std::uint64_t step = 0; step < 12; ++step) {
    CHECK(any.rate(step, 10) == s.rate(step, 10));
    CHECK(any.decay(step, 10) == s.decay(step, 10));
  }
  tl::description out;
  any.describe_as("schedule", out);
  CHECK(out.pairs()[0].value == "two_stage");
  CHECK(out.pairs()[1].key == "schedule.warmup");
  CHECK(out.pairs()[1].value == "3");
  CHECK(out.pairs()[3].value == "0.6666666666666666");
}

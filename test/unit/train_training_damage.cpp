#include "train_run_fixture.hpp"

using namespace test;

namespace {

/// A finished run of a few steps, and what other runs say to its checkpoints.
struct finished {
  tiny_run with;
  std::string last;

  explicit finished(const std::string& name) : with(name) {
    REQUIRE(run());
    last = with.path("run/step_000000000009.safetensors");
  }
  [[nodiscard]] tl::train_options options() const {
    tl::train_options o = with.options("run");
    o.steps = 9;
    o.checkpoint_every = 3;
    return o;
  }
  template <class O = tl::muon_grokfast>
  [[nodiscard]] tl::result<tl::training_summary> run(const tl::train_options& o,
                                                     const O& optimiser = tiny_optimiser()) const {
    tiny_learner learner = with.learner();
    return tl::train(learner, with.data(), optimiser, o);
  }
  [[nodiscard]] tl::result<tl::training_summary> run() const { return run(options()); }
};

void check_refusal(const tl::result<tl::training_summary>& r, errc code, std::string_view words) {
  REQUIRE(!r);
  check_error(r.error(), code, words);
  CHECK(r.error().message.find("step_000000000009.safetensors: ") != std::string::npos);
}
std::string replaced(std::string text, std::string_view what, std::string_view by) {
  const std::size_t at = text.find(what);
  REQUIRE(at != text.npos);
  REQUIRE(what.size() == by.size());
  return text.replace(at, what.size(), by);
}

tl::training_snapshot small_snapshot(std::span<float> x) {
  tl::training_snapshot out;
  out.run.add("optimiser", std::string_view("adamw")), out.run.add("optimiser.rate", 0.1);
  out.now.add("step", 3);
  out.tensors.push_back({"head", {x.size()}, x});
  return out;
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

TEST_CASE("checkpoints of another run are refused, by what differs", "[train]") {
  const finished with("training_other_run");
  const auto other = [&](auto change, std::string_view words) {
    tl::train_options o = with.options();
    change(o);
    check_refusal(with.run(o), errc::mismatch, words);
  };
  other([](auto& o) { o.steps = 10; }, "expected steps = 10, found 9.");
  other([](auto& o) { o.clip = 0.5; }, "expected clip = 0.5, found 1.");
  other([](auto& o) { o.loss_scaling = true; }, "expected loss_scaling = 1, found 0.");
  other([](auto& o) { o.spike_threshold = 6; }, "expected spike_threshold = 6, found 0.");
  other([](auto& o) { o.lambda_warmup = 0; }, "expected lambda_warmup = 0, found 10.");
  other([](auto& o) { o.schedule = tl::constant{}; }, "expected schedule = constant, found cosine");
  other([](auto& o) { o.schedule = tl::cosine{.warmup = 4, .last = 0.1}; },
        "expected schedule.warmup = 4, found 5.");
  check_refusal(with.run(with.options(), tl::adamw{}), errc::mismatch,
                "the checkpoint is another run's: expected optimiser = adamw, found muon.");
  tl::muon_grokfast faster = tiny_optimiser();
  faster.rate = 0.03;
  check_refusal(with.run(with.options(), faster), errc::mismatch,
                "expected optimiser.rate = 0.03, found 0.02.");
  check_refusal(with.run(with.options(), tl::muon_with<tl::scaling::rms>{.rate = 0.02}),
                errc::mismatch, "expected optimiser.filter = none, found grokfast<ema>.");
  tiny_learner learner = with.with.learner();
  const auto longer = tl::make_batches(with.with.file, {6, 13, 5}).value();
  check_refusal(tl::train(learner, {longer}, tiny_optimiser(), with.options()), errc::mismatch,
                "expected length = 13, found 12.");
  const written_tokens more("training_other_corpus", 310);
  const auto corpus = more.open();
  const auto others = tl::make_batches(corpus, {6, 12, 5}).value();
  check_refusal(tl::train(learner, {others}, tiny_optimiser(), with.options()), errc::mismatch,
                "expected corpus.tokens = ");
  CHECK(with.run());
}

TEST_CASE("checkpoints of another model are refused, by the tensor that differs", "[train]") {
  const scratch_directory where("training_other_model");
  const std::string path = where.file("a");
  std::vector<float> x{1, 2, 3};
  const tl::training_snapshot all = small_snapshot(x);
  REQUIRE(tl::save_training_checkpoint(path, all));
  const auto file = tl::training_checkpoint::open(path);
  REQUIRE(file);
  CHECK(file->expect(all));
  const auto refusal = [&](auto change) {
    tl::training_snapshot other = all;
    change(other.tensors);
    return file->expect(other).error();
  };
  check_error(refusal([](auto& t) { t[0].shape = {2}; }), errc::mismatch,
              "another model's: tensor head: expected [2] of F32, found [3] of F32.");
  check_error(refusal([](auto& t) { t[0].name = "tail"; }), errc::mismatch,
              "tensor tail: expected [3] of F32, found none.");
  check_error(refusal([](auto& t) { t.clear(); }), errc::mismatch,
              "tensor head: expected none, found [3] of F32.");
  std::uint64_t step = 0;
  CHECK(file->read("step", step));
  CHECK(step == 3);
  check_error(file->read("stop", step).error(), errc::malformed,
              "a: expected a number now.stop, found none.");
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

TEST_CASE("a new run does not mix its checkpoints with another's", "[train]") {
  const finished with("training_mixed");
  tl::train_options o = with.options();
  o.resume = false;
  check_error(with.run(o).error(), errc::invalid_argument,
              "run: expected no checkpoints for a new run, found ");
}

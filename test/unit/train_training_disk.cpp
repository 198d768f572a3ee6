#include <sys/mount.h>
#include <sys/resource.h>

#include <csignal>

#include "train_run_fixture.hpp"

using namespace test;

namespace {

/// As long as it lives, no file of this process may have more than `most` bytes: what a full disk
/// does takes a mount, and a limit fails in the same place.
class limited_files {
 public:
  explicit limited_files(rlim_t most) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{most, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
  }
  ~limited_files() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int) = nullptr;
};

/// A file system of so many KiB at a directory, where this process may mount one.
class small_disk {
 public:
  small_disk(std::string at, int kibibytes) : at_(std::move(at)) {
    std::filesystem::create_directories(at_);
    const std::string size = "size=" + std::to_string(kibibytes) + "k";
    is_there_ = ::mount("tmpfs", at_.c_str(), "tmpfs", 0, size.c_str()) == 0;
  }
  small_disk(const small_disk&) = delete;
  small_disk& operator=(const small_disk&) = delete;
  ~small_disk() {
    if (is_there_) (void)::umount(at_.c_str());
  }
  [[nodiscard]] bool is_there() const { return is_there_; }

 private:
  std::string at_;
  bool is_there_ = false;
};

}  // namespace

TEST_CASE("where the disk takes no checkpoint, the last good one and the weights stay", "[train]") {
  const tiny_run with("training_full");
  tl::train_options o = with.options("run");
  std::vector<std::string> before;
  std::string first;
  tiny_learner learner = with.learner();
  std::vector<float> weights;
  std::vector<limited_files*> limits;
  o.on_event = [&](const tl::training_event& e) {
    if (e.what == tl::training_moment::checkpoint && before.empty()) {
      before = files_in(with.path("run"));
      first = contents_of(std::string(e.text));
      limits.push_back(new limited_files(20000));
    }
    if (e.what == tl::training_moment::step) weights = learner.all_weights();
  };
  const auto done = tl::train(learner, with.data(), tiny_optimiser(), o);
  for (limited_files* l : limits) delete l;
  REQUIRE(limits.size() == 1);
  REQUIRE(!done);
  check_error(done.error(), errc::io_failure,
              "run/step_000000000014.safetensors: writing failed: File too large. The last "
              "checkpoint is ");
  CHECK(files_in(with.path("run")) == before);
  CHECK(before == std::vector<std::string>{"step_000000000007.safetensors"});
  CHECK(contents_of(with.path("run/" + before[0])) == first);
  CHECK(learner.all_weights() == weights);
  CHECK(lines_of(contents_of(with.path("run.csv"))).size() == 15);

  // With room again the run goes on as if nothing had been.
  tl::train_options whole = with.options("whole");
  o.on_event = {};
  tiny_learner a = with.learner(), b = with.learner();
  REQUIRE(tl::train(a, with.data(), tiny_optimiser(), o));
  REQUIRE(tl::train(b, with.data(), tiny_optimiser(), whole));
  CHECK(a.all_weights() == b.all_weights());
  CHECK(log_without_times(with.path("run.csv")) == log_without_times(with.path("whole.csv")));
}

TEST_CASE("a log, a curve or a directory that cannot be written is an error in words", "[train]") {
  const tiny_run with("training_unwritable");
  with.with.where.write("file", "a file");
  const auto refusal = [&](auto change) {
    tl::train_options o = with.options("run");
    o.resume = false;
    change(o);
    tiny_learner learner = with.learner();
    const auto done = tl::train(learner, with.data(), tiny_optimiser(), o);
    with.with.where.remove("run");
    REQUIRE(!done);
    return done.error();
  };
  check_error(refusal([&](auto& o) { o.checkpoints = with.path("file/sub"); }), errc::io_failure,
              "file/sub: expected a directory for checkpoints, which cannot be made: ");
  check_error(refusal([&](auto& o) { o.checkpoints = with.path("file"); }), errc::io_failure,
              "file: expected a directory for checkpoints");
  check_error(refusal([&](auto& o) { o.log = with.path("none/log.csv"); }), errc::file_not_found,
              "none/log.csv: the log cannot be opened for writing: ");
  check_error(refusal([&](auto& o) { o.curve = with.path("none/curve.svg"); }),
              errc::file_not_found, "none/curve.svg: no temporary file can be made beside it");
  const limited_files limit(300);
  check_error(refusal([](auto&) {}), errc::io_failure,
              "run.csv: writing the log failed: File too large.");
}

TEST_CASE("a full disk leaves whole checkpoints, and a run that can go on", "[train]") {
  const tiny_run with("training_small_disk");
  const small_disk disk(with.path("run"), 300);  // three checkpoints and a half
  if (!disk.is_there()) {
    WARN("skipped: this process may not mount a file system.");
    return;
  }
  tl::train_options o = with.options("run");
  o.keep_last = 0;
  tiny_learner learner = with.learner();
  const auto full = tl::train(learner, with.data(), tiny_optimiser(), o);
  REQUIRE(!full);
  check_error(full.error(), errc::io_failure, "writing failed: No space left on device.");
  const std::vector<std::string> kept = files_in(with.path("run"));
  CHECK(kept.size() >= 2);
  for (const std::string& name : kept)
    CHECK(tl::training_checkpoint::open(with.path("run/" + name)));
  with.with.where.remove("run/" + kept[0]);
  with.with.where.remove("run/" + kept[1]);
  o.keep_last = 1;
  tiny_learner other = with.learner(2), whole = with.learner();
  REQUIRE(tl::train(other, with.data(), tiny_optimiser(), o));
  REQUIRE(tl::train(whole, with.data(), tiny_optimiser(), with.options("whole")));
  CHECK(other.all_weights() == whole.all_weights());
}

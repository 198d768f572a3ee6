#ifndef TRILITH_IO_LOADING_JOBS_IMPL_HPP
#define TRILITH_IO_LOADING_JOBS_IMPL_HPP

#include <trilith/core/thread_pool.hpp>
#include <trilith/io/loading/convert_impl.hpp>
#include <trilith/io/mapped_file.hpp>

#include <algorithm>
#include <mutex>
#include <thread>

/// The slabs of all parameters, done by several threads.
namespace trilith::io::loading {

/// Units [first, last) of an assignment: rows, or steps of a direct conversion.
struct job {
  const assignment* what;
  std::size_t first, last;
};

[[nodiscard]] inline bool is_coded_source(const assignment& a) noexcept {
  return sources::traits_of(a.from->how).is_coded;
}
[[nodiscard]] inline bool is_straight(const assignment& a) noexcept {
  return a.form.is_coded && is_coded_source(a) && goes_straight(a);
}
[[nodiscard]] inline bool is_whole(const assignment& a) noexcept {
  if (!a.form.is_coded) return false;
  return is_straight(a) ? !sources::keeps_order(*a.from, a.order)
                        : !is_coded_source(a) && a.to.scales.size() == 1;
}

[[nodiscard]] inline status run(const job& j) {
  const assignment& a = *j.what;
  if (!a.form.is_coded) return copy_floats(a, j.first, j.last);
  if (!is_coded_source(a)) return quantize_floats(a, j.first, j.last);
  if (!is_straight(a)) return convert_codes(a, j.first, j.last);
  status ok = is_whole(a) ? convert_and_reorder(a)
                          : convert_straight(a, j.first, j.last, a.to.bytes.data());
  return ok ? add_scales(a, j.first, j.last) : std::move(ok);
}

[[nodiscard]] inline std::size_t units_of(const assignment& a) noexcept {
  return is_straight(a) ? sources::traits_of(a.from->how).layout.steps(a.from->rows) : a.from->rows;
}

/// About a megabyte of the file each, so that threads end together and cancelling is prompt.
inline void add_jobs(const assignment& a, std::vector<job>& jobs) {
  const std::size_t units = units_of(a);
  const std::size_t size = max_of<std::size_t>(1, a.from->memory.bytes.size() / units);
  const std::size_t slab =
      is_whole(a) ? units : max_of<std::size_t>(1, (std::size_t{1} << 20) / size);
  for (std::size_t first = 0; first < units; first += slab)
    jobs.push_back({&a, first, min_of(first + slab, units)});
}

/// Gives out jobs to threads, keeps the first error, and tells how far things are.
class crew {
 public:
  crew(const plan& p, const load_options& options) : plan_(p), report_(options.report) {
    for (const assignment& a : p.assignments) add_jobs(a, jobs_);
  }

  [[nodiscard]] status work(std::size_t threads) {
    const thread_pool pool(threads);
    pool.get().parallel_for(threads, 1, [this](std::size_t first, std::size_t last) noexcept {
      for (; first < last; ++first)
        while (take_one()) {
        }
    });
    return std::move(outcome_);
  }

 private:
  [[nodiscard]] bool take_one() {
    const std::size_t i = next_.fetch_add(1);
    if (i >= jobs_.size() || stopped_.load()) return false;
    status ok = run(jobs_[i]);
    release(jobs_[i]);
    const std::lock_guard lock(mutex_);
    ++finished_;
    if (ok && !report_(static_cast<double>(finished_) / static_cast<double>(jobs_.size()),
                       jobs_[i].what->form.name))
      ok = error{errc::cancelled, join(plan_.source.name, ": loading was cancelled.")};
    if (ok || stopped_.load()) return static_cast<bool>(ok);
    outcome_ = std::move(ok);
    stopped_ = true;
    return false;
  }

  /// What was copied need not stay in memory a second time.
  static void release(const job& j) noexcept {
    const source_tensor& from = *j.what->from;
    if (!from.memory.owner) return;
    const std::size_t units = units_of(*j.what), size = from.memory.bytes.size();
    TRILITH_IMPLEMENTED::release_pages(
        from.memory.bytes.subspan(size / units * j.first, size / units * (j.last - j.first)));
  }

  const plan& plan_;
  progress report_;
  std::vector<job> jobs_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
  std::size_t finished_ = 0;
  status outcome_ = done{};
};

/// Scales of parameters whose file has one for the whole matrix, checked and set.
[[nodiscard]] inline status set_tensor_scale(const assignment& a) {
  if (!a.form.is_coded || !is_coded_source(a) || sources::codes_of(*a.from).group != 0)
    return done{};
  const float scale = sources::scale_at(*a.from, 0, 0);
  if (status ok = sources::check_scale(*a.from, scale); !ok) return ok;
  std::fill(a.to.scales.begin(), a.to.scales.end(), scale);
  return done{};
}

}  // namespace trilith::io::loading

namespace trilith::TRILITH_IMPLEMENTED {

status carry_out(const io::loading::plan& plan, const io::load_options& options) {
  using namespace io::loading;
  for (const assignment& a : plan.assignments)
    if (status ok = set_tensor_scale(a); !ok) return ok;
  const std::size_t machine = std::max(1u, std::thread::hardware_concurrency());
  crew all(plan, options);
  if (status ok = all.work(options.threads == 0 ? machine : options.threads); !ok) return ok;
  for (const assignment& a : plan.assignments)
    if (a.form.is_coded) scale_collector(a).fill_gaps();
  return done{};
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif

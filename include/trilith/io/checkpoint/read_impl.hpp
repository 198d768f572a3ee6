#ifndef TRILITH_IO_CHECKPOINT_READ_IMPL_HPP
#define TRILITH_IO_CHECKPOINT_READ_IMPL_HPP

#include <trilith/core/thread_pool.hpp>
#include <trilith/io/checkpoint/load_impl.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <thread>

#include <unistd.h>

/// The tensors of a checkpoint: shown where they lie, or checked and copied by several threads.
namespace trilith::io::checkpoint {

[[nodiscard]] inline status read_coded(const loading& from, const loaded_tensor& t,
                                       std::string_view where) {
  const auto packing = find_packing(from, t.form.coded);
  if (!packing) return packing.error();
  const auto codes = found_bytes(from, t.form.name + ".codes");
  const auto scales = found_bytes(from, t.form.name + ".scales");
  const bool is_shown = t.memory.bytes.empty();
  if (!is_shown || from.options.check_elements)
    if (status ok = check_codes(*packing, t.form, codes, where); !ok) return ok;
  if (status ok = check_scales(scales, where); !ok) return ok;
  std::memcpy(t.memory.scales.data(), scales.data(), scales.size());
  if (is_shown) return done{};
  if (packing->name == t.form.coded.packing.name)
    std::memcpy(t.memory.bytes.data(), codes.data(), codes.size());
  else
    repack(*packing, codes.data(), t.form.coded.packing, t.memory.bytes.data(), t.form);
  if (from.file.owner()) TRILITH_IMPLEMENTED::release_pages(codes);
  return done{};
}

[[nodiscard]] inline status read_plain(const loading& from, const loaded_tensor& t,
                                       std::string_view where) {
  const auto bytes = found_bytes(from, t.form.name);
  const bool is_shown = t.memory.bytes.empty();
  if (!is_shown || from.options.check_elements)
    if (status ok = check_elements(t.form.type, bytes, where); !ok) return ok;
  if (is_shown) return done{};
  std::memcpy(t.memory.bytes.data(), bytes.data(), bytes.size());
  if (from.file.owner()) TRILITH_IMPLEMENTED::release_pages(bytes);
  return done{};
}

[[nodiscard]] inline std::size_t work_of(const loaded_tensor& t) noexcept {
  return t.memory.bytes.size() + t.memory.scales.size_bytes() + 1;
}

/// Gives out tensors in their order. The error is that of the first bad one, however many threads
/// there are: whoever comes before it was begun before it.
class reader {
 public:
  explicit reader(const loading& from) : from_(from) {
    for (const loaded_tensor& t : from.tensors) expected_ += work_of(t);
  }

  [[nodiscard]] status work() {
    const std::size_t machine = std::max(1u, std::thread::hardware_concurrency());
    const std::size_t wanted = from_.options.threads == 0 ? machine : from_.options.threads;
    // starting threads for less than a few megabytes takes longer than reading it
    const std::size_t threads = std::min(wanted, 1 + expected_ / (std::size_t{4} << 20));
    const thread_pool pool(threads);
    pool.get().parallel_for(threads, 1, [this](std::size_t first, std::size_t last) noexcept {
      for (; first < last; ++first)
        while (read_one()) {
        }
    });
    return std::move(outcome_);
  }

 private:
  [[nodiscard]] bool read_one() {
    const std::size_t i = next_.fetch_add(1);
    if (i >= from_.tensors.size() || stopped_.load()) return false;
    const loaded_tensor& t = from_.tensors[i];
    const std::string where = join(from_.file.name(), ": ", t.form.name);
    status ok = t.form.is_coded ? read_coded(from_, t, where) : read_plain(from_, t, where);
    const std::lock_guard lock(mutex_);
    read_ += work_of(t);
    if (ok && !stopped_.load() &&
        !from_.options.report(static_cast<double>(read_) / static_cast<double>(expected_),
                              t.form.name))
      ok = error{errc::cancelled, join(from_.file.name(), ": loading was cancelled.")};
    if (ok) return !stopped_.load();
    if (!stopped_.exchange(true) || i < failed_) {
      failed_ = i;
      outcome_ = std::move(ok);
    }
    return false;
  }

  const loading& from_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
  std::size_t expected_ = 0, read_ = 0, failed_ = 0;
  status outcome_ = done{};
};

/// Whether `slack` bytes after these can be read: in the file, or in the rest of its last page.
[[nodiscard]] inline bool has_slack(const loading& from, std::span<const unsigned char> bytes,
                                    std::size_t slack) noexcept {
  const auto all = from.file.bytes();
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t rest = (page - all.size() % page) % page;
  const auto behind = static_cast<std::size_t>(all.data() + all.size() - bytes.data());
  return behind - bytes.size() + rest >= slack;
}

}  // namespace trilith::io::checkpoint

namespace trilith::TRILITH_IMPLEMENTED {

const unsigned char* shown_in_place(const io::checkpoint::loading& from,
                                    const io::checkpoint::tensor_form& form) noexcept {
  namespace cp = io::checkpoint;
  if (!from.options.in_place || !from.file.owner()) return nullptr;
  if (form.is_coded) {
    const auto packing = cp::find_packing(from, form.coded);
    if (!packing || packing->name != form.coded.packing.name) return nullptr;
  }
  const auto bytes = cp::found_bytes(from, form.is_coded ? form.name + ".codes" : form.name);
  const std::size_t alignment = io::bits_of(form.type) / 8;
  const bool can_be = reinterpret_cast<std::uintptr_t>(bytes.data()) % alignment == 0 &&
                      cp::has_slack(from, bytes, aligned_buffer<float>::slack_bytes);
  return can_be ? bytes.data() : nullptr;
}

status read_tensors(const io::checkpoint::loading& from) {
  return io::checkpoint::reader(from).work();
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif

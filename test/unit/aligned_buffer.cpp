#include <trilith/core/aligned_buffer.hpp>
#include <trilith/core/huge_pages_impl.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <thread>
#include <vector>

#include "catch.hpp"

namespace tl = trilith;

namespace {

using bytes = tl::aligned_buffer<unsigned char>;
constexpr std::size_t large = tl::large_memory::from_bytes;

bool is_all(const bytes& b, unsigned char value) {
  return std::all_of(b.begin(), b.end(), [=](unsigned char x) { return x == value; });
}
bool has_zeros_behind(const bytes& b) {
  return std::all_of(b.end(), b.end() + bytes::slack_bytes, [](unsigned char x) { return x == 0; });
}
bool is_aligned(const bytes& b) {
  return reinterpret_cast<std::uintptr_t>(b.data()) % bytes::alignment == 0;
}

}  // namespace

TEST_CASE("buffers of any size are aligned, zero, and readable past their end") {
  for (const std::size_t n : {std::size_t{0}, std::size_t{1}, std::size_t{1000}, large - 65,
                              large - 64, large, large + 1, 5 * large + 3}) {
    INFO(n << " bytes");
    bytes b(n);
    CHECK(is_aligned(b));
    CHECK(is_all(b, 0));
    CHECK(has_zeros_behind(b));
    std::fill(b.begin(), b.end(), std::uint8_t{7});
    const bytes copy = b;
    const bytes moved = std::move(b);
    CHECK(b.empty());
    CHECK((is_all(copy, 7) && is_all(moved, 7)));
    CHECK((has_zeros_behind(copy) && has_zeros_behind(moved)));
  }
}

TEST_CASE("memory that was used before is zero again") {
  for (int round = 0; round < 3; ++round) {
    bytes b(3 * large), c(large), d(large, tl::not_zeroed{});
    CHECK((is_all(b, 0) && is_all(c, 0) && has_zeros_behind(d)));
    for (bytes* each : {&b, &c, &d})
      std::fill(each->begin(), each->end() + bytes::slack_bytes, std::uint8_t{1});
  }
}

TEST_CASE("an assignment gives back what was there, a view keeps what it shows") {
  bytes* kept = nullptr;
  bytes source(large);
  std::fill(source.begin(), source.end(), std::uint8_t{3});
  const tl::shared_owner owner = tl::shared_owner::of(std::move(source), &kept);
  bytes b(2 * large);
  b = bytes::view_of(kept->data(), kept->size(), owner);
  CHECK(b.is_view());
  CHECK(b.data() == kept->data());
  bytes copy = b;
  CHECK_FALSE(copy.is_view());
  copy[0] = 4;
  CHECK(b[0] == 3);
  b = bytes(10);
  CHECK((is_all(b, 0) && is_all(*kept, 3)));
}

TEST_CASE("large buffers are in regions of their own, unless the environment says otherwise") {
  const char* const how = std::getenv("TRILITH_HUGE_PAGES");
  const bool is_off = how != nullptr && std::string_view(how) == "0";
  CHECK((tl::large_memory::installed != nullptr) == (tl::pages::are_supported && !is_off));
}

TEST_CASE("where the system has no large memory, buffers come from operator new") {
  static int asked = 0;
  static constexpr tl::large_memory refusing{
      [](std::size_t, bool&) noexcept -> void* { return ++asked, nullptr; },
      [](void*, std::size_t) noexcept { asked += 1000; }};
  const tl::large_memory* const before = std::exchange(tl::large_memory::installed, &refusing);
  {
    const bytes b(3 * large), small(10);
    CHECK((is_all(b, 0) && is_aligned(b) && has_zeros_behind(b)));
    CHECK(asked == 1);
  }
  tl::large_memory::installed = before;
  CHECK(asked == 1);  // what it did not give it does not get
}

TEST_CASE("a buffer goes back to where it came from") {
  const tl::large_memory* const before = tl::large_memory::installed;
  bytes b(2 * large);
  tl::large_memory::installed = nullptr;
  const bytes c(2 * large);
  b = bytes(2 * large);
  tl::large_memory::installed = before;
  CHECK((is_all(b, 0) && is_all(c, 0)));
}

TEST_CASE("more than the address space holds is refused") {
  tl::pages::heap heap;
  bool is_zeroed = false;
  for (const std::size_t n : {std::size_t{1} << 60, SIZE_MAX / 64 * 64 - 4096}) {
    CHECK_FALSE(tl::pages::region(n));
    CHECK(heap.take(n, is_zeroed) == nullptr);
  }
}

TEST_CASE("a region hands out disjoint places and joins what comes back") {
  constexpr std::size_t size = 1 << 20, unit = 4096;
  tl::pages::region r(size);
  if (!r) {
    WARN("this system has no such memory");
    return;
  }
  std::mt19937 random(1);
  struct place {
    unsigned char* at;
    std::size_t bytes;
    unsigned char mark;
  };
  std::vector<place> taken;
  bool is_zeroed = false;
  int damaged = 0;
  for (int step = 0; step < 4000; ++step) {
    const std::size_t n = (1 + random() % 12) * unit;
    if (auto* const at =
            static_cast<unsigned char*>(random() % 2 ? r.take(n, is_zeroed) : nullptr)) {
      if (is_zeroed) damaged += std::any_of(at, at + n, [](unsigned char x) { return x != 0; });
      taken.push_back({at, n, static_cast<unsigned char>(step)});
      std::fill_n(at, n, taken.back().mark);
    } else if (!taken.empty()) {
      std::swap(taken[random() % taken.size()], taken.back());
      const place p = taken.back();
      damaged += std::any_of(p.at, p.at + p.bytes, [&](unsigned char x) { return x != p.mark; });
      r.give_back(p.at, p.bytes);
      taken.pop_back();
    }
  }
  CHECK(damaged == 0);
  for (const place& p : taken) r.give_back(p.at, p.bytes);
  CHECK(r.is_empty());
  void* const whole = r.take(size, is_zeroed);
  CHECK(whole != nullptr);
  CHECK(r.take(64, is_zeroed) == nullptr);
  r.give_back(whole, size);
}

TEST_CASE("what is given back in the middle goes back to the system and reads as zero") {
  constexpr std::size_t huge = tl::pages::huge_page;
  tl::pages::region r(8 * huge);
  if (!r) {
    WARN("this system has no such memory");
    return;
  }
  bool is_zeroed = false;
  auto* const first = static_cast<unsigned char*>(r.take(huge / 2, is_zeroed));
  auto* const second = static_cast<unsigned char*>(r.take(4 * huge, is_zeroed));
  auto* const third = static_cast<unsigned char*>(r.take(huge / 2, is_zeroed));
  CHECK(is_zeroed);
  std::fill_n(first, huge / 2, std::uint8_t{1});
  std::fill_n(second, 4 * huge, std::uint8_t{2});
  std::fill_n(third, huge / 2, std::uint8_t{3});
  r.give_back(second, 4 * huge);
  auto* const again = static_cast<unsigned char*>(r.take(4 * huge, is_zeroed));
  CHECK(again == second);
  CHECK_FALSE(is_zeroed);       // its ends were not whole huge pages
  CHECK(again[huge / 2] == 0);  // the first whole one
  CHECK(again[0] == 2);
  CHECK((first[huge / 2 - 1] == 1 && third[0] == 3));
}

TEST_CASE("threads may take and give back large buffers at once") {
  std::vector<std::thread> users;
  std::vector<int> wrong(4);
  for (std::size_t u = 0; u < wrong.size(); ++u)
    users.emplace_back([&wrong, u] {
      for (std::size_t round = 0; round < 20; ++round) {
        bytes b(large + round * 1000);
        wrong[u] += !is_all(b, 0);
        std::fill(b.begin(), b.end(), static_cast<unsigned char>(u + 1));
        wrong[u] += !is_all(bytes(b), static_cast<unsigned char>(u + 1));
      }
    });
  for (std::thread& user : users) user.join();
  CHECK(wrong == std::vector<int>(4));
}

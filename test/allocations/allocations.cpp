// A program of its own, since it replaces operator new: no token and no update of
// weights costs an allocation.

#include <trilith/train.hpp>
#include <trilith/trilith.hpp>

#include <atomic>
#include <cstdlib>
#include <new>

#include "catch.hpp"

namespace {

std::atomic<std::size_t> allocations{0};

void* counted(std::size_t bytes, std::size_t alignment) {
  ++allocations;
  bytes = (bytes + alignment - 1) / alignment * alignment;
  if (void* const memory = std::aligned_alloc(alignment, bytes == 0 ? alignment : bytes))
    return memory;
  throw std::bad_alloc();
}

}  // namespace

// Every form, since sanitizers bring those that a program leaves out. Inlined, they look to g++
// like pairs that do not match.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
  return counted(bytes, __STDCPP_DEFAULT_NEW_ALIGNMENT__);
}
[[gnu::noinline]] void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return counted(bytes, static_cast<std::size_t>(alignment));
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}

[[gnu::noinline]] void* operator new[](std::size_t bytes) {
  return counted(bytes, __STDCPP_DEFAULT_NEW_ALIGNMENT__);
}
[[gnu::noinline]] void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(bytes == 0 ? 1 : bytes);
}
[[gnu::noinline]] void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(bytes == 0 ? 1 : bytes);
}
[[gnu::noinline]] void operator delete[](void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace tl = trilith;

namespace {

using model = tl::packed<tl::presets::b1_58_relu<>>;
/// The head's product is one of integers, its activations arranged for many tokens.
using model_with_codes =
    tl::packed<tl::decoder<tl::presets::b1_58_relu<>::block,
                           tl::tied_head<tl::weights::int8<>, tl::activations::int8<>>>>;

/// A tokenizer without a file: three special pieces and the 256 bytes.
tl::text::tokenizer bytes_tokenizer() {
  tl::text::vocabulary words;
  words.pieces.push_back({"<unk>", 0, tl::text::piece_kind::unknown});
  words.pieces.push_back({"<s>", 0, tl::text::piece_kind::control});
  words.pieces.push_back({"</s>", 0, tl::text::piece_kind::control});
  for (int byte = 0; byte < 256; ++byte) {
    char name[8];
    std::snprintf(name, sizeof name, "<0x%02X>", static_cast<unsigned>(byte));
    words.pieces.push_back({name, 0, tl::text::piece_kind::byte});
  }
  words.unknown = 0;
  words.bos = 1;
  words.eos = 2;
  return tl::text::make_tokenizer(words, "bytes").value();
}

/// Large enough for its products to be shared out among threads.
template <class Model = model>
tl::text_model<Model> some_model() {
  tl::dense<typename Model::blueprint> floats(tl::shape{.dim = 512,
                                                        .ffn_dim = 1024,
                                                        .layers = 2,
                                                        .heads = 8,
                                                        .kv_heads = 4,
                                                        .head_dim = 64,
                                                        .vocab = 1000,
                                                        .context = 256});
  tl::fill_random(floats, 5, 0.5f);
  return {tl::pack(floats), bytes_tokenizer()};
}

/// Counts from its making on, large buffers too: these would come in huge pages otherwise.
class allocation_count {
 public:
  allocation_count() { tl::large_memory::installed = nullptr; }
  [[nodiscard]] std::size_t operator()() const { return allocations - before_; }

 private:
  std::size_t before_ = allocations;
};

}  // namespace

TEST_CASE("the counter counts", "[allocations]") {
  const allocation_count count;
  const tl::aligned_buffer<float> small(10), large(1 << 20);
  const std::vector<int> numbers(100);
  const int* volatile kept = numbers.data();  // an allocation nobody looks at may be left out
  CHECK(kept != nullptr);
  CHECK(count() == 3);
  CHECK((small.size() == 10 && large.size() == 1 << 20 && numbers.size() == 100));
}

TEMPLATE_TEST_CASE("after open() and a first pass no token allocates", "[allocations]", model,
                   model_with_codes) {
  const auto m = some_model<TestType>();
  for (const tl::kv_format kv : {tl::kv_format(tl::kv::f32{}), tl::kv_format(tl::kv::f16{})})
    for (const std::size_t threads : {1u, 2u}) {
      auto s = tl::session<TestType>::open(m.model, {.sequences = 3, .threads = threads, .kv = kv})
                   .value();
      const std::vector<std::int32_t> prompt(70, 5);
      tl::sampler_scratch scratch(m.model.sizes.vocab);
      const tl::sampling drawing{.temperature = 0.8f, .top_k = 40, .top_p = 0.9f, .seed = 1};
      REQUIRE(s.append(0, prompt));

      INFO(threads << " threads, " << kv.name);
      const allocation_count count;
      bool good = true;
      for (std::size_t i = 0; i < 10; ++i) {
        good &= static_cast<bool>(s.append(1, {prompt.data(), 7}));
        const tl::next_token next[] = {
            {0, tl::sample(s.logits(0), prompt, drawing, 0, i, scratch)},
            {1, tl::sample(s.logits(1), prompt, {}, 1, i, scratch)},
            {2, 9},
        };
        good &= static_cast<bool>(s.step(next));
      }
      s.rewind(0, 3);
      good &= static_cast<bool>(s.append(0, prompt));
      CHECK(count() == 0);
      CHECK(good);
    }
}

TEMPLATE_TEST_CASE("a step of many sequences allocates nothing", "[allocations]", model,
                   model_with_codes) {
  constexpr std::size_t sequences = 20;  // the head's kernels for many tokens have work
  const auto m = some_model<TestType>();
  auto s = tl::session<TestType>::open(m.model,
                                       {.sequences = sequences, .threads = 2, .kv = tl::kv::f16{}})
               .value();
  std::vector<tl::next_token> next;
  for (std::size_t i = 0; i < sequences; ++i) next.push_back({i, static_cast<std::int32_t>(i)});
  const allocation_count count;
  bool good = true;
  for (std::size_t i = 0; i < 5; ++i) good &= static_cast<bool>(s.step(next));
  CHECK(count() == 0);
  CHECK(good);
}

TEMPLATE_TEST_CASE("score() allocates once for all of a session", "[allocations]", model,
                   model_with_codes) {
  const auto m = some_model<TestType>();
  for (const tl::kv_format kv : {tl::kv_format(tl::kv::f32{}), tl::kv_format(tl::kv::f16{})}) {
    auto s = tl::session<TestType>::open(m.model, {.threads = 2, .kv = kv}).value();
    const std::vector<std::int32_t> text(20, 5);
    const auto visit = [](std::size_t, std::span<float>) {};
    REQUIRE(s.score(0, text, visit));
    INFO(kv.name);
    const allocation_count count;
    const bool good = static_cast<bool>(s.score(0, text, visit));
    CHECK(count() == 0);
    CHECK(good);
  }
}

TEST_CASE("a text's tokens allocate nothing but the list of them, which doubles", "[allocations]") {
  const auto m = some_model();
  for (const std::size_t threads : {1u, 2u}) {
    INFO(threads << " threads");
    tl::generate_options options{
        .max_tokens = 120, .sampling = {.temperature = 1.0f, .seed = 3}, .threads = threads};
    std::size_t pieces = 0, first = 0, last = 0;
    auto s = tl::session<model>::open(m.model, {.threads = threads}).value();
    const allocation_count count;
    const auto written = tl::generate(s, m.tokenizer, "Once", options, [&](std::string_view) {
      (++pieces == 1 ? first : last) = count();
    });
    REQUIRE(written);
    CHECK(pieces > 20);
    CHECK(last == first);
  }
}

TEMPLATE_TEST_CASE("an update of weights allocates nothing", "[allocations]", tl::adamw, tl::muon,
                   tl::muon_grokfast) {
  const tl::thread_pool pool(2);
  for (const tl::role what : {tl::role::hidden_matrix, tl::role::vector}) {
    const tl::tensor_facts facts{"weights", 300, 200, what};
    const TestType optimiser{};
    typename TestType::state state(optimiser, facts);
    std::vector<float> w(facts.size()), g(facts.size(), 1.0f),
        memory(optimiser.memory_floats(facts, 4));
    std::vector<std::span<float>> all{g};
    const allocation_count count;
    for (std::uint64_t t = 0; t < 2; ++t) {
      tl::clip_global_norm(all, 1.0, pool.get());
      optimiser.update(w, g, state, {.step = t}, {pool.get(), memory});
    }
    CHECK(count() == 0);
  }
}

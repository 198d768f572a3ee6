// Baking: the loss and its gradients by their definition, which tokens count, that a step goes
// towards the prompted teacher, and what strength, errors and cancelling do.
#include <trilith/adapt/bake.hpp>
#include <trilith/trilith.hpp>

#include <cmath>

#include "catch.hpp"
#include "training_fixture.hpp"

namespace {

using namespace test;
using model_type = tl::latent<bitnet<scheme<tl::weights::ternary<>>, int8_head>>;
using packed_type = tl::packed<model_type::blueprint>;
using teacher_type = tl::prompted<packed_type>;

constexpr std::int32_t bos = 1;
const std::vector<std::int32_t> prompt{bos, 7, 7, 9, 7, 7, 9, 7, 7, 9};

std::vector<std::vector<std::int32_t>> openings_of(std::size_t n, std::uint64_t seed) {
  std::vector<std::vector<std::int32_t>> all(n);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t t = 0; t < 1 + i % 3; ++t)
      all[i].push_back(static_cast<std::int32_t>(2 + tl::philox(seed, i, t)[0] % 68));
  return all;
}

model_type random_student() {
  auto model = random_model<model_type::blueprint>();
  // a model of random weights hardly notices its context: let its blocks speak up
  for (auto& block : model.parameters.blocks)
    for (float& g : block.attention.sub_norm.values) g = 6.0f;
  return model;
}

tl::bake_options quick(std::uint64_t steps = 60) {
  tl::bake_options o{.steps = steps, .batch = 6};
  o.adapter = {.rank = 8, .alpha = 16};
  o.optimiser.rate = 1e-2;
  o.begins_with = {bos};
  return o;
}

tl::agreement agreement_of(const packed_type& teacher, const model_type& student,
                           std::size_t n = 24) {
  const packed_type baked = tl::pack(student);
  const std::vector<std::int32_t> bare{bos};
  auto told = teacher_type::open(teacher, prompt, 4).value();
  auto teller = teacher_type::open(baked, bare).value();
  const auto texts = told.respond(openings_of(n, 99), {.tokens = 10}).value();
  return tl::compare(told, teller, texts).value();
}

}  // namespace

TEST_CASE("a response is scored behind the prompt as a whole text is", "[bake]") {
  const packed_type model = tl::pack(random_student());
  auto teacher = teacher_type::open(model, prompt).value();
  const tl::trajectory t{{5, 6, 30, 31, 32}, 2};
  std::vector<std::vector<float>> found;
  REQUIRE(teacher.score(t, [&](std::size_t i, std::span<float> logits) {
    CHECK(i == found.size());
    found.emplace_back(logits.begin(), logits.end());
  }));
  REQUIRE(found.size() == 3);
  auto s = tl::session<packed_type>::open(model).value();
  std::vector<std::int32_t> whole = prompt;
  whole.insert(whole.end(), {5, 6});
  REQUIRE(s.append(0, whole));
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(std::equal(found[i].begin(), found[i].end(), s.logits(0).begin()));
    REQUIRE(s.append(0, {&t.tokens[2 + i], 1}));
  }
}

TEST_CASE("responses are the same however many are drawn side by side", "[bake]") {
  const packed_type model = tl::pack(random_student());
  const auto openings = openings_of(7, 3);
  auto one = teacher_type::open(model, prompt, 1).value();
  auto four = teacher_type::open(model, prompt, 4).value();
  const auto a = one.respond(openings, {.tokens = 9}).value();
  const auto b = four.respond(openings, {.tokens = 9}).value();
  REQUIRE(a.size() == 7);
  for (std::size_t i = 0; i < 7; ++i) {
    CHECK(a[i].tokens == b[i].tokens);
    CHECK(a[i].opening == openings[i].size());
    CHECK(a[i].response() == 9);
  }
}

TEST_CASE("the loss is the divergence of response tokens alone, and so are its gradients",
          "[bake]") {
  auto model = random_student();
  const packed_type packed = tl::pack(model);
  auto teacher = teacher_type::open(packed, prompt).value();
  const auto texts = teacher.respond(openings_of(3, 3), {.tokens = 8}).value();
  tl::bake_batch batch;
  batch.reset(3, 12, sizes.vocab);
  const std::vector<std::int32_t> bare{bos};
  for (std::size_t b = 0; b < 3; ++b) REQUIRE(batch.set(b, texts[b], bare, teacher, 0));
  CHECK(batch.targets() == 24);
  std::size_t counted = 0;
  for (std::size_t b = 0; b < 3; ++b)
    for (std::size_t t = 0; t < 12; ++t)
      if (const auto target = batch.tokens().targets()(b, t); target != tl::not_a_target) {
        ++counted;
        CHECK(t >= texts[b].opening);
        CHECK(target == texts[b].tokens[t]);
        CHECK(batch.tokens().tokens()(b, t) == texts[b].tokens[t - 1]);
      }
  CHECK(counted == 24);

  tl::training_pass pass(model, {.sequences = 3, .length = 12});
  pass.zero_gradients();
  const auto loss = pass.add_gradients(batch.tokens(), 1.0f, batch.loss());
  // the same by two sessions
  auto bare_teacher = teacher_type::open(packed, bare).value();
  const auto found = tl::compare(teacher, bare_teacher, texts).value();
  CHECK(found.tokens == 24);
  CHECK(found.divergence > 0.01);
  CHECK(loss.divergence == Approx(24 * found.divergence).epsilon(1e-4));

  // where the reference is the model itself, nothing pulls
  tl::bake_batch own;
  own.reset(3, 12, sizes.vocab);
  for (std::size_t b = 0; b < 3; ++b) REQUIRE(own.set(b, texts[b], bare, bare_teacher, 0));
  const auto pulled = gradients_of(pass);
  pass.zero_gradients();
  pass.add_gradients(own.tokens(), 1.0f, own.loss());
  const auto still = gradients_of(pass);
  double moved = 0, rest = 0;
  for (std::size_t i = 0; i < pulled.size(); ++i) {
    moved += static_cast<double>(pulled[i]) * static_cast<double>(pulled[i]);
    rest += static_cast<double>(still[i]) * static_cast<double>(still[i]);
  }
  CHECK(moved > 1e-6);
  CHECK(rest < 1e-6 * moved);
}

TEST_CASE("only the likeliest of the teacher's tokens may count", "[bake]") {
  std::vector<float> x{0.5f, 3.0f, -1.0f, 3.0f, 2.0f};
  tl::bake_batch::keep_likeliest(x, 3);
  CHECK(x == std::vector<float>{-1e30f, 3.0f, -1e30f, 3.0f, 2.0f});
}

TEST_CASE("baking brings the model without the prompt to the model behind it", "[bake]") {
  auto student = random_student();
  tl::baking<model_type> oven(student, quick());
  REQUIRE(oven.add(prompt, openings_of(96, 3), {.tokens = 10}));
  const auto before = agreement_of(oven.teacher(), student);
  const auto last = oven.run().value();
  CHECK(last.step == 60);
  const auto after = agreement_of(oven.teacher(), student);
  INFO(before.divergence << " -> " << after.divergence);
  CHECK(after.divergence < 0.5 * before.divergence);
  CHECK(after.determination > before.determination);

  // half-baked models lie between, in order
  double divergence = after.divergence;
  for (const float strength : {0.75f, 0.5f, 0.25f, 0.0f}) {
    oven.apply(strength);
    const auto found = agreement_of(oven.teacher(), student);
    INFO(strength);
    CHECK(found.divergence > divergence);
    divergence = found.divergence;
  }
  CHECK(divergence == before.divergence);  // nothing of the change is left
}

TEST_CASE("a bake may be stopped, and keeps what it has", "[bake]") {
  auto student = random_student();
  auto options = quick();
  int asked = 0;
  const auto stop = [&] { return ++asked == 5; };
  options.stop = stop;
  tl::baking<model_type> oven(student, options);
  REQUIRE(oven.add(prompt, openings_of(12, 3), {.tokens = 6}));
  CHECK(oven.run().value().step == 5);
  const auto there = tl::pack(student);
  CHECK(oven.steps_done() == 5);
  CHECK(oven.run().value().step == 60);  // asked again, it goes on
  CHECK_FALSE(std::equal(there.parameters.blocks[0].attention.query.codes.begin(),
                         there.parameters.blocks[0].attention.query.codes.end(),
                         tl::pack(student).parameters.blocks[0].attention.query.codes.begin()));
}

TEST_CASE("what cannot be baked is said in sentences", "[bake]") {
  auto student = random_student();
  tl::baking<model_type> oven(student, quick());
  CHECK(oven.step().error().message == "baking: add() a prompt before the first step.");
  CHECK(oven.add({}, openings_of(1, 3), {}).error().message ==
        "prompted: a prompt has at least one token, such as the one that begins texts.");
  CHECK(oven.add(prompt, std::vector<tl::trajectory>{}).error().message ==
        "baking: a prompt needs at least one response.");
  CHECK(oven.add(prompt, {tl::trajectory{{3, 4}, 2}}).error().message ==
        "baking: a response has at least one token, and begins_with or an opening stands before "
        "it.");
  CHECK(oven.add(prompt, openings_of(1, 3), {.tokens = 200}).error().code ==
        tl::errc::out_of_context);
  auto options = quick();
  options.optimiser.rate = 1e30;
  tl::baking<model_type> hot(student, options);
  REQUIRE(hot.add(prompt, openings_of(6, 3), {.tokens = 6}));
  const auto failed = hot.run();
  REQUIRE_FALSE(failed);
  CHECK(failed.error().message.find("expected the divergence and its gradients to be finite") !=
        std::string::npos);
}

TEST_CASE("models of other vocabularies are not compared", "[bake]") {
  const packed_type model = tl::pack(random_student());
  tl::shape other = sizes;
  other.vocab = 80;
  model_type wider(other);
  tl::fill_random(wider, 3);
  const packed_type packed = tl::pack(wider);
  auto a = teacher_type::open(model, prompt).value();
  auto b = teacher_type::open(packed, prompt).value();
  CHECK(tl::compare(a, b, {}).error().message ==
        "compare: the teacher has a vocabulary of 70 tokens, the student of 80.");
}

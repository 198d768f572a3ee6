// A text's class as the next token: what is asked, what is answered, and that it can be learnt.
#include <trilith/adapt/classify.hpp>
#include <trilith/adapt/response_batch.hpp>
#include <trilith/trilith.hpp>

#include <algorithm>
#include <cmath>

#include "catch.hpp"
#include "training_fixture.hpp"

namespace {

using namespace test;
using blueprint = bitnet<scheme<tl::weights::ternary<>>, int8_head>;
using tokens = std::vector<std::int32_t>;

constexpr std::int32_t bos = 1;
const tl::class_question question{.words = {9, 8}, .answers = {40, 3, 65}};

/// A text of one class: tokens from 10 to 24, 25 to 39 or 40 to 54, in any order.
tokens text_of(std::size_t right, std::uint64_t number) {
  tokens out(6);
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<std::int32_t>(10 + 15 * right + tl::philox(4, number, i)[0] % 15);
  return out;
}

/// How many of 60 texts that nobody was trained with are told right.
template <class Model>
int told_right(const Model& model) {
  auto teller = tl::prompted<Model>::open(model, {&bos, 1}).value();
  int right = 0;
  for (std::size_t i = 0; i < 60; ++i) {
    const auto shares = tl::class_shares(teller, question, text_of(i % 3, 1000 + i)).value();
    right += std::max_element(shares.begin(), shares.end()) - shares.begin() ==
             static_cast<std::ptrdiff_t>(i % 3);
  }
  return right;
}

std::string refusal(const tl::class_question& wrong) {
  const auto model = tl::pack(random_model<blueprint>());
  auto teller = tl::prompted<tl::packed<blueprint>>::open(model, {&bos, 1}).value();
  return tl::class_shares(teller, wrong, text_of(0, 0)).error().message;
}

}  // namespace

TEST_CASE("a question is the text, its words, and the answer as the only target", "[classify]") {
  const auto t = tl::asked(question, tokens{20, 21}, 2);
  CHECK(t.tokens == tokens{20, 21, 9, 8, 65});
  CHECK(t.opening == 4);
  tl::token_batch batch;
  batch.resize(2, 8);
  CHECK(tl::set_response(batch, 1, tokens{1}, t) == 4);
  const auto row = [](auto span) { return tokens(&span(1, 0), &span(1, 0) + 8); };
  CHECK(row(batch.tokens()) == tokens{1, 20, 21, 9, 8, 0, 0, 0});
  CHECK(row(batch.targets()) == tokens{-1, -1, -1, -1, 65, -1, -1, -1});
}

TEST_CASE("shares are the softmax over the answers' scores alone", "[classify]") {
  const auto model = tl::pack(random_model<blueprint>());
  const tokens prompt{1, 30, 31}, text = text_of(1, 7);
  auto teller = tl::prompted<tl::packed<blueprint>>::open(model, prompt).value();
  const auto shares = tl::class_shares(teller, question, text).value();
  auto s = tl::session<tl::packed<blueprint>>::open(model).value();
  tokens all = prompt;
  all.insert(all.end(), text.begin(), text.end());
  all.insert(all.end(), {9, 8});
  REQUIRE(s.append(0, all));
  const auto score = [&](std::size_t k) {
    return std::exp(
        static_cast<double>(s.logits(0)[static_cast<std::size_t>(question.answers[k])]));
  };
  const double sum = score(0) + score(1) + score(2);
  REQUIRE(shares.size() == 3);
  for (std::size_t k = 0; k < 3; ++k) CHECK(shares[k] == Approx(score(k) / sum).epsilon(1e-5));
}

TEST_CASE("a model learns to tell classes, of texts that it has not seen as well", "[classify]") {
  auto model = random_model<blueprint>();
  const int before = told_right(tl::pack(model));
  tl::training_pass pass(model, {.sequences = 12, .length = 9});
  tl::parameters<tl::adamw> parameters({.rate = 3e-3, .decay = 0}, pass, 1);
  tl::token_batch batch;
  batch.resize(12, 9);
  for (std::uint64_t step = 0; step < 60; ++step) {
    for (std::size_t b = 0; b < 12; ++b)
      tl::set_response(batch, b, tokens{bos},
                       tl::asked(question, text_of(b % 3, 12 * step + b), b % 3));
    pass.requantize();
    pass.zero_gradients();
    pass.add_gradients(batch, 1.0f / 12);
    pass.finish_gradients();
    parameters.update({.step = step}, {});
  }
  pass.requantize();
  CHECK(before < 40);
  CHECK(told_right(tl::pack(model)) > 54);
}

TEST_CASE("questions that have no answer are refused in sentences", "[classify]") {
  CHECK(refusal({.answers = {4}}) ==
        "class_shares: expected the answers of at least 2 classes, found 1.");
  CHECK(refusal({.answers = {4, 70}}) ==
        "class_shares: answer 1: expected one of 70 tokens, found 70.");
  CHECK(refusal({.answers = {-1, 7}}) ==
        "class_shares: answer 0: expected one of 70 tokens, found -1.");
  CHECK(refusal({.answers = {4, 7, 4}}) ==
        "class_shares: expected another answer for each class, found 4 for 0 and 2.");
}

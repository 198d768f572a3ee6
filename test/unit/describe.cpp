// One description per layer drives walking, counting and printing.
#include <trilith/model/describe_model.hpp>

#include <algorithm>
#include <set>
#include <string>

#include "catch.hpp"
#include "model_fixture.hpp"

namespace tl = trilith;

namespace {

using ternary = test::blueprint<tl::weights::ternary<>>;

struct count_all {
  std::size_t parameters = 0;
  void enter(std::string_view) {}
  void leave() {}
  template <class Field, class Tensor>
  void operator()(const Field&, const Tensor& t) {
    if constexpr (requires { t.rows; })
      parameters += t.rows * t.cols;
    else
      parameters += t.size();
  }
};

std::string line_with(const std::string& text, const std::string& what) {
  const std::size_t at = text.find(what);
  if (at == std::string::npos) return "no line with " + what;
  const std::size_t first = text.rfind('\n', at) + 1;
  return text.substr(first, text.find('\n', at) - first);
}

}  // namespace

TEST_CASE("every tensor has a path of its own") {
  auto model = test::random_dense<ternary>();
  const auto names = test::dumped(model).names;
  CHECK(names.size() == 1 + 3 * (2 + 5 + 4) + 1 + 1);
  CHECK(std::set<std::string>(names.begin(), names.end()).size() == names.size());
  CHECK(names.front() == "embedding");
  CHECK(names[1] == "blocks.0.attention_norm");
  CHECK(names.back() == "head");
  for (const char* name : {"blocks.2.attention.query", "blocks.2.attention.sub_norm",
                           "blocks.1.ffn_norm", "blocks.0.ffn.down", "final_norm"})
    CHECK(std::count(names.begin(), names.end(), name) == 1);
}

TEST_CASE("absent gains are not walked") {
  tl::dense<tl::presets::b1<>> model(test::small_shape);
  for (const std::string& name : test::dumped(model).names)
    CHECK((name == "final_norm" || name.find("norm") == std::string::npos));
}

TEST_CASE("counting by type agrees with the tensors that are allocated") {
  auto model = test::random_dense<ternary>();
  count_all visit;
  tl::fields::walk<ternary>(visit, model.parameters);
  const auto everything = [](const auto&) { return true; };
  CHECK(visit.parameters == tl::fields::count_if<ternary>(test::small_shape, everything));
  CHECK(tl::parameter_bytes(model) == 4 * visit.parameters);
}

TEST_CASE("matrices have the shapes their axes say") {
  const auto model = tl::pack(test::random_dense<ternary>());
  const auto& block = model.parameters.blocks[1];
  CHECK((block.attention.key.rows == 24 && block.attention.key.cols == 48));
  CHECK((block.attention.output.rows == 48 && block.attention.output.cols == 48));
  CHECK((block.ffn.down.rows == 48 && block.ffn.down.cols == 172));
  CHECK((block.ffn.gate.rows == 172 && block.ffn.gate.cols == 48));
  CHECK(block.ffn.sub_norm.size() == 172);
  CHECK(block.attention.sub_norm.size() == 48);
  CHECK((model.parameters.head.rows == 50 && model.parameters.head.cols == 48));
}

TEST_CASE("describe prints a tree with shapes, bits and bytes") {
  const auto model = tl::pack(test::random_dense<ternary>());
  const std::string text = tl::describe(model);
  INFO(text);
  CHECK(text.rfind("packed decoder<transformer_block<rms_norm,attention<"
                   "ternary<absmean,per_tensor,nearest_even>*int8<absmax>,sub_norm,half_split>,",
                   0) == 0);
  CHECK(line_with(text, "alike") == "    0 ... 2  (3 alike)");
  const std::string down = line_with(text, "down ");
  CHECK(down.find("[48, 172]") != std::string::npos);
  CHECK(down.find("2'068 bytes") != std::string::npos);  // 48 rows of 43 bytes, and a scale
  CHECK(down.find("2.00 bits") != std::string::npos);
  CHECK(down.find("ternary<absmean,per_tensor,nearest_even> in bits2") != std::string::npos);
  const std::string embedding = line_with(text, "embedding");
  CHECK(embedding.find("[50, 48]") != std::string::npos);
  CHECK(embedding.find("16.00 bits") != std::string::npos);
  CHECK(embedding.find("4'800 bytes") != std::string::npos);
  CHECK(embedding.find("bf16") != std::string::npos);
  CHECK(line_with(text, "head  ").find("int8<per_row> in bits8") != std::string::npos);
  CHECK(line_with(text, "final_norm").find("[48]") != std::string::npos);
  // equal layers are printed once, and counted
  CHECK(text.find("down ") == text.rfind("down "));
  CHECK(line_with(text, "total").find(tl::grouped(tl::parameter_bytes(model)) + " bytes") !=
        std::string::npos);
  CHECK(line_with(text, "total").find("100'836 parameters") != std::string::npos);
}

TEST_CASE("describe names the packing it is given") {
  const auto model = tl::pack<tl::packing::base3>(test::random_dense<ternary>());
  const std::string text = tl::describe(model);
  CHECK(text.find("nearest_even> in base3") != std::string::npos);
  CHECK(text.find("in bits8") != std::string::npos);  // int8 does not fit into trits
  CHECK(text.find("in bits2") == std::string::npos);
  CHECK(tl::describe(test::random_dense<ternary>()).rfind("dense decoder<", 0) == 0);
}

#include "checkpoint_fixture.hpp"

using namespace test::checkpoints;

namespace {

/// A walk that counts the parameters that show the file, and those that could.
struct count_views {
  int views = 0, matrices = 0;
  void enter(std::string_view) {}
  void leave() {}
  template <class Field, class Tensor>
  void operator()(const Field&, const Tensor& t) {
    if constexpr (requires { t.codes; }) {
      ++matrices;
      views += t.codes.is_view();
    } else if constexpr (requires { t.elements; }) {
      ++matrices;
      views += t.elements.is_view();
    }
  }
};

template <class M>
count_views views_of(const M& model) {
  count_views visit;
  tl::fields::walk<typename M::blueprint>(visit, model.parameters);
  return visit;
}

void overwrite(const std::string& path, const bytes& with) {
  test::write_file(path, {with.begin(), with.end()});
}

/// A saved model of bits2 one of whose codes is 3, which bits2 does not have.
bytes damaged_checkpoint() {
  bytes file = saved(tl::pack(filled<tl::dense<ternary>>(wide)));
  const auto parsed = io::parse_safetensors(file, "toy");
  const auto* const t = parsed->find("blocks.0.ffn.down.codes");
  REQUIRE(t != nullptr);
  file[t->offset + 1] = 0xFF;
  return file;
}

}  // namespace

TEST_CASE("codes and elements are used where they lie in the file", "[io]") {
  const auto model = tl::pack(filled<tl::dense<grouped>>(wide));
  REQUIRE(io::save(model, scratch));
  auto copied = io::load_checkpoint<tl::packed<grouped>>(scratch);
  auto shown = io::load_checkpoint<tl::packed<grouped>>(scratch, {.in_place = true});
  REQUIRE((copied && shown));
  std::remove(scratch.c_str());  // the mapping lives as long as the model
  CHECK(views_of(*copied).views == 0);
  // the last tensors of the file may lie too near to the end of its last page
  CHECK(views_of(*shown).views >= views_of(*shown).matrices - 2);
  check_equal(model, *shown);
  const tl::packed<grouped> copy = *shown;
  CHECK(views_of(copy).views == 0);
  check_equal(copy, *copied);
  shown = std::move(copied);
  check_equal(model, *shown);
}

TEST_CASE("what is packed otherwise, or nobody keeps alive, is copied", "[io]") {
  const auto model = tl::pack(filled<tl::dense<grouped>>(wide));
  using base3 = tl::packed<grouped, tl::packing::base3>;
  REQUIRE(io::save(model, scratch));
  const auto other = io::load_checkpoint<base3>(scratch, {.in_place = true});
  REQUIRE(other);
  check_equal(*other, tl::change_packing<tl::packing::base3>(model));
  const bytes file = test::bytes_of_file(scratch);
  std::remove(scratch.c_str());
  const auto parsed = io::parse_safetensors(file, "toy");
  const auto back = io::load_checkpoint<tl::packed<grouped>>(*parsed, {.in_place = true});
  REQUIRE(back);
  CHECK(views_of(*back).views == 0);
  check_equal(model, *back);
}

TEST_CASE("what is used in place is looked at where that is asked for", "[io]") {
  overwrite(scratch, damaged_checkpoint());
  using M = tl::packed<ternary>;
  CHECK(io::load_checkpoint<M>(scratch, {.in_place = true}));
  for (const io::load_options& how :
       {io::load_options{}, io::load_options{.check_elements = true, .in_place = true}}) {
    const auto refused = io::load_checkpoint<M>(scratch, how);
    REQUIRE(!refused);
    CHECK(refused.error().code == errc::invalid_value);
    CHECK_THAT(refused.error().message, Catch::Contains("blocks.0.ffn.down.codes[0, 1]"));
  }
  std::remove(scratch.c_str());
}

TEST_CASE("the error is that of the first bad tensor, whatever the threads", "[io]") {
  constexpr tl::shape large{.dim = 1024,
                            .ffn_dim = 4096,
                            .layers = 4,
                            .heads = 4,
                            .kv_heads = 4,
                            .head_dim = 256,
                            .vocab = 5,
                            .context = 4};
  bytes file = saved(tl::pack(filled<tl::dense<ternary>>(large)));
  const auto parsed = io::parse_safetensors(file, "toy");
  REQUIRE(parsed);
  for (const char* const name : {"blocks.1.ffn.up.codes", "blocks.3.ffn.down.codes"})
    file[parsed->find(name)->offset + 5000] = 0xFF;
  for (const std::size_t threads : {1u, 2u, 4u})
    for (int round = 0; round < 5; ++round) {
      const auto refused = io::load_checkpoint<tl::packed<ternary>>(*parsed, {.threads = threads});
      REQUIRE(!refused);
      CHECK_THAT(refused.error().message, Catch::Contains("blocks.1.ffn.up.codes"));
    }
}

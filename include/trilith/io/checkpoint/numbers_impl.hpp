#ifndef TRILITH_IO_CHECKPOINT_NUMBERS_IMPL_HPP
#define TRILITH_IO_CHECKPOINT_NUMBERS_IMPL_HPP

#include <trilith/io/safetensors/json_impl.hpp>

#include <string>
#include <vector>

namespace trilith::io::checkpoint {

/// Reads {name: number, ...}.
class number_reader : public json::events {
 public:
  struct member {
    std::string name;
    json::number value;
  };
  std::vector<member> members;

  bool begin(char bracket) override {
    if (depth_ != 0 || bracket != '{') return events::begin(bracket);
    depth_ = 1;
    return true;
  }
  bool end() override { return true; }
  bool key(std::string& name) override {
    for (const member& m : members)
      if (m.name == name) return stop(join("it has ", json::shown(name), " twice."));
    if (members.size() == most) return refuse("more");
    members.push_back({std::move(name), {}});
    return true;
  }
  bool number(const json::number& n) override {
    if (members.empty()) return events::number(n);
    members.back().value = n;
    return true;
  }

 protected:
  [[nodiscard]] std::string expected() const override {
    return "expected an object of at most 64 numbers";
  }

 private:
  static constexpr std::size_t most = 64;
  int depth_ = 0;
};

/// Reads an object that has exactly these members; store(target, number) refuses by false.
template <class Members, class Target, class Store>
[[nodiscard]] status read_members(const std::string& text, const Members& members, Target& target,
                                  std::string_view where, Store store) {
  number_reader in;
  if (!json::read(text, in)) return error{errc::malformed, join(where, ": ", in.why())};
  for (const auto& m : members) {
    const json::number* found = nullptr;
    for (const auto& member : in.members)
      if (member.name == m.name) found = &member.value;
    if (found == nullptr)
      return error{errc::malformed, join(where, ": expected a number ", m.name, ", found none.")};
    if (!store(target.*m.value, *found))
      return error{errc::invalid_value,
                   join(where, ": ", m.name, " cannot be ", found->spelled, ".")};
  }
  if (in.members.size() != members.size())
    return error{errc::malformed, join(where, ": expected ", members.size(), " members, found ",
                                       in.members.size(), ".")};
  return done{};
}

}  // namespace trilith::io::checkpoint

#endif

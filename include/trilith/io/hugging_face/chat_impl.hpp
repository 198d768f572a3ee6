#ifndef TRILITH_IO_HUGGING_FACE_CHAT_IMPL_HPP
#define TRILITH_IO_HUGGING_FACE_CHAT_IMPL_HPP

#include <trilith/io/hf_directory.hpp>
#include <trilith/io/hugging_face/shards_paths_impl.hpp>
#include <trilith/io/safetensors/json_impl.hpp>

#include <string>
#include <string_view>

namespace trilith::io::hf {

/// A tokenizer_config.json describes every added token: up to a few megabytes.
inline constexpr std::uint64_t largest_tokenizer_config = 64'000'000;

/// Finds "chat_template" among the members of the outermost object: a text, or a list of
/// {"name": ..., "template": ...}. Everything else passes by, unkept.
class chat_reader : public json::events {
 public:
  std::string found;

  bool begin(char bracket) override {
    if (depth_ == 0 && bracket != '{') return events::begin(bracket);
    if (depth_ == 1 && wanted_ && bracket == '{') return events::begin(bracket);
    ++depth_;
    in_list_ = in_list_ || (depth_ == 2 && wanted_);
    return true;
  }
  bool end() override {
    if (in_list_ && depth_ == 3) take_named();
    if (--depth_ == 1) in_list_ = false;
    return true;
  }
  bool key(std::string& name) override {
    if (depth_ == 1) {
      wanted_ = name == "chat_template";
      if (wanted_ && std::exchange(seen_, true)) return stop("chat_template stands twice.");
    }
    if (depth_ == 3) member_ = name;
    return true;
  }
  bool text(std::string& value) override {
    if (depth_ == 0) return events::text(value);
    std::string* to = nullptr;
    if (depth_ == 1 && wanted_) to = &found;
    if (depth_ == 3 && in_list_ && member_ == "name") to = &name_;
    if (depth_ == 3 && in_list_ && member_ == "template") to = &template_;
    if (to != nullptr) *to = std::move(value);
    return true;
  }
  bool number(const json::number& n) override {
    return depth_ == 0 || (depth_ == 1 && wanted_) ? events::number(n) : true;
  }
  bool word(std::string_view literal) override {
    const bool misplaced = depth_ == 0 || (depth_ == 1 && wanted_ && literal != "null");
    return misplaced ? events::word(literal) : true;
  }

 protected:
  [[nodiscard]] std::string expected() const override {
    return depth_ == 0 ? "expected a JSON object"
                       : "chat_template: expected a text, or a list of named templates";
  }

 private:
  void take_named() {
    if (name_ == "default") found = std::move(template_);
    name_.clear();
    template_.clear();
  }

  std::size_t depth_ = 0;
  bool wanted_ = false, in_list_ = false, seen_ = false;
  std::string member_, name_, template_;
};

}  // namespace trilith::io::hf

namespace trilith::TRILITH_IMPLEMENTED {

result<std::string> read_chat_template(std::string_view json, std::string_view name) {
  if (status ok = io::json::available(name); !ok) return std::move(ok).error();
  if (status ok = io::shards::check_text(json, name, io::hf::largest_tokenizer_config); !ok)
    return std::move(ok).error();
  io::hf::chat_reader reader;
  if (!io::json::read(json, reader)) return error{errc::malformed, join(name, ": ", reader.why())};
  return std::move(reader.found);
}

}  // namespace trilith::TRILITH_IMPLEMENTED

#endif

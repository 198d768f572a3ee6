#ifndef TRILITH_EXAMPLES_SESSION_LINE_HPP
#define TRILITH_EXAMPLES_SESSION_LINE_HPP

#include <trilith/infer/session_options.hpp>

#include <array>
#include <string>
#include <vector>

#include "command_line.hpp"

/// Options for how a model computes, which several programs have.

/// The formats of keys and values that --kv names.
inline constexpr std::array kv_formats{
    trilith::kv_format(trilith::kv::f32{}),  trilith::kv_format(trilith::kv::f16{}),
    trilith::kv_format(trilith::kv::bf16{}), trilith::kv_format(trilith::kv::int8{}),
    trilith::kv_format(trilith::kv::int4{}), trilith::kv_format(trilith::kv::int3{})};

[[nodiscard]] inline std::vector<std::string> kv_names() {
  std::vector<std::string> names;
  for (const trilith::kv_format& format : kv_formats) names.emplace_back(format.name);
  return names;
}

/// @tparam Options  trilith::generate_options or trilith::perplexity_options
template <class Options>
void add_session_options(CLI::App& app, Options& options) {
  app.add_option("--threads", options.threads, "threads to compute with")
      ->capture_default_str()
      ->check(CLI::Range(1, 1024));
  app.add_flag("--pin", options.pin_threads,
               "keep each thread on one processor: for a machine that does nothing else");
  const auto choose = [&options](const std::string& name) {
    for (const trilith::kv_format& format : kv_formats)
      if (format.name == name) options.kv = format;
  };
  app.add_option_function<std::string>(
         "--kv", choose,
         "keys and values: f16 and bf16 are faster and half as large; int8, int4 and int3 are "
         "smaller still; f32 has the texts of float32 programs")
      ->default_str(std::string(options.kv.name))
      ->check(CLI::IsMember(kv_names()));
}

#endif

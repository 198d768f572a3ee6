#ifndef TRILITH_ADAPT_BAKE_CYCLE_HPP
#define TRILITH_ADAPT_BAKE_CYCLE_HPP

#include <trilith/adapt/bake.hpp>
#include <trilith/adapt/code_changes.hpp>
#include <trilith/adapt/plateau.hpp>

#include <array>

namespace trilith::inline TRILITH_ABI {

/// Prompts that are baked together, openings to draw responses to, and some to judge by.
struct prompt_set {
  std::vector<std::vector<std::int32_t>> prompts{};
  std::vector<std::vector<std::int32_t>> openings{}, held_out{};
};

/// What one iteration of a cycle left.
struct cycle_report {
  std::size_t iteration = 0;              ///< 0: before the first
  std::size_t set = 0;                    ///< that was baked, 0: A, 1: B
  std::array<double, 2> divergence = {};  ///< of either set's held-out openings, nats a token
  code_statistics codes = {};             ///< beside the model that the cycle began with
};

struct cycle_options {
  bake_options bake{};
  response_options responses{};
  float strength = 0.5f;       ///< of each bake
  std::size_t iterations = 5;  ///< of each set, at most
  /// When a set has had enough, by the logarithm of its divergence: a threshold of 0.01 is a gain
  /// of 1 % of what is left.
  plateau_options enough{};
  callback<void(const cycle_report&)> on_iteration{};
};

namespace detail {

template <Latent Model>
class bake_cycle {
  using packed_type = packed<typename Model::blueprint>;

 public:
  bake_cycle(Model& student, std::array<const prompt_set*, 2> sets, const cycle_options& options)
      : student_(&student),
        sets_(sets),
        options_(options),
        teacher_(std::make_shared<const packed_type>(pack(student))),
        plateaus_{plateau(options.enough), plateau(options.enough)} {}

  [[nodiscard]] result<std::vector<cycle_report>> run() {
    std::vector<cycle_report> all;
    if (status seen = note(0, 0, all); !seen) return std::move(seen).error();
    bool is_enough[2] = {};
    for (std::size_t i = 0; i < 2 * options_.iterations && !(is_enough[0] && is_enough[1]); ++i) {
      const std::size_t set = i % 2;
      if (status baked = bake(set, i); !baked) return std::move(baked).error();
      if (is_stopped_) break;
      if (status seen = note(i + 1, set, all); !seen) return std::move(seen).error();
      is_enough[set] =
          plateaus_[set].see(-__builtin_log(max_of(all.back().divergence[set], 1e-12)));
    }
    return all;
  }

 private:
  [[nodiscard]] status note(std::size_t iteration, std::size_t set,
                            std::vector<cycle_report>& all) {
    auto report = judge();
    if (!report) return std::move(report).error();
    report->iteration = iteration, report->set = set;
    all.push_back(*report);
    if (options_.on_iteration) options_.on_iteration(*report);
    return done{};
  }

  [[nodiscard]] status bake(std::size_t set, std::size_t iteration) {
    bake_options how = options_.bake;
    how.seed += iteration;
    const auto stop = [this] { return is_stopped_ = options_.bake.stop && options_.bake.stop(); };
    how.stop = stop;
    baking<Model> oven(*student_, teacher_, how);
    response_options responses = options_.responses;
    responses.how.seed += iteration;
    for (const auto& prompt : sets_[set]->prompts)
      if (status added = oven.add(prompt, sets_[set]->openings, responses); !added) return added;
    auto done = oven.run();
    if (!done) return std::move(done).error();
    oven.apply(is_stopped_ ? 0.0f : options_.strength);
    return trilith::done{};
  }

  [[nodiscard]] result<cycle_report> judge() {
    const packed_type baked = pack(*student_);
    cycle_report out{.codes = compare_codes(*teacher_, baked)};
    auto teller =
        prompted<packed_type>::open(baked, options_.bake.begins_with, 1, options_.bake.threads);
    if (!teller) return std::move(teller).error();
    for (std::size_t s = 0; s < 2; ++s) {
      for (const auto& prompt : sets_[s]->prompts) {
        auto found = divergence(prompt, *sets_[s], *teller);
        if (!found) return std::move(found).error();
        out.divergence[s] += *found / static_cast<double>(sets_[s]->prompts.size());
      }
    }
    return out;
  }
  [[nodiscard]] result<double> divergence(const std::vector<std::int32_t>& prompt,
                                          const prompt_set& set, prompted<packed_type>& teller) {
    const std::size_t side_by_side = min_of<std::size_t>(set.held_out.size(), 16);
    auto teacher = prompted<packed_type>::open(
        *teacher_, prompt, max_of<std::size_t>(side_by_side, 1), options_.bake.threads);
    if (!teacher) return std::move(teacher).error();
    const auto texts = teacher->respond(set.held_out, options_.responses);
    if (!texts) return texts.error();
    const auto found = compare(*teacher, teller, *texts);
    if (!found) return found.error();
    return found->divergence;
  }

  Model* student_;
  std::array<const prompt_set*, 2> sets_;
  cycle_options options_;
  std::shared_ptr<const packed_type> teacher_;
  std::array<plateau, 2> plateaus_;
  bool is_stopped_ = false;
};

}  // namespace detail

/// Bakes two sets of prompts in turn, each time by `strength`, until neither gains any more; a set
/// that has had enough keeps its turns until then, since the other's bakes would undo it.
///
/// The aim is fixed: both sets' teachers are the model that the cycle began with, behind its
/// prompts, so that a set's gap halves each time (1, 1/2, 1/4 ... of it is left, as far as the
/// other set allows) and does not run after what the last bake made. The student's latent weights
/// are kept throughout, so that nothing is quantised twice and scales stay.
///
///     auto reports = tl::bake_in_turn(student, tools, manners, {.iterations = 5});
///
/// The first report is of the model as it was. Errors: baking's. Where options.bake.stop ends it,
/// the student is what the last whole iteration made.
template <Latent Model>
[[nodiscard]] result<std::vector<cycle_report>> bake_in_turn(Model& student, const prompt_set& a,
                                                             const prompt_set& b,
                                                             const cycle_options& options = {}) {
  detail::bake_cycle<Model> cycle(student, {&a, &b}, options);
  return cycle.run();
}

}  // namespace trilith::inline TRILITH_ABI

#endif

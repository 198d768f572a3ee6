#ifndef TRILITH_TRAIN_NEWEST_CHECKPOINT_HPP
#define TRILITH_TRAIN_NEWEST_CHECKPOINT_HPP

#include <trilith/core/text.hpp>
#include <trilith/train/checkpoint_directory.hpp>
#include <trilith/train/training_checkpoint.hpp>

#include <span>
#include <string_view>
#include <utility>

namespace trilith {

/// Calls use(training_checkpoint) with the first undamaged one of `newest_first`, and returns what
/// it returns. Of each damaged one before it, remark(sentence) is told. Where there is none, all is
/// well; where all are damaged, the newest one's error is returned.
template <class Use, class Remark>
[[nodiscard]] status with_newest_checkpoint(std::span<const found_checkpoint> newest_first,
                                            const Use& use, const Remark& remark) {
  status outcome = done{};
  for (const found_checkpoint& found : newest_first) {
    auto file = training_checkpoint::open(found.path);
    if (file) return use(*file);
    error why = std::move(file).error();
    if (why.code != errc::malformed && why.code != errc::truncated) return why;
    remark(join(why.message, " The one before it is used, where there is one."));
    if (outcome) outcome = std::move(why);
  }
  return outcome;
}

}  // namespace trilith

#endif

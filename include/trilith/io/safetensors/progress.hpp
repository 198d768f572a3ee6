#ifndef TRILITH_IO_SAFETENSORS_PROGRESS_HPP
#define TRILITH_IO_SAFETENSORS_PROGRESS_HPP

#include <string_view>
#include <type_traits>

namespace trilith::io {

/// Who is told how far a save or a load is: bool(double fraction, std::string_view tensor), where
/// `false` cancels. Views the callable, which must outlive the call it is given to.
///
///     tl::io::save(model, path, {.report = [](double fraction, std::string_view) {
///       return std::printf("\r%3.0f %%", 100 * fraction) > 0;
///     }});
class progress {
 public:
  progress() noexcept = default;
  template <class Report>
    requires(std::is_class_v<std::remove_reference_t<Report>> &&
             !std::is_same_v<std::remove_cvref_t<Report>, progress> &&
             std::is_invocable_r_v<bool, Report&, double, std::string_view>)
  progress(Report&& report) noexcept
      : context_(const_cast<void*>(static_cast<const void*>(&report))),
        call_([](void* context, double fraction, std::string_view tensor) -> bool {
          return (*static_cast<std::remove_reference_t<Report>*>(context))(fraction, tensor);
        }) {}

  /// False when the work should stop.
  bool operator()(double fraction, std::string_view tensor) const {
    return call_ == nullptr || call_(context_, fraction, tensor);
  }

 private:
  void* context_ = nullptr;
  bool (*call_)(void* context, double fraction, std::string_view tensor) = nullptr;
};

}  // namespace trilith::io

#endif

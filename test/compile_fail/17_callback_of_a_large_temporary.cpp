// expect: give this object a name, and pass that
#include <trilith/train/callback.hpp>

#include <string>

bool is_called() {
  auto named = [text = std::string("kept")] { return !text.empty(); };
#if defined(TRILITH_FAIL)
  const trilith::callback<bool()> stop = [text = std::string("lost")] { return !text.empty(); };
#else
  const trilith::callback<bool()> stop = named;
#endif
  return stop();
}

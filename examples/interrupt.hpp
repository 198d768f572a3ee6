#ifndef TRILITH_EXAMPLES_INTERRUPT_HPP
#define TRILITH_EXAMPLES_INTERRUPT_HPP

#include <csignal>

inline volatile std::sig_atomic_t was_interrupted = 0;

/// As long as it lives, Ctrl-C sets was_interrupted instead of ending the program.
class interrupt_guard {
 public:
  interrupt_guard() {
    was_interrupted = 0;
    struct sigaction ours {};
    ours.sa_handler = [](int) { was_interrupted = 1; };
    ours.sa_flags = SA_RESTART;
    ::sigemptyset(&ours.sa_mask);
    ::sigaction(SIGINT, &ours, &before_);
  }
  interrupt_guard(const interrupt_guard&) = delete;
  interrupt_guard& operator=(const interrupt_guard&) = delete;
  ~interrupt_guard() { ::sigaction(SIGINT, &before_, nullptr); }

 private:
  struct sigaction before_ {};
};

#endif

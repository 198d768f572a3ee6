"""Options with which the kernels are compiled for one instruction set instead of seven: for tests of
how a program gets the implementation, not of what it computes. Several times as fast."""
import platform

# ~(HWY_SSE4 | HWY_EMU128 | HWY_SCALAR), in characters that no shell takes for its own
ONE_TARGET = (["-DHWY_DISABLED_TARGETS=-1-HWY_SSE4-HWY_EMU128-HWY_SCALAR"]
              if platform.machine() in ("x86_64", "AMD64") else [])

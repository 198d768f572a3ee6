// Defines what reads and runs byte-level tokenizers: apart from runtime.cpp, because of ICU.
#include <trilith/text/byte_level_impl.hpp>

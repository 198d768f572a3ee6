// Defines what touches the system: threads, files, tokenizers.
#include <trilith/runtime_impl.hpp>

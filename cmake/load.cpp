// The readers of other programs' model files.
#include <trilith/io/load_impl.hpp>

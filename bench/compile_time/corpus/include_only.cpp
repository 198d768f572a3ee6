#include <trilith/trilith.hpp>

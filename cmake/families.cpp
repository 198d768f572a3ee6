// The blueprints of published models, for io::load(path).
#include <trilith/io/families_impl.hpp>

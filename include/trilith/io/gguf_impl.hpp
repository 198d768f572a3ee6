#ifndef TRILITH_IO_GGUF_IMPL_HPP
#define TRILITH_IO_GGUF_IMPL_HPP

#include <trilith/io/gguf/read_impl.hpp>
#include <trilith/io/gguf/write_impl.hpp>

#endif

#ifndef TRILITH_IO_GGUF_IMPL_HPP
#define TRILITH_IO_GGUF_IMPL_HPP

#include <trilith/io/gguf_read_impl.hpp>
#include <trilith/io/gguf_write_impl.hpp>

#endif

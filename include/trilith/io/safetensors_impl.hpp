#ifndef TRILITH_IO_SAFETENSORS_IMPL_HPP
#define TRILITH_IO_SAFETENSORS_IMPL_HPP

#include <trilith/io/safetensors/read_impl.hpp>
#include <trilith/io/safetensors/write_impl.hpp>

#endif

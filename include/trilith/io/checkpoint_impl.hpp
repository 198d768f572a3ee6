#ifndef TRILITH_IO_CHECKPOINT_IMPL_HPP
#define TRILITH_IO_CHECKPOINT_IMPL_HPP

#include <trilith/io/checkpoint/load_impl.hpp>
#include <trilith/io/checkpoint/read_impl.hpp>
#include <trilith/io/checkpoint/save_impl.hpp>

#endif

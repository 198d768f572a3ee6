#ifndef TRILITH_IO_LOAD_IMPL_HPP
#define TRILITH_IO_LOAD_IMPL_HPP

/// The readers of other programs' model files, compiled in one file of a program.

#include <trilith/io/inspect_impl.hpp>
#include <trilith/io/loading/jobs_impl.hpp>
#include <trilith/io/source_impl.hpp>
#include <trilith/io/write_model_impl.hpp>

#endif

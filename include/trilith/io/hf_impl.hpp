#ifndef TRILITH_IO_HF_IMPL_HPP
#define TRILITH_IO_HF_IMPL_HPP

// Everything that the implementation file defines for Hugging Face's directories.
#include <trilith/io/hugging_face/config_impl.hpp>
#include <trilith/io/hugging_face/directory_impl.hpp>
#include <trilith/io/hugging_face/names_impl.hpp>
#include <trilith/io/shards_impl.hpp>

#endif

#ifndef TRILITH_IO_HPP
#define TRILITH_IO_HPP

/// All formats of model files.

#include <trilith/io/bitllama2c.hpp>
#include <trilith/io/checkpoint.hpp>
#include <trilith/io/llama2c.hpp>
#include <trilith/io/safetensors.hpp>

#endif

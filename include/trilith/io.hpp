#ifndef TRILITH_IO_HPP
#define TRILITH_IO_HPP

/// All formats of model files.

#include <trilith/io/bitllama2c.hpp>
#include <trilith/io/checkpoint.hpp>
#include <trilith/io/gguf.hpp>
#include <trilith/io/hf_directory.hpp>
#include <trilith/io/hf_names.hpp>
#include <trilith/io/inspect.hpp>
#include <trilith/io/llama2c.hpp>
#include <trilith/io/load.hpp>
#include <trilith/io/safetensors.hpp>
#include <trilith/io/source_of.hpp>
#include <trilith/io/write_model.hpp>

#endif

#ifndef TRILITH_RUNTIME_IMPL_HPP
#define TRILITH_RUNTIME_IMPL_HPP

/// The runtime, compiled in one file of a program: threads, files, tokenizers, sampling,
/// checkpoints, searches.

#include <trilith/core/huge_pages_impl.hpp>
#include <trilith/core/thread_pool_impl.hpp>
#include <trilith/infer/sampler_impl.hpp>
#include <trilith/infer/session_options_impl.hpp>
#include <trilith/infer/writer_impl.hpp>
#include <trilith/io/checkpoint_impl.hpp>
#include <trilith/io/gguf_impl.hpp>
#include <trilith/io/hf_impl.hpp>
#include <trilith/io/mapped_file_impl.hpp>
#include <trilith/io/safetensors_impl.hpp>
#include <trilith/model/tree_text_impl.hpp>
#include <trilith/search/search_impl.hpp>
#include <trilith/sweep/sweep_svg_impl.hpp>
#include <trilith/sweep/sweep_table_impl.hpp>
#include <trilith/text/tokenizer_impl.hpp>

#endif

#ifndef TRILITH_INFER_HPP
#define TRILITH_INFER_HPP

/// Everything that runs models: sessions, generation, chats, perplexity.

#include <trilith/infer/any_model.hpp>
#include <trilith/infer/chat.hpp>
#include <trilith/infer/generate.hpp>
#include <trilith/infer/perplexity.hpp>
#include <trilith/infer/session.hpp>

#endif

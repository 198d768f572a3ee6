#ifndef TRILITH_EXAMPLES_SHIPPED_MODEL_HPP
#define TRILITH_EXAMPLES_SHIPPED_MODEL_HPP

// CMake says where the models are; by hand, programs are run from the project's own folder.
#if !defined(TRILITH_EXAMPLES_MODELS)
#define TRILITH_EXAMPLES_MODELS "examples/models"
#endif

/// The teller of tales that comes with the examples (models/tales/README.md).
inline constexpr const char* shipped_model = TRILITH_EXAMPLES_MODELS "/tales/model.safetensors";

#endif

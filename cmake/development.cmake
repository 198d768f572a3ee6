# What Trilith's own build adds for itself and never imposes on a program that uses it.
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# For checks on few cores: most of an example's work is in the library, and a fuzz target runs for
# seconds there.
option(TRILITH_QUICK_BUILD "Compile the examples with -O1 and the fuzz targets with -O0" OFF)
mark_as_advanced(TRILITH_QUICK_BUILD)

find_program(TRILITH_CCACHE ccache)
if(TRILITH_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${TRILITH_CCACHE})
endif()

set(trilith_warnings -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # g++ 12 warns of overlaps inside std::string's own operator+ (GCC bug 105651).
  list(APPEND trilith_warnings -Wno-restrict)
endif()
# ASan and UBSan instrumentation makes g++ 12 see overflows in the standard library that are not.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_FLAGS MATCHES "-fsanitize")
  list(APPEND trilith_warnings -Wno-error=maybe-uninitialized -Wno-error=stringop-overflow
       -Wno-error=array-bounds)
endif()

# Tests and examples find the shared data here; where it is absent they say so and are skipped.
set(trilith_data $ENV{TRILITH_DATA})
if(NOT trilith_data)
  get_filename_component(trilith_data ${CMAKE_CURRENT_SOURCE_DIR}/../shared/data ABSOLUTE)
endif()

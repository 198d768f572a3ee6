# Defines the targets of Trilith. The source tree and the installed package both call this one
# function, so find_package, add_subdirectory and FetchContent give a program the same thing:
#
#   trilith::trilith   what programs link: the headers and the compiled runtime
#   trilith::runtime   the files that define what the headers only declare: the kernel table,
#                      compiled once per SIMD target; threads, files and SentencePiece; byte-level
#                      tokenizers; readers of other programs' models; corpora for training
#   trilith::families  trilith::trilith and the published blueprints, for io::load(path)
#   trilith::svd       trilith::trilith and singular values, where Eigen was found
#   trilith::headers   the include path alone, for a program that defines TRILITH_IMPLEMENTATION
#                      in one of its own files
#
# The runtime is compiled inside the program's build, with the program's compiler and flags, which
# is why the package is independent of the architecture.

function(trilith_find_header name header package)
  find_path(TRILITH_${name}_INCLUDE_DIR ${header}
            DOC "The directory in which <${header}> is found")
  if(NOT TRILITH_${name}_INCLUDE_DIR)
    message(FATAL_ERROR "trilith: <${header}> was not found. Install ${package}, or set "
                        "TRILITH_${name}_INCLUDE_DIR to the directory that contains it.")
  endif()
endfunction()

function(trilith_define_targets include_dir source_dir)
  if(TARGET trilith::trilith)
    return()
  endif()
  set(THREADS_PREFER_PTHREAD_FLAG ON)
  find_package(Threads REQUIRED)
  trilith_find_header(BOOST boost/hana/tuple.hpp "Boost 1.81 or newer (Debian: libboost1.81-dev)")

  add_library(trilith_headers INTERFACE)
  add_library(trilith::headers ALIAS trilith_headers)
  target_compile_features(trilith_headers INTERFACE cxx_std_20)
  target_include_directories(trilith_headers INTERFACE ${include_dir})
  target_include_directories(trilith_headers SYSTEM INTERFACE ${TRILITH_BOOST_INCLUDE_DIR})

  set(sources)
  foreach(part kernels row_kernels gradient_kernels runtime text load train_data train_vocabulary trainer)
    list(APPEND sources ${source_dir}/${part}.cpp)
  endforeach()
  add_library(trilith_runtime STATIC EXCLUDE_FROM_ALL ${sources})
  add_library(trilith::runtime ALIAS trilith_runtime)
  target_link_libraries(trilith_runtime PUBLIC trilith_headers Threads::Threads)
  set_target_properties(trilith_runtime PROPERTIES
                        POSITION_INDEPENDENT_CODE ON CXX_EXTENSIONS OFF OUTPUT_NAME trilith)
  # The kernels are vector code that only an optimiser turns into registers: never built without.
  set(kernels ${source_dir}/kernels.cpp ${source_dir}/row_kernels.cpp
              ${source_dir}/gradient_kernels.cpp)
  set_property(SOURCE ${kernels} TARGET_DIRECTORY trilith_runtime
               PROPERTY COMPILE_OPTIONS $<$<OR:$<CONFIG:Debug>,$<CONFIG:>>:-O2>)
  list(REMOVE_ITEM sources ${kernels})
  set_property(SOURCE ${sources} TARGET_DIRECTORY trilith_runtime
               PROPERTY COMPILE_OPTIONS $<$<CONFIG:>:-O2>)
  trilith_use_highway()
  trilith_use_json()
  trilith_use_icu()
  trilith_use_sentencepiece()

  add_library(trilith INTERFACE)
  add_library(trilith::trilith ALIAS trilith)
  target_link_libraries(trilith INTERFACE trilith_headers trilith_runtime)

  add_library(trilith_families STATIC EXCLUDE_FROM_ALL ${source_dir}/families.cpp)
  add_library(trilith::families ALIAS trilith_families)
  target_link_libraries(trilith_families PUBLIC trilith)
  set_target_properties(trilith_families PROPERTIES
                        POSITION_INDEPENDENT_CODE ON CXX_EXTENSIONS OFF)
  set_property(SOURCE ${source_dir}/families.cpp TARGET_DIRECTORY trilith_families
               PROPERTY COMPILE_OPTIONS $<$<CONFIG:>:-O2>)

  find_package(Eigen3 QUIET NO_MODULE)
  if(TARGET Eigen3::Eigen)
    add_library(trilith_svd STATIC EXCLUDE_FROM_ALL ${source_dir}/svd.cpp)
    add_library(trilith::svd ALIAS trilith_svd)
    target_link_libraries(trilith_svd PUBLIC trilith)
    target_include_directories(trilith_svd SYSTEM PRIVATE
                               $<TARGET_PROPERTY:Eigen3::Eigen,INTERFACE_INCLUDE_DIRECTORIES>)
    set_target_properties(trilith_svd PROPERTIES
                          POSITION_INDEPENDENT_CODE ON CXX_EXTENSIONS OFF)
    set_property(SOURCE ${source_dir}/svd.cpp TARGET_DIRECTORY trilith_svd
                 PROPERTY COMPILE_OPTIONS $<$<OR:$<CONFIG:Debug>,$<CONFIG:>>:-O2>)
  endif()
endfunction()

# Highway's headers are all that the kernels need; its library is never linked. A program that
# brings its own Highway (a target hwy or hwy::hwy) gets the kernels compiled with that one.
function(trilith_use_highway)
  foreach(target hwy::hwy hwy)
    if(TARGET ${target})
      target_include_directories(trilith_runtime SYSTEM PRIVATE
                                 $<TARGET_PROPERTY:${target},INTERFACE_INCLUDE_DIRECTORIES>)
      return()
    endif()
  endforeach()
  trilith_find_header(HIGHWAY hwy/highway.h "Highway 1.0.3 or newer (Debian: libhwy-dev)")
  target_include_directories(trilith_runtime SYSTEM PRIVATE ${TRILITH_HIGHWAY_INCLUDE_DIR})
endfunction()

# Without nlohmann-json the functions that read or write JSON return an error that says so.
function(trilith_use_json)
  find_package(nlohmann_json QUIET)
  if(TARGET nlohmann_json::nlohmann_json)
    target_include_directories(trilith_runtime SYSTEM PRIVATE
      $<TARGET_PROPERTY:nlohmann_json::nlohmann_json,INTERFACE_INCLUDE_DIRECTORIES>)
    target_compile_definitions(trilith_runtime PRIVATE TRILITH_HAS_JSON=1)
  else()
    message(STATUS "trilith: nlohmann-json was not found; checkpoints are left out.")
  endif()
endfunction()

# Unicode's classes for byte-level tokenizers. A program that uses none does not load the library;
# without it those tokenizers return an error that says so.
function(trilith_use_icu)
  find_package(ICU QUIET COMPONENTS uc)
  if(TARGET ICU::uc)
    target_compile_definitions(trilith_runtime PRIVATE TRILITH_HAS_ICU=1)
    if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
      target_link_libraries(trilith_runtime PUBLIC
        -Wl,--push-state,--as-needed ICU::uc -Wl,--pop-state)
    else()
      target_link_libraries(trilith_runtime PUBLIC ICU::uc)
    endif()
  else()
    message(STATUS "trilith: ICU was not found; byte-level tokenizers are left out.")
  endif()
endfunction()

# SentencePiece's library trains vocabularies. A program that trains none does not load it; without
# it train_vocabulary() returns an error that says so.
function(trilith_use_sentencepiece)
  find_path(TRILITH_SENTENCEPIECE_INCLUDE_DIR sentencepiece_trainer.h
            DOC "The directory in which <sentencepiece_trainer.h> is found")
  find_library(TRILITH_SENTENCEPIECE_LIBRARY sentencepiece DOC "SentencePiece's library")
  find_library(TRILITH_SENTENCEPIECE_TRAIN_LIBRARY sentencepiece_train
               DOC "SentencePiece's library of trainers")
  set(libraries ${TRILITH_SENTENCEPIECE_TRAIN_LIBRARY} ${TRILITH_SENTENCEPIECE_LIBRARY})
  if(TRILITH_SENTENCEPIECE_INCLUDE_DIR AND TRILITH_SENTENCEPIECE_LIBRARY
     AND TRILITH_SENTENCEPIECE_TRAIN_LIBRARY)
    target_include_directories(trilith_runtime SYSTEM PRIVATE ${TRILITH_SENTENCEPIECE_INCLUDE_DIR})
    target_compile_definitions(trilith_runtime PRIVATE TRILITH_HAS_SENTENCEPIECE=1)
    if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
      target_link_libraries(trilith_runtime PUBLIC
        -Wl,--push-state,--as-needed ${libraries} -Wl,--pop-state)
    else()
      target_link_libraries(trilith_runtime PUBLIC ${libraries})
    endif()
  else()
    message(STATUS "trilith: SentencePiece was not found; training of vocabularies is left out.")
  endif()
endfunction()

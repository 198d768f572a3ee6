# The fuzz targets: clang's libFuzzer with AddressSanitizer and UndefinedBehaviorSanitizer, whatever
# compiler and flags the rest is built with. Each is one ctest that runs its seeds and regressions
# and then looks for new inputs for 20 seconds (docs/fuzzing.md). Where clang or its fuzzer runtime
# is absent the test says so.
find_program(TRILITH_CLANGXX clang++)
set(fuzz_dir ${CMAKE_CURRENT_BINARY_DIR}/fuzz)
set(fuzz_source ${CMAKE_CURRENT_SOURCE_DIR}/fuzz)
set(fuzz_sanitizers -fsanitize=address,undefined -fno-sanitize-recover=all)
file(MAKE_DIRECTORY ${fuzz_dir})

if(TRILITH_CLANGXX AND NOT DEFINED TRILITH_LIBFUZZER)
  file(WRITE ${fuzz_dir}/probe.cpp
       "extern \"C\" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }\n")
  execute_process(COMMAND ${TRILITH_CLANGXX} -std=c++20 ${fuzz_sanitizers} -fsanitize=fuzzer
                          ${fuzz_dir}/probe.cpp -o ${fuzz_dir}/probe
                  RESULT_VARIABLE fuzz_failed OUTPUT_QUIET ERROR_QUIET)
  if(fuzz_failed STREQUAL "0")
    set(TRILITH_LIBFUZZER ON CACHE BOOL "Whether clang++ links fuzz targets")
  endif()
endif()

set(fuzz_missing)
if(NOT TRILITH_CLANGXX OR NOT TRILITH_LIBFUZZER)
  set(fuzz_missing "needs clang++ with libFuzzer (Debian: clang, libclang-rt-14-dev)")
elseif(CMAKE_CXX_FLAGS MATCHES "-fsanitize")
  set(fuzz_missing "the fuzz targets bring sanitizers of their own: run them in another preset")
elseif(NOT TARGET nlohmann_json::nlohmann_json)
  set(fuzz_missing "needs nlohmann-json (Debian: nlohmann-json3-dev)")
endif()
if(fuzz_missing)
  add_test(NAME fuzz.targets COMMAND ${CMAKE_COMMAND} -E echo "skipped: ${fuzz_missing}.")
  set_tests_properties(fuzz.targets PROPERTIES SKIP_REGULAR_EXPRESSION "skipped:" LABELS fuzz)
  return()
endif()

set(fuzz_flags -std=c++20 $<IF:$<BOOL:${TRILITH_QUICK_BUILD}>,-O0,-O1> -gline-tables-only -fno-omit-frame-pointer ${fuzz_sanitizers}
    -fsanitize=fuzzer-no-link -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
    -DTRILITH_HAS_JSON=1 -I${CMAKE_SOURCE_DIR}/include)
get_target_property(fuzz_json_dir nlohmann_json::nlohmann_json INTERFACE_INCLUDE_DIRECTORIES)
foreach(dir ${TRILITH_BOOST_INCLUDE_DIR} ${fuzz_json_dir})
  if(NOT dir IN_LIST CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES AND IS_DIRECTORY ${dir})
    list(APPEND fuzz_flags -isystem ${dir})
  endif()
endforeach()
set(fuzz_libraries -pthread)
if(TARGET ICU::uc)
  list(APPEND fuzz_flags -DTRILITH_HAS_ICU=1)
  list(APPEND fuzz_libraries $<TARGET_FILE:ICU::uc>)
endif()

# Compiled in the source directory: in every preset the same command, so that ccache knows it.
function(trilith_fuzz_object source out)
  get_filename_component(stem ${source} NAME_WE)
  get_filename_component(parent ${source} DIRECTORY)
  get_filename_component(parent ${parent} NAME)
  set(object ${fuzz_dir}/${parent}_${stem}.o)
  add_custom_command(
    OUTPUT ${object} DEPENDS ${source} DEPFILE ${object}.d WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
    COMMAND ${TRILITH_CCACHE} ${TRILITH_CLANGXX} ${fuzz_flags} -MD -MF ${object}.d
            -c ${source} -o ${object}
    COMMENT "Compiling ${stem} for fuzzing" VERBATIM)
  set(${out} ${object} PARENT_SCOPE)
endfunction()

set(fuzz_runtime)
foreach(part runtime load text)
  trilith_fuzz_object(${CMAKE_SOURCE_DIR}/cmake/${part}.cpp object)
  list(APPEND fuzz_runtime ${object})
endforeach()

file(GLOB fuzz_sources CONFIGURE_DEPENDS ${fuzz_source}/*.cpp)
set(fuzz_executables)
foreach(source ${fuzz_sources})
  get_filename_component(name ${source} NAME_WE)
  trilith_fuzz_object(${source} object)
  set(executable ${fuzz_dir}/${name})
  set(fuzzer -fsanitize=fuzzer)
  if(name STREQUAL "make_seeds")
    set(fuzzer)
  else()
    list(APPEND fuzz_executables ${executable})
    add_test(NAME fuzz.${name} COMMAND ${TRILITH_PYTHON} ${fuzz_source}/run.py
             --binaries ${fuzz_dir} --seconds 20 ${name})
    set_tests_properties(fuzz.${name} PROPERTIES LABELS fuzz TIMEOUT 3600
                         ENVIRONMENT "TRILITH_DATA=${trilith_data}")
  endif()
  add_custom_command(
    OUTPUT ${executable} DEPENDS ${object} ${fuzz_runtime}
    COMMAND ${TRILITH_CLANGXX} ${fuzz_sanitizers} ${fuzzer} ${object} ${fuzz_runtime}
            ${fuzz_libraries} -o ${executable}
    COMMENT "Linking ${name} for fuzzing" VERBATIM)
endforeach()
add_custom_target(fuzz_targets ALL DEPENDS ${fuzz_executables})

# The first seeds, into BUILD/test/fuzz/seeds; run.py --merge makes the committed ones of them.
add_custom_target(fuzz_seeds DEPENDS ${fuzz_dir}/make_seeds
  COMMAND ${fuzz_dir}/make_seeds ${fuzz_dir}/seeds ${CMAKE_CURRENT_SOURCE_DIR}/fixtures
          ${trilith_data} VERBATIM)

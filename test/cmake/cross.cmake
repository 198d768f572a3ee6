# The kernel tests built for AArch64 and run under qemu-user: NEON, and a second architecture for
# everything else. Where the cross compiler or the emulator is absent the test says so.
find_program(TRILITH_AARCH64_CXX aarch64-linux-gnu-g++)
find_program(TRILITH_QEMU_AARCH64 NAMES qemu-aarch64 qemu-aarch64-static)
find_path(trilith_catch_dir catch2/catch.hpp)
file(GLOB cross_sources CONFIGURE_DEPENDS kernels/*.cpp)

if(NOT cross_sources)
  return()
endif()
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  return()  # the cross compiler is g++: once is enough
endif()
if(CMAKE_CXX_FLAGS MATCHES "-fsanitize" OR NOT TRILITH_AARCH64_CXX OR NOT TRILITH_QEMU_AARCH64
   OR NOT trilith_catch_dir)
  add_test(NAME kernels.on.NEON COMMAND ${CMAKE_COMMAND} -E echo
           "skipped: needs aarch64-linux-gnu-g++, qemu-aarch64 and Catch2's single header, and no sanitizer.")
  set_tests_properties(kernels.on.NEON PROPERTIES
                       SKIP_REGULAR_EXPRESSION "skipped:" LABELS kernels)
  return()
endif()

# Only the headers that do not depend on the architecture, never all of /usr/include.
set(cross_include ${CMAKE_CURRENT_BINARY_DIR}/cross_include)
file(MAKE_DIRECTORY ${cross_include})
foreach(pair catch2:${trilith_catch_dir} hwy:${TRILITH_HIGHWAY_INCLUDE_DIR}
             boost:${TRILITH_BOOST_INCLUDE_DIR} Eigen:/usr/include/eigen3
             nlohmann:/usr/include)
  string(REGEX REPLACE ":.*" "" name ${pair})
  string(REGEX REPLACE "^[^:]*:" "" parent ${pair})
  if(EXISTS ${parent}/${name})
    file(CREATE_LINK ${parent}/${name} ${cross_include}/${name} SYMBOLIC)
  endif()
endforeach()

set(cross_json)
if(EXISTS ${cross_include}/nlohmann)
  set(cross_json -DTRILITH_HAS_JSON=1)
endif()
set(cross_objects)
foreach(source ${cross_sources} ${CMAKE_CURRENT_SOURCE_DIR}/kernel_main.cpp
               ${CMAKE_CURRENT_SOURCE_DIR}/catch_runner.cpp
               ${CMAKE_SOURCE_DIR}/cmake/kernels.cpp
               ${CMAKE_SOURCE_DIR}/cmake/row_kernels.cpp
               ${CMAKE_SOURCE_DIR}/cmake/gradient_kernels.cpp
               ${CMAKE_SOURCE_DIR}/cmake/runtime.cpp)
  get_filename_component(stem ${source} NAME_WE)
  set(object ${CMAKE_CURRENT_BINARY_DIR}/cross/${stem}.o)
  list(APPEND cross_objects ${object})
  add_custom_command(
    OUTPUT ${object} DEPENDS ${source} DEPFILE ${object}.d
    COMMAND ${TRILITH_CCACHE} ${TRILITH_AARCH64_CXX} -std=c++20 -O2 -DNDEBUG ${trilith_warnings}
            ${cross_json} -DTRILITH_TEST_DATA_DIR="${trilith_data}"
            -I${CMAKE_SOURCE_DIR}/include -I${CMAKE_CURRENT_SOURCE_DIR} -isystem ${cross_include}
            -MD -MF ${object}.d -c ${source} -o ${object}
    COMMENT "Compiling ${stem} for AArch64" VERBATIM)
endforeach()
file(MAKE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/cross)
set(cross_tests ${CMAKE_CURRENT_BINARY_DIR}/cross/kernels_tests)
add_custom_command(OUTPUT ${cross_tests} DEPENDS ${cross_objects}
  COMMAND ${TRILITH_AARCH64_CXX} -static -pthread ${cross_objects} -o ${cross_tests}
  COMMENT "Linking the kernel tests for AArch64" VERBATIM)
add_custom_target(kernels_tests_neon ALL DEPENDS ${cross_tests})

# Everything on one of them, whose tests loop over both; then what runs on the chosen one.
set(cross_tests_of_NEON)
set(cross_tests_of_NEON_DOT ${trilith_chosen_kernels})
foreach(target NEON NEON_DOT)
  add_test(NAME kernels.on.${target}
           COMMAND ${TRILITH_QEMU_AARCH64} ${cross_tests} ${cross_tests_of_${target}})
  # emulated, the longest tests: ctest begins with them
  set_tests_properties(kernels.on.${target} PROPERTIES SKIP_RETURN_CODE 77 LABELS kernels COST 100
    ENVIRONMENT "TRILITH_DATA=${trilith_data};TRILITH_TARGET=${target}")
endforeach()

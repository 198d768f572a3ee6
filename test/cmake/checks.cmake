# Tests that compile, read or generate rather than run: scripts, each one ctest or a few.
set(trilith_root ${CMAKE_SOURCE_DIR})
set(trilith_compilers ${CMAKE_CXX_COMPILER})
find_program(TRILITH_GXX g++)
find_program(TRILITH_CLANGXX clang++)
if(TRILITH_GXX AND NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  list(APPEND trilith_compilers ${TRILITH_GXX})
endif()
if(TRILITH_CLANGXX AND NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  list(APPEND trilith_compilers ${TRILITH_CLANGXX})
endif()

# A script ends with 77 where what it needs is not installed; it says what.
function(trilith_script_test name)
  add_test(NAME ${name} COMMAND ${TRILITH_PYTHON} ${ARGN} WORKING_DIRECTORY ${trilith_root})
  set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE 77 LABELS checks)
endfunction()

trilith_script_test(check.levels tools/check_levels.py)
trilith_script_test(check.format tools/check_format)
trilith_script_test(check.tidy tools/check_tidy)
set_tests_properties(check.tidy PROPERTIES PROCESSORS 2)
trilith_script_test(check.docs tools/check_docs.py --compiler ${CMAKE_CXX_COMPILER})

trilith_script_test(check.help test/tools/help.py)
trilith_script_test(check.header_chains test/headers/chains_test.py)

trilith_script_test(single_header.up_to_date tools/amalgamate.py --check)

foreach(compiler ${trilith_compilers})
  get_filename_component(short ${compiler} NAME)
  trilith_script_test(single_header.${short} test/single_header/run.py --compiler ${compiler}
                      --work ${CMAKE_CURRENT_BINARY_DIR}/single_header/${short})
  trilith_script_test(headers.${short} test/headers/run.py --compiler ${compiler})
  set_tests_properties(headers.${short} PROPERTIES PROCESSORS 2)
endforeach()

# Examples are built with one compiler, and read by the other.
if(TRILITH_CLANGXX AND NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  trilith_script_test(headers.examples test/headers/run.py --examples --compiler ${TRILITH_CLANGXX})
  set_tests_properties(headers.examples PROPERTIES PROCESSORS 2)
endif()

file(GLOB cases CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR}/compile_fail
     compile_fail/*.cpp)
foreach(case ${cases})
  get_filename_component(stem ${case} NAME_WE)
  foreach(compiler ${trilith_compilers})
    get_filename_component(short ${compiler} NAME)
    trilith_script_test(compile_fail.${stem}.${short} test/compile_fail/run.py
                        test/compile_fail/${case} --compiler ${compiler})
  endforeach()
endforeach()

foreach(way find_package add_subdirectory fetch_content pkg_config single_header by_hand forgotten)
  trilith_script_test(install.${way} test/install/run.py ${way}
                      --build ${CMAKE_BINARY_DIR} --compiler ${CMAKE_CXX_COMPILER}
                      --work ${CMAKE_CURRENT_BINARY_DIR}/install)
endforeach()
# The second of these takes from ccache what the first has compiled.
set_tests_properties(install.add_subdirectory install.fetch_content PROPERTIES
                     RESOURCE_LOCK trilith_as_a_part)

trilith_script_test(compile_time.instantiations bench/compile_time/run.py --equal-layers)
trilith_script_test(compile_time.gate bench/compile_time/run.py --gate)

if(TRILITH_BUILD_EXAMPLES)
  trilith_script_test(examples.others test/examples/others.py $<TARGET_FILE:train_ste>)
  set_tests_properties(examples.others PROPERTIES LABELS examples)
endif()

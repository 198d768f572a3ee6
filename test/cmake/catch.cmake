# The Catch2 tests: few executables, since Catch's header costs more than most of the tests. Each
# source file is one ctest, selected by its name.
find_package(Catch2 QUIET)
if(NOT Catch2_FOUND)
  message(STATUS "trilith: Catch2 was not found; unit and kernel tests are left out.")
  return()
endif()

add_library(trilith_test INTERFACE)
target_link_libraries(trilith_test INTERFACE trilith::trilith)
target_compile_options(trilith_test INTERFACE ${trilith_warnings})
target_include_directories(trilith_test INTERFACE ${CMAKE_CURRENT_SOURCE_DIR})
target_compile_definitions(trilith_test INTERFACE TRILITH_TEST_DATA_DIR="${trilith_data}"
                           TRILITH_TEST_FIXTURES_DIR="${CMAKE_CURRENT_SOURCE_DIR}/fixtures")
if(TARGET Catch2::Catch2)
  target_link_libraries(trilith_test INTERFACE Catch2::Catch2)
endif()
find_package(Eigen3 QUIET NO_MODULE)
if(TARGET Eigen3::Eigen)
  get_target_property(eigen_include_dir Eigen3::Eigen INTERFACE_INCLUDE_DIRECTORIES)
  target_include_directories(trilith_test SYSTEM INTERFACE ${eigen_include_dir})
endif()

add_library(trilith_test_main OBJECT main.cpp kernel_main.cpp)
target_link_libraries(trilith_test_main PRIVATE trilith_test)
# Catch's own code is most of a program's compile time and none of its run time.
add_library(trilith_catch STATIC catch_runner.cpp)
target_link_libraries(trilith_catch PRIVATE trilith_test)
target_compile_options(trilith_catch PRIVATE -O0)

# trilith_catch_tests(DIR MAIN): the executable DIR_tests of DIR/*.cpp, and a ctest per file.
function(trilith_catch_tests directory main)
  file(GLOB sources CONFIGURE_DEPENDS ${directory}/*.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(${directory}_tests ${sources}
                 $<FILTER:$<TARGET_OBJECTS:trilith_test_main>,INCLUDE,/${main}\\.cpp>)
  target_link_libraries(${directory}_tests PRIVATE trilith_catch trilith_test)
  foreach(source ${sources})
    get_filename_component(stem ${source} NAME_WE)
    add_test(NAME ${directory}.${stem}
             COMMAND ${directory}_tests -\# --warn NoTests "[#${stem}]")
    set_tests_properties(${directory}.${stem} PROPERTIES
                         SKIP_RETURN_CODE 77 LABELS ${directory}
                         ENVIRONMENT TRILITH_DATA=${trilith_data})
  endforeach()
endfunction()

trilith_catch_tests(unit main)
# The unit tests are many and small: compiling them costs more than running them.
if(TARGET unit_tests)
  target_link_libraries(unit_tests PRIVATE trilith::families)
  if(TARGET Eigen3::Eigen)
    target_link_libraries(unit_tests PRIVATE trilith::svd)
  endif()
  target_compile_options(unit_tests PRIVATE $<$<CONFIG:Release>:-O1>)
  if(CMAKE_CXX_FLAGS MATCHES "-fsanitize=address")
    target_compile_options(unit_tests PRIVATE -O0)  # a quarter of the time; the kernels keep theirs
  endif()
  # The variable is read before main().
  add_test(NAME unit.aligned_buffer.without_huge_pages
           COMMAND unit_tests -\# "[#aligned_buffer]")
  set_tests_properties(unit.aligned_buffer.without_huge_pages PROPERTIES
                       LABELS unit ENVIRONMENT TRILITH_HUGE_PAGES=0)
endif()
# The unit tests of what runs on several threads, for a build with ThreadSanitizer that has few
# minutes; no part of any other.
if(CMAKE_CXX_FLAGS MATCHES "-fsanitize=thread")
  set(threads_sources unit/thread_pool.cpp unit/executor.cpp unit/session.cpp unit/kv.cpp
      unit/multiply.cpp unit/train_gradients.cpp unit/train_resume.cpp unit/train_training_resume.cpp)
  add_executable(threads_tests EXCLUDE_FROM_ALL ${threads_sources}
                 $<FILTER:$<TARGET_OBJECTS:trilith_test_main>,INCLUDE,/main\\.cpp>)
  target_link_libraries(threads_tests PRIVATE trilith_catch trilith_test)
  add_test(NAME threads.all COMMAND threads_tests)
  set_tests_properties(threads.all PROPERTIES LABELS unit)
endif()
trilith_catch_tests(allocations main)  # replaces operator new
trilith_catch_tests(golden kernel_main)
trilith_catch_tests(kernels kernel_main)
# The kernels are in the library; g++ needs twice as long to optimise what they are compared with.
# With clang++ that is optimised.
if(TARGET kernels_tests AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(kernels_tests PRIVATE $<$<CONFIG:Release>:-O1>)
endif()

# The tests that use the chosen target, on every target this machine may have; one it lacks is
# skipped, in words. The others loop over all targets by themselves.
set(trilith_chosen_kernels "~[simd]~[rows]~[attention]~[lut]")
set(trilith_chosen_golden "~every kernel target*")
foreach(directory kernels golden)
  if(TARGET ${directory}_tests)
    foreach(target SSE4 AVX2 AVX2_VNNI AVX3 AVX3_VNNI AVX3_DL AMX)
      add_test(NAME ${directory}.on.${target}
               COMMAND ${directory}_tests ${trilith_chosen_${directory}})
      set_tests_properties(${directory}.on.${target} PROPERTIES
        SKIP_RETURN_CODE 77 LABELS ${directory}
        ENVIRONMENT "TRILITH_DATA=${trilith_data};TRILITH_TARGET=${target}")
    endforeach()
  endif()
endforeach()

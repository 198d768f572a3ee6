# Other people's programs read what we write, and we what they write. Each script ends with 77, and
# says so, where the Python package it needs is missing; TRILITH_INTEROP_PYTHON names a Python that
# has them (tools/setup interop makes one).
set(TRILITH_INTEROP_PYTHON "" CACHE FILEPATH "A Python with the packages gguf, numpy, tokenizers")
set(interop_python ${TRILITH_PYTHON})
foreach(candidate ${TRILITH_INTEROP_PYTHON} ${CMAKE_SOURCE_DIR}/build/interop/bin/python)
  if(EXISTS ${candidate})
    set(interop_python ${candidate})
    break()
  endif()
endforeach()

# trilith_interop_test(NAME SCRIPT PROGRAM...): SCRIPT is run with the compiled PROGRAMs.
function(trilith_interop_test name script)
  set(programs)
  foreach(program ${ARGN})
    if(NOT TARGET ${program})
      add_executable(${program} interop/${program}.cpp)
      target_link_libraries(${program} PRIVATE trilith::families)
      target_compile_options(${program} PRIVATE ${trilith_warnings})
    endif()
    list(APPEND programs $<TARGET_FILE:${program}>)
  endforeach()
  add_test(NAME interop.${name}
           COMMAND ${interop_python} ${CMAKE_CURRENT_SOURCE_DIR}/interop/${script} ${programs}
           WORKING_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
  set_tests_properties(interop.${name} PROPERTIES SKIP_RETURN_CODE 77 LABELS interop)
endfunction()

# A sixteenth of it here: the references need minutes for the whole (without --share).
add_executable(encode_file ${CMAKE_SOURCE_DIR}/bench/encode_file.cpp)
target_link_libraries(encode_file PRIVATE trilith::trilith)
target_compile_options(encode_file PRIVATE ${trilith_warnings})
add_test(NAME interop.tokenizers
         COMMAND ${interop_python} ${CMAKE_CURRENT_SOURCE_DIR}/interop/compare_tokenizers.py
                 --program $<TARGET_FILE:encode_file> --data ${trilith_data}
                 --work ${CMAKE_CURRENT_BINARY_DIR}/compare_tokenizers --share 16)
set_tests_properties(interop.tokenizers PROPERTIES SKIP_RETURN_CODE 77 LABELS interop)
trilith_interop_test(gguf gguf_package.py gguf_roundtrip)
trilith_interop_test(llama_cpp llama_cpp_compare.py random_bitnet)
foreach(package gguf transformers tokenizers)
  add_test(NAME interop.convert_${package}
           COMMAND ${interop_python} ${CMAKE_CURRENT_SOURCE_DIR}/interop/convert_${package}.py
                   $<TARGET_FILE_DIR:encode_file>/../examples/convert
           WORKING_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
  set_tests_properties(interop.convert_${package} PROPERTIES SKIP_RETURN_CODE 77 LABELS interop)
endforeach()

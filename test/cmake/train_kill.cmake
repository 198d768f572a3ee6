# A training program is killed fifty times, and interrupted twenty times, and must end as if it had
# not been. The same script tests any other program that trains: test/train_kill.py --help.
if(NOT TARGET trilith_catch)
  return()
endif()
add_executable(train_tiny kill/train_tiny.cpp)
target_link_libraries(train_tiny PRIVATE trilith_test trilith_catch)
foreach(way "kill KILL 50" "interrupt INT 20")
  separate_arguments(way)
  list(GET way 0 name)
  list(GET way 1 signal)
  list(GET way 2 times)
  add_test(NAME train.${name}
           COMMAND ${TRILITH_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/train_kill.py --signal ${signal}
                   --kills ${times} --work ${CMAKE_CURRENT_BINARY_DIR} $<TARGET_FILE:train_tiny>)
  set_tests_properties(train.${name} PROPERTIES SKIP_RETURN_CODE 77 LABELS unit PROCESSORS 2
                       TIMEOUT 300)
endforeach()

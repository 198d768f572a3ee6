# A training program is killed fifty times and must end as if it had not been. The same script tests
# any other program that trains: test/train_kill.py --help.
if(NOT TARGET trilith_catch)
  return()
endif()
add_executable(train_tiny kill/train_tiny.cpp)
target_link_libraries(train_tiny PRIVATE trilith_test trilith_catch)
add_test(NAME train.kill
         COMMAND ${TRILITH_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/train_kill.py
                 --work ${CMAKE_CURRENT_BINARY_DIR} $<TARGET_FILE:train_tiny>)
set_tests_properties(train.kill PROPERTIES SKIP_RETURN_CODE 77 LABELS unit PROCESSORS 2
                     TIMEOUT 300)

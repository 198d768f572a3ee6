#ifndef TRILITH_TEST_RUN_TESTS_HPP
#define TRILITH_TEST_RUN_TESTS_HPP

namespace test {

/// How often data_file() did not find its file.
inline int absent_files = 0;

/// The tests that the arguments choose. Returns what main() returns.
int run_tests(int argc, char** argv);

}  // namespace test

#endif

#include "run_tests.hpp"

int main(int argc, char** argv) {
  return test::run_tests(argc, argv);
}

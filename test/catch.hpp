#ifndef TRILITH_TEST_CATCH_HPP
#define TRILITH_TEST_CATCH_HPP

// Catch2, version 2 (one header) or 3 (a compiled library).
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;
namespace Catch {  // version 2's names of these matchers
using Matchers::StartsWith;
inline Matchers::StringContainsMatcher Contains(const std::string& part) {
  return Matchers::ContainsSubstring(part);
}
}  // namespace Catch
#else
#include <catch2/catch.hpp>
#endif

#endif

# The package holds no compiled code: headers, eleven .cpp files and the CMake and pkg-config files.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(trilith_package_dir ${CMAKE_INSTALL_DATADIR}/cmake/trilith)
set(TRILITH_INCLUDE_DIR ${CMAKE_INSTALL_INCLUDEDIR})
configure_package_config_file(cmake/trilithConfig.cmake.in trilithConfig.cmake
  INSTALL_DESTINATION ${trilith_package_dir} PATH_VARS TRILITH_INCLUDE_DIR)
write_basic_package_version_file(trilithConfigVersion.cmake
  COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
configure_file(cmake/trilith.pc.in trilith.pc @ONLY)

install(DIRECTORY include/trilith DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.hpp")
install(FILES cmake/trilithTargets.cmake cmake/kernels.cpp cmake/row_kernels.cpp
              cmake/gradient_kernels.cpp cmake/runtime.cpp cmake/text.cpp
              cmake/load.cpp cmake/train_data.cpp
              cmake/train_vocabulary.cpp cmake/trainer.cpp cmake/families.cpp cmake/svd.cpp
              ${CMAKE_CURRENT_BINARY_DIR}/trilithConfig.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/trilithConfigVersion.cmake
        DESTINATION ${trilith_package_dir})
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/trilith.pc
        DESTINATION ${CMAKE_INSTALL_DATADIR}/pkgconfig)

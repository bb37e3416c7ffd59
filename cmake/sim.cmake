# SPDX-License-Identifier: MIT
# nv_sim, the simulated loop: virtual time and byte streams, in place of the backend that makes
# system calls. For the tests and the fuzzers.

include_guard(GLOBAL)

file(GLOB sim CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/sim/*.c)
file(GLOB net CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/net/*.c)
list(FILTER net EXCLUDE REGEX ${any_backend})
list(FILTER net EXCLUDE REGEX ${other_system})
# A file of sim/ replaces the one of src/net/ that has its name, and what is behind that by system.
foreach(source ${sim})
	cmake_path(GET source STEM replaced)
	list(FILTER net EXCLUDE REGEX "/${replaced}(_posix|_windows)?\\.c$")
endforeach()
nv_objects(nv_sim_objects ${sim} ${net})
target_include_directories(nv_sim_objects PRIVATE ${CMAKE_SOURCE_DIR}/tests)
target_link_libraries(nv_sim_objects PRIVATE PkgConfig::openssl)
add_library(nv_sim STATIC EXCLUDE_FROM_ALL $<TARGET_OBJECTS:nv_sim_objects>)
set_target_properties(nv_sim_objects PROPERTIES EXCLUDE_FROM_ALL ON)
target_link_libraries(nv_sim PRIVATE PkgConfig::openssl ${system_libraries})

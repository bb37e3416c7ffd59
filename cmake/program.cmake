# SPDX-License-Identifier: MIT
# The program. It carries every file of web/.

file(GLOB_RECURSE app_sources CONFIGURE_DEPENDS apps/navette/*.c)
file(GLOB_RECURSE web_files RELATIVE ${CMAKE_SOURCE_DIR}/web CONFIGURE_DEPENDS web/*)
list(TRANSFORM web_files PREPEND web/ OUTPUT_VARIABLE web_paths)
set(embedded ${CMAKE_BINARY_DIR}/web_files.c)
add_custom_command(
	OUTPUT ${embedded}
	COMMAND ${CMAKE_COMMAND} -D root=${CMAKE_SOURCE_DIR}/web -D "paths=${web_files}"
		-D output=${embedded} -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
	DEPENDS ${web_paths} cmake/embed.cmake
	VERBATIM)
list(FILTER app_sources EXCLUDE REGEX "/main\\.c$")
list(FILTER app_sources EXCLUDE REGEX ${other_system})
add_library(navette_app OBJECT ${app_sources} ${embedded})
target_include_directories(navette_app PUBLIC apps/navette include)
target_link_libraries(navette_app PUBLIC
	PkgConfig::jansson PkgConfig::libconfuse PkgConfig::libedit PkgConfig::libjwt
	PkgConfig::openssl Threads::Threads)
add_executable(navette apps/navette/main.c)
target_link_libraries(navette PRIVATE navette_app navette_static)

# SPDX-License-Identifier: MIT
# Each folder of bench/ is a program, and has the files beside it; "benchmarks" builds all.

file(GLOB shared CONFIGURE_DEPENDS bench/*.c)
add_library(bench_shared OBJECT EXCLUDE_FROM_ALL ${shared})
target_link_libraries(bench_shared PRIVATE PkgConfig::openssl)
add_custom_target(benchmarks)
foreach(name identity limit load)
	file(GLOB sources CONFIGURE_DEPENDS bench/${name}/*.c)
	add_executable(bench_${name} EXCLUDE_FROM_ALL ${sources} $<TARGET_OBJECTS:bench_shared>)
	set_target_properties(bench_${name} PROPERTIES
		OUTPUT_NAME ${name}
		RUNTIME_OUTPUT_DIRECTORY bench)
	target_include_directories(bench_${name} PRIVATE bench)
	target_link_libraries(bench_${name} PRIVATE PkgConfig::openssl)
	add_dependencies(benchmarks bench_${name})
endforeach()

# SPDX-License-Identifier: MIT
# Each bench/bench_NOUN.c is a program on the library; "benchmarks" builds them all.

add_custom_target(benchmarks)
file(GLOB sources CONFIGURE_DEPENDS bench/bench_*.c)
foreach(source ${sources})
	cmake_path(GET source STEM name)
	add_executable(${name} EXCLUDE_FROM_ALL ${source})
	set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY bench)
	target_link_libraries(${name} PRIVATE navette_static)
	add_dependencies(benchmarks ${name})
endforeach()

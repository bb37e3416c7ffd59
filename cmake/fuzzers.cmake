# SPDX-License-Identifier: MIT
# Each fuzz/fuzz_NOUN.c is a libFuzzer target on all layers; "fuzzers" builds them all.

add_custom_target(fuzzers)
file(GLOB sources CONFIGURE_DEPENDS fuzz/fuzz_*.c)
foreach(source ${sources})
	cmake_path(GET source STEM name)
	add_executable(${name} EXCLUDE_FROM_ALL ${source})
	set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY fuzz)
	target_include_directories(${name} PRIVATE include src)
	target_link_options(${name} PRIVATE -fsanitize=fuzzer)
	target_link_libraries(${name} PRIVATE nv_ws nv_net nv_proto nv_base Threads::Threads)
	add_dependencies(fuzzers ${name})
endforeach()

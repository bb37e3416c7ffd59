# SPDX-License-Identifier: MIT
# Each fuzz/fuzz_NOUN.c is a libFuzzer target on all layers; "fuzzers" builds them all. The other
# files of fuzz/ are what they share. One that includes sim/sim.h runs over virtual time.

include(cmake/sim.cmake)
file(GLOB shared CONFIGURE_DEPENDS fuzz/*.c tests/model/*.c)
list(FILTER shared EXCLUDE REGEX "/fuzz_[^/]*$|/(stream_maker|deflated).c$")
nv_objects(nv_fuzz_shared ${shared})
target_include_directories(nv_fuzz_shared PRIVATE tests)
set_target_properties(nv_fuzz_shared PROPERTIES EXCLUDE_FROM_ALL ON)
# What it covers of the simulation tells a fuzzer nothing, and costs most of its time.
set_source_files_properties(${sim} PROPERTIES COMPILE_OPTIONS -fno-sanitize=fuzzer-no-link)

add_custom_target(fuzzers)
file(GLOB sources CONFIGURE_DEPENDS fuzz/fuzz_*.c)
foreach(source ${sources})
	cmake_path(GET source STEM name)
	file(STRINGS ${source} simulated REGEX "#include \"sim/sim.h\"")
	set(net $<IF:$<BOOL:${simulated}>,nv_sim,nv_net>)
	add_executable(${name} EXCLUDE_FROM_ALL ${source} $<TARGET_OBJECTS:nv_fuzz_shared>)
	set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY fuzz)
	target_include_directories(${name} PRIVATE include src tests)
	target_link_options(${name} PRIVATE -fsanitize=fuzzer)
	target_link_libraries(${name} PRIVATE nv_ws ${net} nv_proto nv_base Threads::Threads)
	add_dependencies(fuzzers ${name})
endforeach()

# Of the program, what reads tokens; it stands on the public headers.
file(GLOB token_sources CONFIGURE_DEPENDS apps/navette/serve/jwt*.c apps/navette/text/*.c)
target_sources(fuzz_token PRIVATE ${token_sources} apps/navette/secret_file.c
	apps/navette/serve/nickname.c apps/navette/serve/token_file.c)
target_include_directories(fuzz_token PRIVATE apps/navette)
target_link_libraries(fuzz_token PRIVATE PkgConfig::jansson PkgConfig::libjwt PkgConfig::openssl)

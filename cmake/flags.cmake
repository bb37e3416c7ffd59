# SPDX-License-Identifier: MIT
# The language, the warnings, and the sanitizers or else the hardening of the whole build.

include(CheckCCompilerFlag)
include(CheckLinkerFlag)
include(CheckPIESupported)

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
check_pie_supported(LANGUAGES C)

if(NOT CMAKE_BUILD_TYPE)
	set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()
# No -DNDEBUG: asserts stay on in what is installed.
set(CMAKE_C_FLAGS_DEBUG "-O0 -g")
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g")

# Empty, so that a file may still say "#define _GNU_SOURCE" itself.
add_compile_definitions(_GNU_SOURCE=)
if(WIN32)
	# Windows 10; of windows.h the small part; printf as in C11, and gmtime_r.
	add_compile_definitions(_WIN32_WINNT=0x0A00 WIN32_LEAN_AND_MEAN NOMINMAX
		__USE_MINGW_ANSI_STDIO=1 _POSIX_THREAD_SAFE_FUNCTIONS)
endif()
add_compile_options(
	-Wall -Wextra -Wconversion -Wsign-conversion -Wshadow
	-Wstrict-prototypes -Wmissing-prototypes
	-fno-strict-aliasing
	-fmacro-prefix-map=${CMAKE_SOURCE_DIR}/=)
if(NAVETTE_WERROR)
	add_compile_options(-Werror)
endif()

# Add each flag that the compiler takes; one that takes a few of them only is no error.
function(nv_compile_options)
	foreach(flag ${ARGN})
		string(MAKE_C_IDENTIFIER "NV_CC${flag}" known)
		check_c_compiler_flag("${flag}" ${known})
		if(${known})
			add_compile_options(${flag})
		endif()
	endforeach()
endfunction()

function(nv_link_options)
	foreach(flag ${ARGN})
		string(MAKE_C_IDENTIFIER "NV_LD${flag}" known)
		check_linker_flag(C "${flag}" ${known})
		if(${known})
			add_link_options(${flag})
		endif()
	endforeach()
endfunction()

set(CMAKE_REQUIRED_QUIET ON)
if(NAVETTE_COVERAGE)
	add_compile_options(-fprofile-instr-generate -fcoverage-mapping)
	add_link_options(-fprofile-instr-generate)
endif()
if(NAVETTE_SANITIZE)
	# -O1 keeps the stacks of a report readable.
	set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O1 -g")
	add_compile_options(
		-fsanitize=${NAVETTE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
	add_link_options(-fsanitize=${NAVETTE_SANITIZE})
elseif(NOT CMAKE_BUILD_TYPE STREQUAL Debug)
	add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
	nv_compile_options(
		-fstack-protector-strong -fcf-protection
		-ftrivial-auto-var-init=zero -fstrict-flex-arrays=3)
	if(WIN32)
		add_link_options(-fstack-protector-strong) # a library of its own
	else() # Windows touches each page of the stack anyway, and GCC 12 fails over it there
		nv_compile_options(-fstack-clash-protection)
	endif()
	nv_link_options(-Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
endif()

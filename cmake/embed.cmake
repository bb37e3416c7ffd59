# SPDX-License-Identifier: MIT
#
# Write a C file that holds files of a folder, as declared in serve/web_file.h.
# usage: cmake -D root=FOLDER -D "paths=FILE;..." -D output=FILE -P embed.cmake

set(type_html "text/html; charset=utf-8")
set(type_css "text/css; charset=utf-8")
set(type_js "text/javascript; charset=utf-8")
set(type_mjs "text/javascript; charset=utf-8")
set(type_txt "text/plain; charset=utf-8")
set(type_json "application/json; charset=utf-8")
set(type_webmanifest "application/manifest+json; charset=utf-8")
set(type_svg "image/svg+xml; charset=utf-8")
set(type_png "image/png")
set(type_ico "image/x-icon")
set(type_woff2 "font/woff2")

list(SORT paths)
set(arrays "")
set(table "")
set(count 0)
foreach(path ${paths})
	file(SIZE ${root}/${path} size)
	file(READ ${root}/${path} hex HEX)
	string(REGEX REPLACE "(................................)" "\\1\n\t" hex "${hex}")
	string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")

	string(REGEX MATCH "[^.]*$" extension "${path}")
	set(type "application/octet-stream")
	if(DEFINED type_${extension})
		set(type "${type_${extension}}")
	endif()

	# The zero at the end lets a file be empty.
	string(APPEND arrays "static const unsigned char data_${count}[] = {\n\t${bytes}0\n};\n\n")
	string(APPEND table "\t{ \"${path}\", \"${type}\", data_${count}, ${size} },\n")
	math(EXPR count "${count} + 1")
endforeach()

file(WRITE ${output} "/* Generated from web/ by cmake/embed.cmake. */
#include \"serve/web_file.h\"

${arrays}const struct web_file web_files[] = {
${table}\t{ NULL, NULL, NULL, 0 },
};
const size_t web_file_count = ${count};
")

# SPDX-License-Identifier: MIT
# What "make install" copies. Files that name a place are written when the prefix is known: then.

file(RELATIVE_PATH prefix_from_pc
	${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
set(private_libraries -pthread)
if(WIN32)
	list(TRANSFORM system_libraries PREPEND -l OUTPUT_VARIABLE private_libraries)
	list(JOIN private_libraries " " private_libraries)
	string(APPEND private_libraries " -lssp")
endif()
configure_file(cmake/navette.pc.in navette.pc @ONLY)

install(TARGETS navette_static navette_shared)
install(DIRECTORY include/navette TYPE INCLUDE FILES_MATCHING PATTERN "*.h")
install(FILES ${CMAKE_BINARY_DIR}/navette.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
if(NOT NAVETTE_PROGRAM)
	return()
endif()

install(TARGETS navette)
install(FILES docs/navette.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
# Beside README.md as in the sources: its links, and "see docs/troubleshooting.md", lead somewhere.
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR}
	FILES_MATCHING PATTERN "*.md" PATTERN "*.png")
install(FILES LICENSE README.md packaging/navette.conf DESTINATION ${CMAKE_INSTALL_DOCDIR})

install(CODE "
	set(bindir \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}\")
	configure_file(\"${CMAKE_SOURCE_DIR}/packaging/systemd/navette.service.in\"
		\"${CMAKE_BINARY_DIR}/navette.service\" @ONLY)")
install(FILES ${CMAKE_BINARY_DIR}/navette.service packaging/systemd/navette.socket
	DESTINATION lib/systemd/system)

/* SPDX-License-Identifier: MIT */
/* tls_file_windows.c: files of Windows; a number is one of GetLastError. */
#include "net/tls_file.h"

#include <stdio.h>
#include <windows.h>

#include "base/alloc.h"

/* NULL: it is no UTF-8, or there is no memory. */
static WCHAR *wide_of(const char *path)
{
	const int len = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, NULL, 0);
	WCHAR *wide = len > 0 ? nv_alloc((size_t)len * sizeof *wide) : NULL;

	if (wide)
		MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, wide, len);
	return wide;
}

/* Others may write, replace or delete it meanwhile. The flag lets folders be opened, so that they can be told
 * from what this user may not read. */
static int open_for(const char *path, DWORD access, intptr_t *file)
{
	WCHAR *wide = wide_of(path);
	HANDLE handle;

	if (!wide)
		return ERROR_INVALID_NAME;
	handle = CreateFileW(wide, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
	                     NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
	nv_free(wide);
	*file = (intptr_t)handle;
	return handle == INVALID_HANDLE_VALUE ? (int)GetLastError() : 0;
}

static uint64_t both(uint32_t high, uint32_t low)
{
	return (uint64_t)high << 32 | low;
}

int nv_tls_file_stamp(intptr_t file, struct nv_tls_stamp *stamp)
{
	const HANDLE handle = (HANDLE)file;
	BY_HANDLE_FILE_INFORMATION info;
	FILE_BASIC_INFO times;

	*stamp = (struct nv_tls_stamp){ .kind = NV_TLS_FILE_OTHER };
	if (GetFileType(handle) != FILE_TYPE_DISK)
		return 0;
	if (!GetFileInformationByHandle(handle, &info) ||
	    !GetFileInformationByHandleEx(handle, FileBasicInfo, &times, sizeof times))
		return (int)GetLastError();
	stamp->kind = info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY ? NV_TLS_FILE_FOLDER
	                                                               : NV_TLS_FILE_REGULAR;
	stamp->device = info.dwVolumeSerialNumber;
	stamp->number = both(info.nFileIndexHigh, info.nFileIndexLow);
	stamp->size = both(info.nFileSizeHigh, info.nFileSizeLow);
	stamp->written = (uint64_t)times.LastWriteTime.QuadPart;
	stamp->changed = (uint64_t)times.ChangeTime.QuadPart;
	return 0;
}

int nv_tls_file_stamp_at(const char *path, struct nv_tls_stamp *stamp)
{
	intptr_t file;
	int number = open_for(path, FILE_READ_ATTRIBUTES, &file);

	if (number)
		return number;
	number = nv_tls_file_stamp(file, stamp);
	nv_tls_file_close(file);
	return number;
}

int nv_tls_file_open(const char *path, intptr_t *file)
{
	return open_for(path, GENERIC_READ, file);
}

void nv_tls_file_close(intptr_t file)
{
	CloseHandle((HANDLE)file);
}

int nv_tls_file_read(intptr_t file, void *to, size_t size, size_t *got)
{
	const DWORD most = size < UINT32_MAX ? (DWORD)size : UINT32_MAX;
	DWORD len = 0;
	const BOOL read = ReadFile((HANDLE)file, to, most, &len, NULL);

	*got = len;
	return read ? 0 : (int)GetLastError();
}

const char *nv_tls_file_problem(int number, char room[NV_TLS_FILE_PROBLEM])
{
	switch (number) {
	case ERROR_FILE_NOT_FOUND:
	case ERROR_PATH_NOT_FOUND:
	case ERROR_INVALID_NAME:
	case ERROR_BAD_NETPATH:
		return "there is no such file";
	case ERROR_ACCESS_DENIED:
	case ERROR_SHARING_VIOLATION:
		return "this user may not read it";
	default:
		snprintf(room, NV_TLS_FILE_PROBLEM, "it cannot be read (error %d)", number);
		return room;
	}
}

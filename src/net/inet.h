/* SPDX-License-Identifier: MIT */
/* inet.h: the system's headers of internet addresses and sockets, for the files that need them. */
#ifndef NET_INET_H
#define NET_INET_H

#if defined(_WIN32)
#include <winsock2.h>
#include <ws2tcpip.h>
/* Need winsock2.h. */
#include <iphlpapi.h>
#else
#include <arpa/inet.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#endif

#endif

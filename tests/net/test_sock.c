/* SPDX-License-Identifier: MIT */
/* test_sock.c: listening sockets, their options, and the system's errors by our names. */
#include "net/sock.h"

#include <fcntl.h>
#include <netinet/tcp.h>

#include "net/wire.h"

static struct nv_address address_of(const char *text, uint16_t port)
{
	struct nv_address address;

	assert_true(nv_address_parse(text, port, &address));
	return address;
}

static int get_option(int fd, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	assert_int_equal(getsockopt(fd, level, name, &value, &len), 0);
	return value;
}

static bool has_ipv6(void)
{
	struct nv_address address = address_of("::1", 0);
	int fd = nv_sock_listen(&address);

	if (fd >= 0)
		nv_sock_close(fd);
	return fd >= 0;
}

static void port_0_takes_a_free_one(void **state)
{
	struct nv_address one = address_of("127.0.0.1", 0);
	struct nv_address two = address_of("127.0.0.1", 0);
	int first = nv_sock_listen(&one);
	int second = nv_sock_listen(&two);

	assert_true(first >= 0 && second >= 0);
	assert_true(one.port != 0 && two.port != 0 && one.port != two.port);
	assert_true(nv_address_is_v4(&one));
	assert_true(nv_address_is_loopback(&one));
	nv_sock_close(first);
	nv_sock_close(second);
}

static void a_port_in_use_is_an_error(void **state)
{
	struct nv_address address = address_of("127.0.0.1", 0);
	int fd = nv_sock_listen(&address);

	assert_true(fd >= 0);
	assert_int_equal(nv_sock_listen(&address), NV_ERR_IN_USE);
	nv_sock_close(fd);
	fd = nv_sock_listen(&address);
	assert_true(fd >= 0);
	nv_sock_close(fd);
}

static int accept_soon(int listener, struct nv_address *peer)
{
	struct pollfd ready = { .fd = listener, .events = POLLIN };

	assert_int_equal(poll(&ready, 1, 10000), 1);
	return nv_sock_accept(listener, peer);
}

/* The server closes first, and its connection lingers in the system on the same port. */
static void a_server_may_be_restarted_at_once(void **state)
{
	struct nv_address address = address_of("127.0.0.1", 0);
	struct nv_address peer;
	int listener = nv_sock_listen(&address);
	struct pollfd client = { .events = POLLIN };

	client.fd = nv_sock_connect(&address);
	nv_sock_close(accept_soon(listener, &peer));
	nv_sock_close(listener);
	assert_int_equal(poll(&client, 1, 10000), 1);
	nv_sock_close(client.fd);
	listener = nv_sock_listen(&address);
	assert_true(listener >= 0);
	nv_sock_close(listener);
}

/* Without its zone a link-local address would be no address at all, which is another error. */
static void the_zone_goes_to_the_system(void **state)
{
	struct nv_address address = address_of("fe80::1%lo", 0);

	if (!has_ipv6())
		skip();
	assert_int_equal(nv_sock_listen(&address), NV_ERR_ADDRESS);
}

/* Bound to the port that it connects to, a socket meets itself. */
static void assert_meets_itself(const char *ip)
{
	struct sockaddr_storage any;
	socklen_t len = sizeof(any);
	struct nv_address address = address_of(ip, 0);
	int fd = nv_sock_listen(&address);

	assert_true(fd >= 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&any, &len), 0);
	nv_sock_close(fd);
	fd = socket(any.ss_family, SOCK_STREAM, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&any, len), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&any, len), 0);
	assert_int_equal(nv_sock_error(fd), NV_ERR_REFUSED);
	nv_sock_close(fd);
}

static void who_meets_itself_was_refused(void **state)
{
	struct nv_address address = address_of("127.0.0.1", 0);
	int listener = nv_sock_listen(&address);
	struct pollfd client = { .events = POLLOUT };

	assert_meets_itself("127.0.0.1");
	if (has_ipv6())
		assert_meets_itself("::1");
	/* The same address with another port is somebody else. */
	client.fd = nv_sock_connect(&address);
	assert_int_equal(poll(&client, 1, 10000), 1);
	assert_int_equal(nv_sock_error(client.fd), 0);
	nv_sock_close(client.fd);
	nv_sock_close(listener);
}

static void another_machines_address_is_an_error(void **state)
{
	struct nv_address address = address_of("192.0.2.1", 0);

	assert_int_equal(nv_sock_listen(&address), NV_ERR_ADDRESS);
}

static void ipv6_leaves_the_port_to_ipv4(void **state)
{
	struct nv_address six = address_of("::1", 0);
	struct nv_address four;
	int first;
	int second;

	if (!has_ipv6())
		skip();
	first = nv_sock_listen(&six);
	four = address_of("127.0.0.1", six.port);
	second = nv_sock_listen(&four);
	assert_true(first >= 0 && second >= 0);
	assert_int_equal(get_option(first, IPPROTO_IPV6, IPV6_V6ONLY), 1);
	nv_sock_close(first);
	nv_sock_close(second);
}

static void everything_takes_both_families(void **state)
{
	struct nv_address all = address_of("::", 0);
	struct nv_address to;
	struct nv_address peer;
	int listener;
	int client;
	int server;

	if (!has_ipv6())
		skip();
	listener = nv_sock_listen(&all);
	assert_true(listener >= 0);
	to = address_of("127.0.0.1", all.port);
	client = nv_sock_connect(&to);
	assert_true(client >= 0);
	server = accept_soon(listener, &peer);
	assert_true(server >= 0);
	assert_true(nv_address_is_v4(&peer));
	assert_true(nv_address_is_loopback(&peer));
	assert_true(peer.port != 0);
	nv_sock_close(server);
	nv_sock_close(client);
	nv_sock_close(listener);
}

static void assert_tuned(int fd)
{
	assert_int_equal(get_option(fd, IPPROTO_TCP, TCP_NODELAY), 1);
	assert_int_equal(get_option(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
	assert_int_equal(get_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 30000);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

/* The listener is tuned once; what it accepts inherits that, without a system call each. */
static void accepted_and_connecting_sockets_are_tuned(void **state)
{
	struct nv_address address = address_of("127.0.0.1", 0);
	struct nv_address peer;
	int listener = nv_sock_listen(&address);
	int client;
	int server;

	nv_sock_tune(listener);
	assert_int_equal(nv_sock_accept(listener, &peer), NV_ERR_NOT_FOUND);
	client = nv_sock_connect(&address);
	assert_true(client >= 0);
	server = accept_soon(listener, &peer);
	assert_true(server >= 0);
	assert_tuned(listener);
	assert_tuned(client);
	assert_tuned(server);
	assert_int_equal(nv_sock_error(client), 0);
	nv_sock_close(server);
	nv_sock_close(client);
	nv_sock_close(listener);
}

static void a_refusal_is_told_once(void **state)
{
	struct nv_address address = address_of("127.0.0.1", 0);
	struct pollfd ready = { .events = POLLOUT };
	int listener = nv_sock_listen(&address);

	nv_sock_close(listener);
	ready.fd = nv_sock_connect(&address);
	assert_true(ready.fd >= 0);
	assert_int_equal(poll(&ready, 1, 10000), 1);
	assert_int_equal(nv_sock_error(ready.fd), NV_ERR_REFUSED);
	assert_int_equal(nv_sock_error(ready.fd), 0);
	nv_sock_close(ready.fd);
	assert_int_equal(nv_sock_error(ready.fd), NV_ERR_SYSTEM);
}

static void addresses_of_other_families_are_none(void **state)
{
	const struct sockaddr other = { .sa_family = AF_UNIX };
	const struct nv_address zeros = { 0 };
	struct nv_address address;

	assert_false(nv_sock_address(&other, &address));
	assert_memory_equal(&address, &zeros, sizeof(address));
}

static void a_zone_is_kept(void **state)
{
	struct sockaddr_in6 from = { .sin6_family = AF_INET6, .sin6_scope_id = 3 };
	struct nv_address address;

	from.sin6_port = htons(80);
	assert_true(nv_sock_address((const struct sockaddr *)&from, &address));
	assert_int_equal(address.scope, 3);
	assert_int_equal(address.port, 80);
	from.sin6_scope_id = 65536;
	assert_true(nv_sock_address((const struct sockaddr *)&from, &address));
	assert_int_equal(address.scope, 0);
}

static void errors_have_our_names(void **state)
{
	static const struct {
		int number;
		int error;
	} names[] = {
		{ EADDRINUSE, NV_ERR_IN_USE },
		{ EACCES, NV_ERR_PERMISSION },
		{ EPERM, NV_ERR_PERMISSION },
		{ EADDRNOTAVAIL, NV_ERR_ADDRESS },
		{ EAFNOSUPPORT, NV_ERR_UNSUPPORTED },
		{ ECONNREFUSED, NV_ERR_REFUSED },
		{ EHOSTUNREACH, NV_ERR_UNREACHABLE },
		{ ENETUNREACH, NV_ERR_UNREACHABLE },
		{ ENETDOWN, NV_ERR_UNREACHABLE },
		{ ECONNRESET, NV_ERR_RESET },
		{ EPIPE, NV_ERR_RESET },
		{ ENOTCONN, NV_ERR_RESET },
		{ ETIMEDOUT, NV_ERR_TIMEOUT },
		{ EMFILE, NV_ERR_LIMIT },
		{ ENFILE, NV_ERR_LIMIT },
		{ ENOMEM, NV_ERR_NOMEM },
		{ ENOBUFS, NV_ERR_NOMEM },
		{ EBADF, NV_ERR_SYSTEM },
		{ 0, NV_ERR_SYSTEM },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(nv_sock_error_of(names[i].number), names[i].error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(port_0_takes_a_free_one),
		cmocka_unit_test(a_port_in_use_is_an_error),
		cmocka_unit_test(a_server_may_be_restarted_at_once),
		cmocka_unit_test(the_zone_goes_to_the_system),
		cmocka_unit_test(who_meets_itself_was_refused),
		cmocka_unit_test(another_machines_address_is_an_error),
		cmocka_unit_test(ipv6_leaves_the_port_to_ipv4),
		cmocka_unit_test(everything_takes_both_families),
		cmocka_unit_test(accepted_and_connecting_sockets_are_tuned),
		cmocka_unit_test(a_refusal_is_told_once),
		cmocka_unit_test(addresses_of_other_families_are_none),
		cmocka_unit_test(a_zone_is_kept),
		cmocka_unit_test(errors_have_our_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* sender.c: a client that comes back, and threads that send numbered messages through it as fast as it takes
 * them. It is told on standard input what to do, and answers each line with the account as JSON:
 *
 *     account
 *     finish     the threads stop, and the client closes when all has left
 *
 * usage: sender [NAME=NUMBER]...    port, delivery, overflow, max_waiting, size of a message, and burst: after
 *                                   so many a thread rests for a millisecond, and whenever it is refused */
#include <navette/navette.h>

#include <err.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "load/arguments.h"
#include "load/tally.h"

#define SIZE_MAX_SENT 65536u
#define BREATH_NS 1000000

static struct nv_client *client;
static uint32_t size = 64;
static uint32_t burst = 100;
static atomic_uint opened;
static atomic_bool stopping;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool ended;

struct sender {
	pthread_t id;
	uint32_t thread;
	_Atomic uint32_t taken; /* the number of the next message */
};

static struct sender senders[TALLY_THREADS];

/* --- The client --- */

static void on_open(struct nv_conn *conn)
{
	(void)conn;
	atomic_fetch_add(&opened, 1);
}

static void on_state(struct nv_client *which, void *user, enum nv_client_state state)
{
	(void)which;
	(void)user;
	if (state != NV_CLIENT_ENDED)
		return;
	pthread_mutex_lock(&mutex);
	ended = true;
	pthread_cond_signal(&changed);
	pthread_mutex_unlock(&mutex);
}

/* --- The threads --- */

static void *send_all(void *context)
{
	static const struct timespec breath = { .tv_nsec = BREATH_NS };
	struct sender *sender = context;
	struct tally_number number = { sender->thread, 0 };
	uint8_t message[SIZE_MAX_SENT] = { 0 };

	while (!atomic_load(&stopping) && number.number < TALLY_NUMBERS) {
		int error;

		memcpy(message, &number, sizeof number);
		error = nv_client_send(client, NV_BINARY, (struct nv_bytes){ message, size });
		if (error < 0 && error != NV_ERR_FULL)
			errx(1, "nv_client_send: %s", nv_strerror(error));
		if (error == 0)
			atomic_store(&sender->taken, ++number.number);
		if (error < 0 || number.number % burst == 0)
			nanosleep(&breath, NULL);
	}
	return NULL;
}

static void start_threads(void)
{
	for (uint32_t i = 0; i < TALLY_THREADS; i++) {
		senders[i].thread = i;
		if (pthread_create(&senders[i].id, NULL, send_all, &senders[i]) != 0)
			errx(1, "no thread");
	}
}

static void finish(void)
{
	atomic_store(&stopping, true);
	for (size_t i = 0; i < TALLY_THREADS; i++)
		pthread_join(senders[i].id, NULL);
	if (nv_client_close(client, NV_STATUS_NORMAL, NULL) < 0)
		errx(1, "the client has ended before");
	pthread_mutex_lock(&mutex);
	while (!ended)
		pthread_cond_wait(&changed, &mutex);
	pthread_mutex_unlock(&mutex);
}

/* --- Commands --- */

static void print_account(void)
{
	struct nv_account account;

	nv_client_account(client, &account);
	printf("{\"opened\": %u, \"taken\": %" PRIu64 ", \"waiting\": %" PRIu64
	       ", \"sent\": %" PRIu64 ", \"dropped\": %" PRIu64 ", \"confirmed\": %" PRIu64
	       ", \"uncertain\": %" PRIu64 ", \"numbers\": [",
	       atomic_load(&opened), account.taken, account.waiting, account.sent, account.dropped,
	       account.confirmed, account.uncertain);
	for (size_t i = 0; i < TALLY_THREADS; i++)
		printf("%s%" PRIu32, i ? ", " : "", atomic_load(&senders[i].taken));
	printf("]}\n");
	fflush(stdout);
}

static void obey(void)
{
	char line[64];

	while (fgets(line, sizeof line, stdin)) {
		if (strcmp(line, "finish\n") == 0)
			finish();
		else if (strcmp(line, "account\n") != 0)
			errx(1, "not understood: %s", line);
		print_account();
	}
}

int main(int argc, char **argv)
{
	struct nv_client_options options = {
		.reconnect = true, .retry_min_ms = 50, .retry_max_ms = 200, .on_state = on_state
	};
	const struct nv_handlers handlers = { .on_open = on_open };
	uint32_t port = 0;
	uint32_t delivery = NV_AT_MOST_ONCE;
	uint32_t overflow = NV_REFUSE;
	const struct load_argument table[] = {
		{ "port", &port },         { "delivery", &delivery },
		{ "overflow", &overflow }, { "size", &size },
		{ "burst", &burst },       { "max_waiting", &options.max_waiting },
	};
	char url[64];

	(void)argc;
	load_arguments_read(table, sizeof table / sizeof *table, argv + 1);
	if (size < sizeof(struct tally_number) || size > SIZE_MAX_SENT || burst == 0)
		errx(2, "no such size or burst");
	options.delivery = (enum nv_delivery)delivery;
	options.overflow = (enum nv_overflow)overflow;
	options.max_waiting_bytes = NV_OFF;
	snprintf(url, sizeof url, "ws://127.0.0.1:%u/", (unsigned)port);
	client = nv_client_new(NULL, url, &handlers, &options);
	if (!client)
		errx(1, "no client");
	start_threads();
	obey();
	nv_client_free(client);
	return 0;
}

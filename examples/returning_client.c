/* SPDX-License-Identifier: MIT */
/* returning_client.c: `returning_client [URL]` sends each line of its input, through a client that has
 * a thread of its own and comes back when the connection breaks. Lines typed meanwhile wait. */
#include <navette/navette.h>
#include <semaphore.h>
#include <stdio.h>

static sem_t settled; /* open, or ended */

/* These run on the client's thread. */

static void on_message(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	(void)conn;
	if (opcode == NV_TEXT)
		printf("%.*s\n", (int)message.len, message.data);
}

/* Here one could say retry->again = false, or another delay. */
static void on_retry(struct nv_client *client, void *user, struct nv_retry *retry)
{
	(void)client;
	(void)user;
	fprintf(stderr, "returning_client: %s",
	        retry->failure ? retry->failure->text : nv_cause_text(retry->close->cause));
	if (retry->again)
		fprintf(stderr, "; try %u in %u ms", retry->tries + 1, retry->delay_ms);
	fprintf(stderr, "\n");
}

static void on_state(struct nv_client *client, void *user, enum nv_client_state state)
{
	(void)client;
	(void)user;
	if (state == NV_CLIENT_OPEN)
		fprintf(stderr, "returning_client: connected\n");
	if (state == NV_CLIENT_OPEN || state == NV_CLIENT_ENDED)
		sem_post(&settled);
}

int main(int argc, char **argv)
{
	const char *url = argc > 1 ? argv[1] : "ws://localhost:8080/ws";
	const struct nv_handlers handlers = { .on_message = on_message };
	const struct nv_client_options options = {
		.reconnect = true,
		.delivery = NV_AT_LEAST_ONCE, /* what was on its way when it broke goes again */
		.on_retry = on_retry,
		.on_state = on_state,
	};
	struct nv_client *client;
	struct nv_account account;
	char line[4096];

	setvbuf(stdout, NULL, _IOLBF, 0);
	sem_init(&settled, 0, 0);
	client = nv_client_new(NULL, url, &handlers, &options); /* NULL: a loop of its own */
	if (!client)
		return 1;
	sem_wait(&settled);
	while (fgets(line, sizeof line, stdin)) {
		struct nv_bytes text = { (const uint8_t *)line, strcspn(line, "\n") };
		int error = nv_client_send(client, NV_TEXT, text);

		if (error < 0)
			fprintf(stderr, "returning_client: %s\n", nv_strerror(error));
	}
	nv_client_close(client, NV_STATUS_NORMAL, NULL); /* behind what waits */
	while (nv_client_state_now(client) != NV_CLIENT_ENDED)
		sem_wait(&settled);
	nv_client_account(client, &account);
	nv_client_free(client);
	fprintf(stderr, "%llu confirmed, %llu uncertain, %llu dropped\n",
	        (unsigned long long)account.confirmed, (unsigned long long)account.uncertain,
	        (unsigned long long)account.dropped);
	return account.confirmed != account.taken;
}

/* SPDX-License-Identifier: MIT */
/* client_send.c: what any thread may ask of a client. The loop's thread does it: what is wanted stands in a set
 * of wishes, and one task is on its way as long as that is not empty. */
#include "ws/client.h"

enum closing {
	NOT_CLOSING,
	CLAIMED, /* by the one who writes down what is to be said */
	CLOSING
};

static void wake(struct nv_task *task)
{
	struct nv_client *client = nv_container_of(task, struct nv_client, wake);
	unsigned int wishes = atomic_exchange(&client->wishes, 0);

	if (!client->freed && (wishes & NV_WISH_BEGIN))
		nv_client_begin(client);
	if (!client->freed && (wishes & NV_WISH_HURRY))
		nv_client_stop_waiting(client);
	if (!client->freed && (wishes & NV_WISH_CLOSE))
		nv_client_leave(client);
	else if (!client->freed && (wishes & NV_WISH_FEED))
		nv_client_feed(client);
}

void nv_client_init_wishes(struct nv_client *client)
{
	client->wake.run = wake;
}

void nv_client_wish(struct nv_client *client, enum nv_wish wish)
{
	if (atomic_fetch_or(&client->wishes, (unsigned int)wish) == 0)
		nv_loop_post_task(client->loop, &client->wake);
}

bool nv_client_is_closing(const struct nv_client *client)
{
	return atomic_load(&client->closing) == CLOSING;
}

int nv_client_send(struct nv_client *client, enum nv_opcode opcode, struct nv_bytes message)
{
	bool first;
	int error = nv_outbox_put(&client->outbox, opcode, message, &first);

	if (error == 0 && first)
		nv_client_wish(client, NV_WISH_FEED);
	return error;
}

int nv_client_close(struct nv_client *client, uint16_t status, const char *reason)
{
	struct nv_bytes text = nv_str(reason);
	int error = nv_close_check(status, text);
	int open = NOT_CLOSING;

	if (error < 0)
		return error;
	if (nv_client_state_now(client) >= NV_CLIENT_CLOSING ||
	    !atomic_compare_exchange_strong(&client->closing, &open, CLAIMED))
		return NV_ERR_CLOSED;
	nv_outbox_shut(&client->outbox);
	client->close_status = status;
	if (text.len > 0)
		memcpy(client->close_reason, text.data, text.len);
	atomic_store(&client->closing, CLOSING);
	nv_client_wish(client, NV_WISH_CLOSE);
	return 0;
}

void nv_client_hurry(struct nv_client *client)
{
	nv_client_wish(client, NV_WISH_HURRY);
}

void nv_client_account_sized(const struct nv_client *client, struct nv_account *account,
                             size_t size)
{
	struct nv_account now = { 0 };

	nv_outbox_account(&client->outbox, &now);
	memcpy(account, &now, size < sizeof now ? size : sizeof now);
}

enum nv_client_state nv_client_state_now(const struct nv_client *client)
{
	return (enum nv_client_state)atomic_load(&client->state);
}

/* SPDX-License-Identifier: MIT */
/* connect.c: navette connect, from its first word to its exit code.
 *
 * One thread: poll(2) waits for standard input and for the library's loop. Input is read only while
 * the queue of what is to be sent has room, so a server that reads slowly slows the input down and
 * nothing is lost. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "connect/echo_loop.h"
#include "connect/help.h"
#include "connect/input.h"
#include "connect/interrupt.h"
#include "connect/options.h"
#include "connect/output.h"
#include "connect/report.h"
#include "connect/verdict.h"

/* Below the library's own limit, which is thus never met. */
#define QUEUE_ROOM (256u << 10)

/* The pong to this tells that the server has taken all that stood before it, and has answered if it
 * answers in order. What it says behind our Close would be dropped. */
#define LAST_PING "last"

enum stage {
	TALKING,
	LEAVING, /* no more input; what is queued is let out */
	ASKING,  /* our last ping is out */
	CLOSING  /* our Close is on its way */
};

struct run {
	struct nv_connect_options options;
	struct nv_loop *loop;
	struct nv_client *client;
	struct nv_conn *conn; /* while it is open */
	struct nv_input input;
	struct nv_output output;
	bool interactive; /* somebody types */
	enum stage stage;
	uint64_t deadline; /* of ASKING */
	size_t queued;     /* bytes of lines, when this turn began */
	bool answered;     /* --once has its message */
	bool lost_input;   /* some of it was not sent */
	bool over;
	enum nv_verdict verdict;
};

/* --- The connection --- */

static void say(const struct run *run, const char *line)
{
	if (run->interactive)
		fprintf(stderr, "%s\n", line);
}

static uint64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

static void leave(struct run *run)
{
	if (run->stage != TALKING)
		return;
	run->stage = LEAVING;
	say(run, "Déconnexion...");
}

/* A server that does not answer pings is left all the same. */
static void ask(struct run *run)
{
	uint32_t patience = run->options.client.close_timeout_ms;

	run->stage = ASKING;
	run->deadline = patience == NV_OFF ? UINT64_MAX : clock_ms() + patience;
	if (nv_conn_ping(run->conn, nv_str(LAST_PING)) < 0)
		run->deadline = 0;
}

static void start_closing(struct run *run)
{
	run->stage = CLOSING;
	if (nv_conn_close(run->conn, NV_STATUS_NORMAL, NULL) == NV_ERR_NOMEM)
		nv_conn_abort(run->conn);
}

/* The stages of leaving, once a turn. Somebody in a hurry skips them. */
static void go_on_leaving(struct run *run)
{
	bool hurry = nv_interrupt_seen() || run->answered;

	if (!run->conn || run->stage == TALKING || run->stage == CLOSING)
		return;
	if (run->stage == LEAVING && !hurry && nv_conn_unsent(run->conn) == 0)
		ask(run);
	if (hurry || (run->stage == ASKING && clock_ms() >= run->deadline))
		start_closing(run);
}

static void on_open(struct nv_conn *conn)
{
	struct run *run = nv_conn_user(conn);

	run->conn = conn;
	say(run, "Connecté ! Tapez vos messages (ou \"quit\" pour quitter) :");
}

static void on_message(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	struct run *run = nv_conn_user(conn);

	if (run->answered)
		return;
	nv_output_message(&run->output, opcode, message);
	run->answered = run->options.once;
	if (run->answered)
		leave(run);
}

static void on_pong(struct nv_conn *conn, struct nv_bytes data)
{
	struct run *run = nv_conn_user(conn);

	if (run->stage == ASKING && nv_bytes_is(data, LAST_PING))
		run->deadline = 0;
}

/* What follows a "quit" is nobody's loss. */
static bool has_unsent_input(const struct run *run)
{
	return run->queued > 0 || (run->stage == TALKING && run->input.start < run->input.end);
}

static enum nv_verdict judge_end(struct run *run, const struct nv_close *close)
{
	enum nv_verdict verdict;

	if (run->answered)
		return NV_VERDICT_NORMAL;
	verdict = nv_verdict_of_close(close, run->stage >= ASKING, run->interactive);
	if (verdict != NV_VERDICT_NORMAL)
		return verdict;
	if (has_unsent_input(run))
		nv_report("closed by the server before all of the input was sent");
	else if (run->options.once)
		nv_report("closed before a message came");
	else
		return NV_VERDICT_NORMAL;
	return NV_VERDICT_BROKEN;
}

static void on_close(struct nv_conn *conn, const struct nv_close *close)
{
	struct run *run = nv_conn_user(conn);

	nv_output_flush(&run->output);
	run->over = true;
	run->conn = NULL;
	run->verdict = judge_end(run, close);
}

static void on_fail(struct nv_client *client, void *user, const struct nv_failure *failure)
{
	struct run *run = user;

	(void)client;
	run->over = true;
	run->verdict = nv_verdict_of_failure(&run->options.url, failure);
}

/* --- Input --- */

static bool has_room(const struct run *run)
{
	return run->conn && run->stage == TALKING && nv_conn_unsent(run->conn) < QUEUE_ROOM;
}

/* True when the line is dealt with, sent or not. */
static bool send_line(struct run *run, struct nv_bytes line)
{
	int error = nv_conn_send(run->conn, NV_TEXT, line);

	if (error == NV_ERR_FULL || error == NV_ERR_CLOSED)
		return false;
	if (error < 0) {
		nv_report("line %llu of the input was not sent: %s",
		          (unsigned long long)run->input.number, nv_strerror(error));
		run->lost_input = true;
	}
	return true;
}

static void send_lines(struct run *run)
{
	struct nv_bytes line;

	while (has_room(run) && nv_input_line(&run->input, &line)) {
		if (nv_bytes_is(line, "quit")) {
			leave(run);
			return;
		}
		if (!send_line(run, line))
			return;
		nv_input_next(&run->input);
	}
	if (run->input.ended && !run->options.once && run->input.start == run->input.end)
		leave(run);
}

static void read_input(struct run *run)
{
	int error = nv_input_read(&run->input);

	if (error == 0)
		return;
	run->lost_input = true;
	if (error == NV_ERR_SYSTEM)
		nv_report("standard input: %s", strerror(errno));
	else
		nv_report("line %llu of the input and what follows were not sent: %s",
		          (unsigned long long)run->input.number, nv_strerror(error));
}

/* --- The flow --- */

static bool can_send(struct run *run)
{
	struct nv_bytes line;

	return has_room(run) && nv_input_line(&run->input, &line);
}

static int timeout_ms(const struct run *run)
{
	int timeout = nv_loop_timeout_ms(run->loop);
	uint64_t now = clock_ms();
	uint64_t left = run->deadline > now ? run->deadline - now : 0;

	if (run->stage != ASKING || left > INT_MAX || (timeout >= 0 && (uint64_t)timeout < left))
		return timeout;
	return (int)left;
}

/* Waits, and reads once what there is. */
static void wait_and_read(struct run *run)
{
	bool ready = can_send(run);
	bool reading = !ready && has_room(run) && !run->input.ended;
	struct pollfd fds[] = {
		{ .fd = nv_loop_fd(run->loop), .events = POLLIN },
		{ .fd = reading ? STDIN_FILENO : -1, .events = POLLIN },
		/* A pipe that nobody reads any more says so here. */
		{ .fd = run->output.error ? -1 : STDOUT_FILENO, .events = 0 },
	};

	if (poll(fds, sizeof fds / sizeof *fds, ready ? 0 : timeout_ms(run)) <= 0)
		return;
	if (fds[1].revents)
		read_input(run);
	if (fds[2].revents)
		run->output.error = EPIPE;
}

static void end_interrupted(struct run *run)
{
	run->over = true;
	run->verdict = NV_VERDICT_INTERRUPTED;
}

static void turn(struct run *run)
{
	wait_and_read(run);
	send_lines(run);
	run->queued = run->conn && run->stage < ASKING ? nv_conn_unsent(run->conn) : 0;
	if (nv_loop_run_once(run->loop, 0) < 0) {
		nv_report("%s", nv_strerror(NV_ERR_SYSTEM));
		run->verdict = NV_VERDICT_LOCAL;
		run->over = true;
	}
	nv_output_flush(&run->output);
	if (run->output.error)
		leave(run);
	if (nv_interrupt_seen() && run->conn)
		leave(run);
	else if (nv_interrupt_seen() && !run->over)
		end_interrupted(run);
	go_on_leaving(run);
}

/* A normal end is one only if nothing was lost on the way. A reader that has gone loses nothing: it
 * has seen enough. */
static int exit_code(const struct run *run)
{
	if (run->output.error && run->output.error != EPIPE) {
		nv_report("standard output: %s", strerror(run->output.error));
		return NV_VERDICT_LOCAL;
	}
	if (run->verdict == NV_VERDICT_NORMAL && run->lost_input)
		return NV_VERDICT_LOCAL;
	return (int)run->verdict;
}

static int start(struct run *run)
{
	static const struct nv_handlers handlers = {
		.on_open = on_open,
		.on_message = on_message,
		.on_pong = on_pong,
		.on_close = on_close,
	};

	run->interactive = isatty(STDIN_FILENO);
	nv_input_init(&run->input, STDIN_FILENO);
	nv_output_init(&run->output, stdout);
	say(run, "Connexion au serveur...");
	run->options.client.user = run;
	run->options.client.on_fail = on_fail;
	run->client = nv_client_new(run->loop, run->options.text, &handlers, &run->options.client);
	return run->client ? 0 : NV_ERR_NOMEM;
}

static int run_connection(struct run *run)
{
	int code = NV_VERDICT_LOCAL;

	run->loop = nv_loop_new();
	if (!run->loop) {
		nv_report("no memory or no descriptors");
		return code;
	}
	nv_interrupt_catch(run->loop);
	if (start(run) < 0) {
		nv_report("%s", nv_strerror(NV_ERR_NOMEM));
	} else {
		while (!run->over)
			turn(run);
		code = exit_code(run);
	}
	nv_client_free(run->client);
	nv_input_deinit(&run->input);
	nv_loop_free(run->loop);
	return code;
}

/* A standard descriptor that is closed would go to a socket. */
static void fill_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0)
			(void)!open("/dev/null", O_RDWR);
	}
}

int navette_connect(int argc, char **argv)
{
	struct run run = { .verdict = NV_VERDICT_LOCAL };
	int code;

	fill_standard_descriptors();
	code = nv_connect_options_parse(&run.options, argc, argv);
	if (code == 0 && run.options.help)
		nv_connect_help(stdout);
	else if (code == 0 && run.options.echo_loop)
		code = nv_echo_loop_run(&run.options);
	else if (code == 0)
		code = run_connection(&run);
	nv_connect_options_deinit(&run.options);
	return code;
}

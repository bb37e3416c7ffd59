/* SPDX-License-Identifier: MIT */
/* head.c: one HTTP/1.1 head, read byte by byte (RFC 9112).
 *
 * Each byte is looked at once, so neither the result nor the work depends on how the input is
 * split, and what can never become a head fails at its first wrong byte. The head owns a copy of
 * its parts, one after the other without what separates them; everything found in it is kept as
 * offsets. What follows the head is never read. */
#include "proto/head.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "proto/ascii.h"
#include "proto/field.h"
#include "proto/request.h"
#include "proto/target.h"

#define METHOD_MAX 32u

/* The part of the head that the next byte belongs to. The parts from REASON on share the limit of a
 * line; those before have limits of their own. */
enum part {
	METHOD,
	TARGET,
	VERSION,
	STATUS,
	REASON,
	NAME,
	VALUE
};

/* Offsets into the text, which is shorter than 64 KiB. It starts with the method or the version, so
 * an empty slice at 0 is an absent one. */
struct slice {
	uint16_t at;
	uint16_t len;
};

struct field {
	struct slice name;
	struct slice value;
};

struct nv_head {
	struct nv_buf text;
	size_t part_start; /* in `text` */
	size_t taken;      /* bytes fed, line ends included */
	size_t line_len;   /* of them in this line, without its end */
	int result;        /* of nv_head_feed */
	struct nv_problem problem;
	enum nv_head_kind kind;
	enum part part;
	bool after_cr;
	bool after_empty_line;
	uint8_t minor;
	uint16_t status;
	struct slice method;
	struct slice target;
	struct slice path;
	struct slice query;
	struct slice reason;
	uint16_t count;
	struct field fields[NV_HEAD_FIELDS_MAX];
};

static int fail(struct nv_head *head, uint16_t status, const char *text)
{
	head->problem = (struct nv_problem){ status, text };
	return NV_ERR_PROTOCOL;
}

static int push(struct nv_head *head, uint8_t c)
{
	uint8_t *room = nv_buf_reserve(&head->text, 1);

	if (!room) {
		fail(head, 500, "out of memory");
		return NV_ERR_NOMEM;
	}
	*room = c;
	head->text.len++;
	return 0;
}

static size_t part_len(const struct nv_head *head)
{
	return head->text.len - head->part_start;
}

static struct nv_bytes bytes_of(const struct nv_head *head, struct slice slice)
{
	if (slice.at == 0 && slice.len == 0)
		return (struct nv_bytes){ NULL, 0 };
	return (struct nv_bytes){ head->text.data + slice.at, slice.len };
}

static struct slice slice_of(const struct nv_head *head, struct nv_bytes bytes)
{
	return (struct slice){ (uint16_t)(bytes.data - head->text.data), (uint16_t)bytes.len };
}

static struct nv_bytes part_bytes(const struct nv_head *head)
{
	return (struct nv_bytes){ head->text.data + head->part_start, part_len(head) };
}

static void begin_part(struct nv_head *head, enum part part)
{
	head->part = part;
	head->part_start = head->text.len;
}

static int take_method(struct nv_head *head, uint8_t c)
{
	if (c == ' ' && part_len(head) > 0) {
		head->method = slice_of(head, part_bytes(head));
		begin_part(head, TARGET);
		return 0;
	}
	if (!nv_is_tchar(c))
		return fail(head, 400, "the request does not start with an HTTP method");
	if (part_len(head) == METHOD_MAX)
		return fail(head, 400, "the HTTP method is too long");
	return push(head, c);
}

static void split_target(struct nv_head *head, struct nv_bytes target)
{
	const uint8_t *mark = memchr(target.data, '?', target.len);
	uint16_t len = mark ? (uint16_t)(mark - target.data) : head->target.len;

	head->path = (struct slice){ head->target.at, len };
	if (mark)
		head->query = (struct slice){ (uint16_t)(head->target.at + len + 1),
			                      (uint16_t)(head->target.len - len - 1) };
}

static int end_target(struct nv_head *head)
{
	struct nv_bytes target;

	if (!nv_target_relative(head->text.data + head->part_start, part_len(head), &target))
		return fail(head, 400, "the request target is neither a path nor a URL");
	head->target = slice_of(head, target);
	split_target(head, target);
	begin_part(head, VERSION);
	return 0;
}

static int take_target(struct nv_head *head, uint8_t c)
{
	if (c == ' ')
		return end_target(head);
	if (!nv_is_target_char(c))
		return fail(head, 400, "the request target holds a character that no URL has");
	if (part_len(head) == NV_HEAD_LINE_MAX)
		return fail(head, 414, "the request target is too long");
	return push(head, c);
}

/* RFC 9112 2.3. A zero of the form stands for any digit; its end matches nothing. */
static const char version_form[] = "HTTP/0.0";

static int end_version(struct nv_head *head)
{
	struct nv_bytes text = part_bytes(head);

	if (text.len < sizeof version_form - 1)
		return fail(head, 400, "the HTTP version is malformed");
	if (text.data[5] != '1')
		return fail(head, 505, "the HTTP version is not 1.x");
	head->minor = (uint8_t)(text.data[7] - '0');
	return 0;
}

static int take_version(struct nv_head *head, uint8_t c)
{
	size_t at = part_len(head);

	if (c == ' ' && at == sizeof version_form - 1 && head->kind == NV_RESPONSE) {
		int result = end_version(head);

		begin_part(head, STATUS);
		return result;
	}
	if (version_form[at] == '0' ? !nv_is_digit(c) : c != (uint8_t)version_form[at])
		return fail(head, 400, "the HTTP version is malformed");
	return push(head, c);
}

static int end_status(struct nv_head *head)
{
	struct nv_bytes text = part_bytes(head);

	if (text.len < 3)
		return fail(head, 400, "the status code is malformed");
	head->status = (uint16_t)((text.data[0] - '0') * 100 + (text.data[1] - '0') * 10 +
	                          (text.data[2] - '0'));
	return 0;
}

static int take_status(struct nv_head *head, uint8_t c)
{
	size_t at = part_len(head);

	if (c == ' ' && at == 3) {
		int result = end_status(head);

		begin_part(head, REASON);
		return result;
	}
	if (at == 3 || !nv_is_digit(c) || (at == 0 && c == '0'))
		return fail(head, 400, "the status code is malformed");
	return push(head, c);
}

static int refuse_name(struct nv_head *head, uint8_t c)
{
	if (c != ' ' && c != '\t')
		return fail(head, 400, "a field name is malformed");
	if (part_len(head) == 0)
		return fail(head, 400, "a folded header line (obs-fold) is not accepted");
	return fail(head, 400, "a space before the colon of a field is not accepted");
}

static int take_name(struct nv_head *head, uint8_t c)
{
	if (head->count == NV_HEAD_FIELDS_MAX)
		return fail(head, 431, "too many header lines");
	if (c == ':' && part_len(head) > 0) {
		head->fields[head->count].name = slice_of(head, part_bytes(head));
		begin_part(head, VALUE);
		return 0;
	}
	if (!nv_is_tchar(c))
		return refuse_name(head, c);
	return push(head, c);
}

static int take_char(struct nv_head *head, uint8_t c)
{
	if (++head->line_len > NV_HEAD_LINE_MAX && head->part >= REASON)
		return fail(head, 431, "a header line is too long");
	switch (head->part) {
	case METHOD:
		return take_method(head, c);
	case TARGET:
		return take_target(head, c);
	case VERSION:
		return take_version(head, c);
	case STATUS:
		return take_status(head, c);
	case NAME:
		return take_name(head, c);
	default: /* REASON and VALUE */
		return push(head, c);
	}
}

static int complete(struct nv_head *head)
{
	if (head->kind == NV_REQUEST)
		head->problem = nv_request_check(head);
	return head->problem.status ? NV_ERR_PROTOCOL : 1;
}

/* RFC 9112 2.2: one empty line before the request is skipped. */
static int end_method(struct nv_head *head)
{
	if (part_len(head) > 0 || head->after_empty_line)
		return fail(head, 400, "the request line is malformed");
	head->after_empty_line = true;
	return 0;
}

static int end_name(struct nv_head *head)
{
	if (part_len(head) > 0)
		return fail(head, 400, "a header line has no colon");
	return complete(head);
}

static void end_value(struct nv_head *head)
{
	head->fields[head->count++].value = slice_of(head, nv_trim(part_bytes(head)));
}

/* The start line or a field is over. */
static int end_line(struct nv_head *head)
{
	int result = 0;

	switch (head->part) {
	case METHOD:
		return end_method(head);
	case TARGET:
		return fail(head, 400, "the HTTP version is missing");
	case NAME:
		return end_name(head);
	case VERSION:
		result = head->kind == NV_REQUEST ? end_version(head)
		                                  : fail(head, 400, "the status code is missing");
		break;
	case STATUS:
		result = end_status(head);
		break;
	case REASON:
		head->reason = slice_of(head, part_bytes(head));
		break;
	default: /* VALUE */
		end_value(head);
		break;
	}
	begin_part(head, NAME);
	head->line_len = 0;
	return result;
}

static int take(struct nv_head *head, uint8_t c)
{
	if (++head->taken > NV_HEAD_MAX)
		return fail(head, 431, "the head is too long");
	if (head->after_cr) {
		head->after_cr = false;
		return c == '\n' ? end_line(head)
		                 : fail(head, 400, "a carriage return without a line feed");
	}
	if (c == '\r') {
		head->after_cr = true;
		return 0;
	}
	if (c == '\n')
		return fail(head, 400, "a line feed without a carriage return");
	if (!nv_is_value_char(c))
		return fail(head, 400, "a control character");
	return take_char(head, c);
}

struct nv_head *nv_head_new(enum nv_head_kind kind)
{
	struct nv_head *head = nv_alloc_zero(sizeof *head);

	if (!head)
		return NULL;
	head->kind = kind;
	head->part = kind == NV_REQUEST ? METHOD : VERSION;
	return head;
}

void nv_head_free(struct nv_head *head)
{
	if (!head)
		return;
	nv_buf_deinit(&head->text);
	nv_free(head);
}

int nv_head_feed(struct nv_head *head, const uint8_t *data, size_t len, size_t *used)
{
	size_t i = 0;

	while (head->result == 0 && i < len)
		head->result = take(head, data[i++]);
	*used = i;
	return head->result;
}

struct nv_problem nv_head_problem(const struct nv_head *head)
{
	return head->problem;
}

struct nv_bytes nv_head_method(const struct nv_head *head)
{
	return (struct nv_bytes){ head->text.data, head->method.len };
}

struct nv_bytes nv_head_target(const struct nv_head *head)
{
	return bytes_of(head, head->target);
}

struct nv_bytes nv_head_path(const struct nv_head *head)
{
	return bytes_of(head, head->path);
}

struct nv_bytes nv_head_query(const struct nv_head *head)
{
	return bytes_of(head, head->query);
}

int nv_head_minor(const struct nv_head *head)
{
	return head->minor;
}

int nv_head_status(const struct nv_head *head)
{
	return head->status;
}

struct nv_bytes nv_head_reason(const struct nv_head *head)
{
	return bytes_of(head, head->reason);
}

size_t nv_head_field_count(const struct nv_head *head)
{
	return head->count;
}

void nv_head_field_at(const struct nv_head *head, size_t index, struct nv_bytes *name,
                      struct nv_bytes *value)
{
	bool known = index < head->count;

	*name = known ? bytes_of(head, head->fields[index].name) : (struct nv_bytes){ NULL, 0 };
	*value = known ? bytes_of(head, head->fields[index].value) : (struct nv_bytes){ NULL, 0 };
}

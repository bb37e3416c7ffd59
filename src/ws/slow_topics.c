/* SPDX-License-Identifier: MIT */
/* slow_topics.c: rules of a byte for the policy, a byte for the length of the name, and the name. They
 * are made before the server runs, so that its threads only read them. */
#include "ws/slow_topics.h"

#include "ws/topic.h"

#define HEAD 2u

void nv_slow_topics_deinit(struct nv_slow_topics *topics)
{
	nv_buf_deinit(&topics->rules);
}

static struct nv_bytes name_of(const uint8_t *rule)
{
	return (struct nv_bytes){ rule + HEAD, rule[1] };
}

static bool is_same(struct nv_bytes a, struct nv_bytes b)
{
	return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

int nv_slow_topics_set(struct nv_slow_topics *topics, struct nv_bytes name, enum nv_slow slow)
{
	uint8_t head[HEAD] = { (uint8_t)slow, (uint8_t)name.len };

	if (!nv_topic_is_name(name, true) || slow > NV_SLOW_KEEP_NEWEST)
		return NV_ERR_INVALID;
	for (size_t at = 0; at < topics->rules.len; at += HEAD + topics->rules.data[at + 1]) {
		if (is_same(name_of(topics->rules.data + at), name)) {
			topics->rules.data[at] = head[0];
			return 0;
		}
	}
	if (!nv_buf_reserve(&topics->rules, HEAD + name.len))
		return NV_ERR_NOMEM;
	(void)nv_buf_append(&topics->rules, head, HEAD);
	return nv_buf_append(&topics->rules, name.data, name.len);
}

static bool stands_for(struct nv_bytes rule, struct nv_bytes name)
{
	if (rule.data[rule.len - 1] != '*')
		return is_same(rule, name);
	return name.len >= rule.len - 1 && memcmp(rule.data, name.data, rule.len - 1) == 0;
}

/* An exact rule is longer than any with a star but one, which has a star behind the whole name. */
static size_t weight(struct nv_bytes rule)
{
	return rule.data[rule.len - 1] == '*' ? 2 * rule.len - 1 : 2 * rule.len + 2;
}

uint8_t nv_slow_topics_find(const struct nv_slow_topics *topics, struct nv_bytes name)
{
	size_t best = 0;
	uint8_t slow = 0;

	for (size_t at = 0; at < topics->rules.len; at += HEAD + topics->rules.data[at + 1]) {
		struct nv_bytes rule = name_of(topics->rules.data + at);

		if (weight(rule) > best && stands_for(rule, name)) {
			best = weight(rule);
			slow = (uint8_t)(1 + topics->rules.data[at]);
		}
	}
	return slow;
}

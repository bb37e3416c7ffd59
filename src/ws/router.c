/* SPDX-License-Identifier: MIT */
/* router.c: patterns against paths, both walked segment by segment. */
#include "ws/router.h"

#include "base/alloc.h"
#include "proto/field.h"

/* From the least exact to the most; that a path has ended is no segment. */
enum segment_kind {
	SEGMENT_NONE,
	SEGMENT_REST,
	SEGMENT_PARAM,
	SEGMENT_EXACT
};

/* Takes the segment behind the next slash; false at the end. */
static bool next_segment(struct nv_bytes *rest, struct nv_bytes *segment)
{
	const uint8_t *slash;

	if (rest->len == 0)
		return false;
	*segment = (struct nv_bytes){ rest->data + 1, rest->len - 1 };
	slash = segment->len ? memchr(segment->data, '/', segment->len) : NULL;
	if (slash)
		segment->len = (size_t)(slash - segment->data);
	*rest = (struct nv_bytes){ segment->data + segment->len, rest->len - 1 - segment->len };
	return true;
}

static enum segment_kind kind_of(struct nv_bytes segment)
{
	if (nv_bytes_is(segment, "*"))
		return SEGMENT_REST;
	return segment.len > 0 && segment.data[0] == ':' ? SEGMENT_PARAM : SEGMENT_EXACT;
}

static bool pattern_is_valid(const char *pattern)
{
	struct nv_bytes rest = nv_str(pattern);
	struct nv_bytes segment;

	if (rest.len == 0 || rest.data[0] != '/')
		return false;
	while (next_segment(&rest, &segment)) {
		if (kind_of(segment) == SEGMENT_REST && rest.len > 0)
			return false;
		if (nv_bytes_is(segment, ":"))
			return false;
	}
	return true;
}

static enum segment_kind next_kind(struct nv_bytes *rest)
{
	struct nv_bytes segment;

	return next_segment(rest, &segment) ? kind_of(segment) : SEGMENT_NONE;
}

/* Below zero when `a` is more exact than `b` at the first segment in which their kinds differ. */
static int compare(const char *a, const char *b)
{
	struct nv_bytes rest_a = nv_str(a);
	struct nv_bytes rest_b = nv_str(b);
	enum segment_kind kind_a, kind_b;

	do {
		kind_a = next_kind(&rest_a);
		kind_b = next_kind(&rest_b);
	} while (kind_a == kind_b && kind_a != SEGMENT_NONE);
	return (int)kind_b - (int)kind_a;
}

/* What the segment of a pattern is called when a program asks for it: ":id" is "id". */
static struct nv_bytes name_of(struct nv_bytes segment)
{
	if (kind_of(segment) != SEGMENT_PARAM)
		return segment;
	return (struct nv_bytes){ segment.data + 1, segment.len - 1 };
}

static bool segment_matches(struct nv_bytes expected, struct nv_bytes segment)
{
	return kind_of(expected) == SEGMENT_PARAM ? segment.len > 0
	                                          : nv_bytes_equal(expected, segment);
}

/* Walks both. `value` becomes what stands for `name`, if that is given. */
static bool match(const char *pattern, struct nv_bytes path, const char *name,
                  struct nv_bytes *value)
{
	struct nv_bytes rest = nv_str(pattern);
	struct nv_bytes expected, segment;

	while (next_segment(&rest, &expected)) {
		struct nv_bytes here = path;
		bool is_rest = kind_of(expected) == SEGMENT_REST;

		if (!next_segment(&path, &segment))
			return false;
		if (is_rest)
			segment = (struct nv_bytes){ here.data + 1, here.len - 1 };
		else if (!segment_matches(expected, segment))
			return false;
		if (name && kind_of(expected) != SEGMENT_EXACT &&
		    nv_bytes_is(name_of(expected), name))
			*value = segment;
		if (is_rest)
			return true;
	}
	return path.len == 0;
}

static struct nv_route *copy_route(const char *pattern, const struct nv_route *route)
{
	struct nv_route *copy = nv_alloc(sizeof *copy);

	if (!copy)
		return NULL;
	*copy = *route;
	copy->pattern = nv_copy(nv_str(pattern));
	if (copy->pattern)
		return copy;
	nv_free(copy);
	return NULL;
}

struct nv_route *nv_router_get(const struct nv_router *router, const char *pattern)
{
	for (size_t i = 0; i < router->count; i++)
		if (strcmp(router->routes[i]->pattern, pattern) == 0)
			return router->routes[i];
	return NULL;
}

static int reserve(struct nv_router *router)
{
	size_t cap = router->cap ? router->cap * 2 : 8;
	void *routes;

	if (router->count < router->cap)
		return 0;
	routes = nv_realloc(router->routes, cap * sizeof *router->routes);
	if (!routes)
		return NV_ERR_NOMEM;
	router->routes = routes;
	router->cap = cap;
	return 0;
}

int nv_router_add(struct nv_router *router, const char *pattern, const struct nv_route *route)
{
	struct nv_route *copy;
	size_t place;

	if (!pattern_is_valid(pattern) || nv_router_get(router, pattern))
		return NV_ERR_INVALID;
	if (reserve(router) < 0)
		return NV_ERR_NOMEM;
	copy = copy_route(pattern, route);
	if (!copy)
		return NV_ERR_NOMEM;
	for (place = router->count; place > 0; place--) {
		if (compare(pattern, router->routes[place - 1]->pattern) >= 0)
			break;
		router->routes[place] = router->routes[place - 1];
	}
	router->routes[place] = copy;
	router->count++;
	return 0;
}

const struct nv_route *nv_router_find(const struct nv_router *router, struct nv_bytes path)
{
	if (path.len == 0 || path.data[0] != '/')
		return NULL;
	for (size_t i = 0; i < router->count; i++)
		if (match(router->routes[i]->pattern, path, NULL, NULL))
			return router->routes[i];
	return NULL;
}

struct nv_bytes nv_route_param(const struct nv_route *route, struct nv_bytes path, const char *name)
{
	struct nv_bytes value = { NULL, 0 };

	(void)match(route->pattern, path, name, &value);
	return value;
}

void nv_router_deinit(struct nv_router *router)
{
	for (size_t i = 0; i < router->count; i++) {
		nv_free(router->routes[i]->pattern);
		nv_free(router->routes[i]);
	}
	nv_free(router->routes);
	*router = (struct nv_router){ 0 };
}

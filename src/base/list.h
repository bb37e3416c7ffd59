/* SPDX-License-Identifier: MIT */
/* list.h: an intrusive doubly linked ring; the link stands in the element, nothing is allocated. */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct nv_list {
	struct nv_list *next;
	struct nv_list *prev;
};

#define nv_container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* Visits every link; the one in hand may be removed, no other. */
#define nv_list_each(link, after, head)                                                            \
	for ((link) = (head)->next, (after) = (link)->next; (link) != (head);                      \
	     (link) = (after), (after) = (link)->next)

static inline void nv_list_init(struct nv_list *head)
{
	head->next = head;
	head->prev = head;
}

static inline bool nv_list_empty(const struct nv_list *head)
{
	return head->next == head;
}

static inline void nv_list_push(struct nv_list *head, struct nv_list *link)
{
	link->next = head;
	link->prev = head->prev;
	head->prev->next = link;
	head->prev = link;
}

/* The removed link is a ring of its own: removing it again does nothing. */
static inline void nv_list_remove(struct nv_list *link)
{
	link->prev->next = link->next;
	link->next->prev = link->prev;
	nv_list_init(link);
}

/* Moves all of `from` behind all of `to`. */
static inline void nv_list_splice(struct nv_list *to, struct nv_list *from)
{
	if (nv_list_empty(from))
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	nv_list_init(from);
}

#endif

/* SPDX-License-Identifier: MIT */
/* test_list.c: the ring: order, removal while it is visited, removal twice. */
#include "base/list.h"

#include "support/unit.h"

struct item {
	int number;
	struct nv_list link;
};

static struct item *item_of(struct nv_list *link)
{
	return nv_container_of(link, struct item, link);
}

static void fill(struct nv_list *head, struct item *items, int count)
{
	int i;

	nv_list_init(head);
	for (i = 0; i < count; i++) {
		items[i].number = i;
		nv_list_push(head, &items[i].link);
	}
}

/* The ring holds the digits of `digits`, seen from both ends. */
static void assert_items(struct nv_list *head, const char *digits)
{
	struct nv_list *link = head;
	const char *digit;

	for (digit = digits; *digit; digit++) {
		assert_ptr_equal(link->next->prev, link);
		link = link->next;
		assert_ptr_not_equal(link, head);
		assert_int_equal(item_of(link)->number, *digit - '0');
	}
	assert_ptr_equal(link->next, head);
	assert_ptr_equal(head->prev, link);
}

static void a_new_ring_is_empty(void **state)
{
	struct nv_list head, *link, *after;

	nv_list_init(&head);
	assert_true(nv_list_empty(&head));
	nv_list_each(link, after, &head) fail();
}

static void items_stand_in_the_order_of_the_pushes(void **state)
{
	struct item items[4];
	struct nv_list head, *link, *after;
	int seen = 0;

	fill(&head, items, 4);
	assert_false(nv_list_empty(&head));
	assert_items(&head, "0123");
	nv_list_each(link, after, &head) assert_int_equal(item_of(link)->number, seen++);
	assert_int_equal(seen, 4);
}

static void any_item_may_be_removed(void **state)
{
	struct item items[4];
	struct nv_list head;

	fill(&head, items, 4);
	nv_list_remove(&items[2].link);
	assert_items(&head, "013");
	nv_list_remove(&items[0].link);
	assert_items(&head, "13");
	nv_list_remove(&items[3].link);
	assert_items(&head, "1");
	nv_list_push(&head, &items[0].link);
	assert_items(&head, "10");
	nv_list_remove(&items[1].link);
	nv_list_remove(&items[0].link);
	assert_true(nv_list_empty(&head));
}

static void removing_twice_does_nothing(void **state)
{
	struct item items[3];
	struct nv_list head;

	fill(&head, items, 3);
	nv_list_remove(&items[1].link);
	nv_list_remove(&items[1].link);
	assert_true(nv_list_empty(&items[1].link));
	assert_items(&head, "02");
}

static void the_item_in_hand_may_be_removed(void **state)
{
	struct item items[5];
	struct nv_list head, *link, *after;
	int seen = 0;

	fill(&head, items, 5);
	nv_list_each(link, after, &head)
	{
		seen++;
		if (item_of(link)->number % 2 == 0)
			nv_list_remove(link);
	}
	assert_int_equal(seen, 5);
	assert_items(&head, "13");
	nv_list_each(link, after, &head) nv_list_remove(link);
	assert_true(nv_list_empty(&head));
}

static void splicing_moves_all_behind(void **state)
{
	struct item items[4];
	struct nv_list head, other;

	fill(&head, items, 4);
	nv_list_init(&other);
	nv_list_splice(&head, &other);
	assert_items(&head, "0123");
	nv_list_splice(&other, &head);
	assert_true(nv_list_empty(&head));
	assert_items(&other, "0123");
	nv_list_remove(&items[0].link);
	nv_list_remove(&items[2].link);
	nv_list_push(&head, &items[0].link);
	nv_list_push(&head, &items[2].link);
	nv_list_splice(&head, &other);
	assert_items(&head, "0213");
	assert_true(nv_list_empty(&other));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splicing_moves_all_behind),
		cmocka_unit_test(a_new_ring_is_empty),
		cmocka_unit_test(items_stand_in_the_order_of_the_pushes),
		cmocka_unit_test(any_item_may_be_removed),
		cmocka_unit_test(removing_twice_does_nothing),
		cmocka_unit_test(the_item_in_hand_may_be_removed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_entry.c - an entry of a ring that is no request, as another process that shares the ring may
 * write it: counted, read nowhere else, and ended as others are
 */
/* link: @core */
/* links more: a core pops an entry and ends it by its queue, frames and reply together */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cores.h"

#define PACKET 256 /* offset in its frame */

static struct core *c;

static int first(struct shunt_view *v, const struct shunt_event *ev)
{
	return ev->waiting ? __builtin_ctz(ev->waiting) : -1;
}

static int set_up(void **state)
{
	int err = make_cores(first);

	c = &s.core[0];
	return err;
}

static int tear_down(void **state)
{
	remove_cores();
	return 0;
}

/* A request in frame 3, as XDP writes it. */
static struct shunt_meta *arrive(void)
{
	struct shunt_ring *r = &c->rx;
	uint64_t addr = 3 * 2048 + PACKET;
	struct shunt_meta *m = (struct shunt_meta *)(s.memory + addr - sizeof(*m));

	*m = (struct shunt_meta){ .id = 9, .arrival_ns = 1, .cls = 1, .payload = 42, .len = 18,
				  .abi = SHUNT_ABI };
	r->desc[*r->prod & r->mask] = (struct xdp_desc){ .addr = addr, .len = 60 };
	ring_set_prod(r, *r->prod + 1);
	return m;
}

static void put_address(uint64_t addr)
{
	c->rx.desc[0].addr = addr;
}

/* The core pops the entry and ends it. How many bad ones it counted. */
static uint64_t taken(void)
{
	assert_true(queue_pop(c, 0, c->item));
	assert_int_equal(c->item->sane, !c->line->stats.bad_frame);
	queue_end(c, c->item, 1, true);
	assert_int_equal(c->run->id, 0);
	assert_int_equal(s.view->done[0], 1);
	return c->line->stats.bad_frame;
}

static void an_entry_as_xdp_writes_it_is_a_request(void **state)
{
	arrive();
	assert_int_equal(taken(), 0);
	assert_int_equal(c->line->cls[1].noreply, 1);
}

/* In no byte, but those that only parked requests use (next, place), and padding. */
static void nothing_is_left_of_the_request_that_had_the_item_before(void **state)
{
	struct item *clear = c->item, *used = c->item + 1;

	for (int bad = 0; bad < 2; bad++) {
		arrive()->abi = SHUNT_ABI + bad;
		memset(clear, 0, sizeof(*clear));
		assert_true(queue_pop(c, 0, clear));
		queue_end(c, clear, 1, true);
		arrive()->abi = SHUNT_ABI + bad;
		memset(used, 0xff, sizeof(*used));
		assert_true(queue_pop(c, 0, used));
		queue_end(c, used, 1, true);
		used->next = clear->next;
		used->place = clear->place;
		memset(&used->sane + 1, 0,
		       offsetof(struct item, len) - offsetof(struct item, sane) - 1);
		assert_memory_equal(clear, used,
				    offsetof(struct item, life) + sizeof(clear->life));
	}
}

static void an_entry_whose_metadata_is_aligned_for_no_access_is_bad(void **state)
{
	arrive();
	put_address(3 * 2048 + PACKET + 4);
	assert_int_equal(taken(), 1);
}

static void an_entry_with_no_room_for_metadata_is_bad(void **state)
{
	arrive();
	put_address(3 * 2048 + sizeof(struct shunt_meta) - 8);
	assert_int_equal(taken(), 1);
}

static void an_entry_beyond_the_memory_is_bad(void **state)
{
	arrive();
	put_address(FRAMES * 2048 + PACKET);
	assert_int_equal(taken(), 1);
}

static void metadata_of_another_version_is_bad(void **state)
{
	arrive()->abi = SHUNT_ABI + 1;
	assert_int_equal(taken(), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_entry_as_xdp_writes_it_is_a_request),
		TEST(nothing_is_left_of_the_request_that_had_the_item_before),
		TEST(an_entry_whose_metadata_is_aligned_for_no_access_is_bad),
		TEST(an_entry_with_no_room_for_metadata_is_bad),
		TEST(an_entry_beyond_the_memory_is_bad),
		TEST(metadata_of_another_version_is_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

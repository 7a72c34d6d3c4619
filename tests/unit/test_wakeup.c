// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_wakeup.c - system calls for rings are made where the kernel asks for them, and nowhere else
 */
/* link: @core */
/* links more: a core sends by its reply, frames, idle and queue together */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <sys/socket.h>

#include <cmocka.h>

#define CORES 1
#include "cores.h"

#define LEN 60

static struct core *c;
static int sends, wakes;  /* system calls */
static int fails_first;   /* so many that send fail, and the kernel takes nothing */
static bool copies;       /* one that does not fail takes all */

ssize_t sendto(int sock, const void *buf, size_t len, int flags, const struct sockaddr *to,
	       socklen_t tolen)
{
	sends++;
	if (fails_first-- > 0) {
		errno = EAGAIN;
		return -1;
	}
	if (copies)
		ring_set_cons(&c->tx, *c->tx.prod);
	return 0;
}

ssize_t recvfrom(int sock, void *buf, size_t len, int flags, struct sockaddr *from,
		 socklen_t *fromlen)
{
	wakes++;
	return -1;
}

static int none(struct shunt_view *v, const struct shunt_event *ev)
{
	return -1;
}

static int set_up(void **state)
{
	int err = make_cores(none);

	c = &s.core[0];
	c->comp_keep = 0;
	sends = wakes = fails_first = 0;
	copies = true;
	return err;
}

static int tear_down(void **state)
{
	remove_cores();
	return 0;
}

/* Datagrams in frames of the core's own. */
static void write_replies(int n)
{
	while (n--) {
		ledger_free(c->list, c->nfree, n);
		c->nfree++;
		reply_frame(c, 0, LEN);
	}
}

static void a_kernel_that_copies_is_called_once_for_all_replies(void **state)
{
	write_replies(5);
	assert_int_equal(c->pending, 5);
	reply_kick(c);
	assert_int_equal(sends, 1);
	assert_int_equal(c->pending, 0);
	assert_int_equal(c->line->stats.kicks, 1);
}

static void what_the_kernel_left_is_offered_again_and_stays_pending(void **state)
{
	write_replies(3);
	fails_first = 2;
	reply_kick(c);
	assert_int_equal(sends, 3);
	assert_int_equal(c->pending, 0);
	write_replies(3);
	fails_first = 100;
	reply_kick(c);
	assert_int_equal(sends, 3 + 4);
	assert_int_equal(c->pending, 3);
}

static void a_driver_at_work_is_not_called(void **state)
{
	*c->tx.flags = 0;
	write_replies(5);
	reply_kick(c);
	assert_int_equal(sends, 0);
	assert_int_equal(c->line->stats.kicks, 0);
	assert_int_equal(c->pending, 0);
}

/* The kernel takes the entries later: the core has nothing to do meanwhile, and is idle. */
static void a_driver_that_was_woken_is_not_waited_for(void **state)
{
	copies = false;
	write_replies(5);
	reply_kick(c);
	assert_int_equal(sends, 1);
	assert_int_equal(c->pending, 0);
}

/* The kernel asked after its last look, when the core had looked for it already. */
static void an_idle_core_finds_a_driver_that_fell_asleep_beside_replies(void **state)
{
	copies = false;
	*c->tx.flags = 0;
	write_replies(2);
	reply_kick(c);
	idle_turn(c);
	idle_turn(c);
	assert_int_equal(sends, 0);
	*c->tx.flags = XDP_RING_NEED_WAKEUP;
	idle_turn(c);
	assert_int_equal(sends, 1);
}

static void complete(int n)
{
	struct shunt_ring *comp = c->comp;

	for (int i = 0; i < n; i++)
		comp->addr[(*comp->prod + i) & comp->mask] = (SHUNT_SPARE + i) * 2048;
	ring_set_prod(comp, *comp->prod + n);
}

static void a_driver_that_found_no_frames_is_woken_once_there_are_some(void **state)
{
	*c->fill->flags = XDP_RING_NEED_WAKEUP;
	complete(SHUNT_SPARE + 4);
	frames_recycle(c);
	assert_int_equal(ring_count(c->fill), 4);
	assert_int_equal(wakes, 1);
}

static void frames_cost_no_system_call_where_nobody_waits_for_them(void **state)
{
	complete(SHUNT_SPARE + 4);
	frames_recycle(c);
	assert_int_equal(ring_count(c->fill), 4);
	assert_int_equal(wakes, 0);
}

#define WAKEUP_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WAKEUP_TEST(a_kernel_that_copies_is_called_once_for_all_replies),
		WAKEUP_TEST(what_the_kernel_left_is_offered_again_and_stays_pending),
		WAKEUP_TEST(a_driver_at_work_is_not_called),
		WAKEUP_TEST(a_driver_that_was_woken_is_not_waited_for),
		WAKEUP_TEST(an_idle_core_finds_a_driver_that_fell_asleep_beside_replies),
		WAKEUP_TEST(a_driver_that_found_no_frames_is_woken_once_there_are_some),
		WAKEUP_TEST(frames_cost_no_system_call_where_nobody_waits_for_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

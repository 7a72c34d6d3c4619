// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_home_rings.c - where each core has a fill ring of its own, a frame goes back to the one
 * where it is at home, whoever sent it: no queue runs dry because others serve what came through it
 *
 * Cores' own code on rings in memory. The kernel's part is played here: take from a fill ring,
 * complete sent frames. All indexes are about to wrap.
 */
/* link: hostlib/frames.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "hostlib/internal.h"

#define CORES 3
#define SHARE 130 /* frames at home in each ring */
#define FRAMES (CORES * SHARE + 1) /* one frame more than the rings share evenly */
#define RING 512
#define CHUNK 2048
#define START (UINT32_MAX - 1)
#define SOMEBODY 77 /* who may hold a lock */
#define SOCK 1000   /* of core 0; + core */
#define CTL_LEN (sizeof(struct shunt_ctl) + CORES * sizeof(struct shunt_free))

struct fake_ring {
	uint32_t prod, cons, flags;
	__u64 addr[RING];
};

static struct shunt s;
static struct fake_ring fill[CORES], comp[CORES];
static const struct transport shared, on_wire = { .nic_decides = true };

static int woken[CORES];

/* Of a socket it wakes the driver of its queue. */
ssize_t recvfrom(int sock, void *buf, size_t len, int flags, struct sockaddr *from,
		 socklen_t *fromlen)
{
	assert_in_range(sock, SOCK, SOCK + CORES - 1);
	assert_int_equal(flags, MSG_DONTWAIT);
	woken[sock - SOCK]++;
	return 0;
}

static struct shunt_ring ring_on(struct fake_ring *f)
{
	f->prod = f->cons = START;
	f->flags = 0;
	return (struct shunt_ring){ .prod = &f->prod, .cons = &f->cons, .flags = &f->flags,
				    .addr = f->addr, .mask = RING - 1 };
}

static int set_up(void **state)
{
	s = (struct shunt){ .ncores = CORES, .transport = &shared,
			    .geo = { .nframes = FRAMES, .chunk = CHUNK, .core_ring = RING,
				     .fill_ring = RING, .ncores = CORES, .nclasses = 1,
				     .nqueues = CORES } };
	s.ctl = aligned_alloc(SHUNT_LINE, CTL_LEN);
	s.view = aligned_alloc(SHUNT_LINE, sizeof(*s.view));
	s.core = aligned_alloc(SHUNT_LINE, CORES * sizeof(*s.core));
	assert_true(s.ctl && s.view && s.core);
	memset(s.ctl, 0, CTL_LEN);
	memset(s.view, 0, sizeof(*s.view));
	for (int i = 0; i < CORES; i++) {
		s.fill[i] = ring_on(&fill[i]);
		s.comp[i] = ring_on(&comp[i]);
		woken[i] = 0;
		s.core[i] = (struct core){ .s = &s, .id = i, .sock = SOCK + i,
					   .line = &s.view->core[i],
					   .fill = &s.fill[i], .comp = &s.comp[i],
					   .fill_lock = &s.ctl->fill_lock[i].holder,
					   .list = &s.ctl->free[i] };
	}
	return 0;
}

static int tear_down(void **state)
{
	free(s.ctl);
	free(s.view);
	free(s.core);
	return 0;
}

/* The first of a core's own frames, by number. */
static uint32_t first_of(int core)
{
	return core * SHARE;
}

static int home(uint64_t frame)
{
	return frame < CORES * SHARE ? frame / SHARE : CORES - 1;
}

/* The kernel has sent n frames from the first-th on for this core; packets begin somewhere in
 * them. */
static void complete(int core, uint32_t first, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		comp[core].addr[comp[core].prod++ % RING] = (uint64_t)(first + i) * CHUNK + 256;
}

static uint32_t filled(int core)
{
	return fill[core].prod - fill[core].cons;
}

/* The i-th of a fill ring. */
static uint64_t filled_with(int core, uint32_t i)
{
	return fill[core].addr[(fill[core].cons + i) % RING];
}

/* Frames from the first-th on, in whatever order. */
static void assert_filled(int core, uint32_t first, uint32_t n)
{
	uint64_t seen = 0;

	assert_int_equal(filled(core), n);
	for (uint32_t i = 0; i < n; i++) {
		uint64_t frame = filled_with(core, i) / CHUNK - first;

		assert_int_equal(filled_with(core, i) % CHUNK, 0);
		assert_true(frame < n && !(seen >> frame & 1));
		seen |= 1ULL << frame;
	}
}

/* The frame that frames_get() found. */
static void send_in(struct core *c)
{
	c->list->n = --c->nfree;
}

static void set_lock(int core, uint32_t who)
{
	s.ctl->fill_lock[core].holder = who;
}

static uint32_t lock_of(int core)
{
	return s.ctl->fill_lock[core].holder;
}

static void a_sent_frame_goes_back_to_its_home(void **state)
{
	complete(0, first_of(1), 3);
	complete(0, first_of(2), 5);
	frames_recycle(&s.core[0]);
	assert_filled(0, 0, 0);
	assert_filled(1, first_of(1), 3);
	assert_filled(2, first_of(2), 5);
	assert_int_equal(s.core[0].nfree, 0);
}

static void what_is_not_answered_goes_back_to_its_home(void **state)
{
	for (uint32_t i = 0; i < FREE_MAX / 2 + 1; i++)
		frames_free(&s.core[0], (uint64_t)(first_of(1) + i) * CHUNK + 256);
	/* The last stays until the next one: its request has not ended. */
	assert_filled(1, first_of(1), FREE_MAX / 2);
	assert_filled(0, 0, 0);
}

static void a_core_keeps_some_of_its_own_frames_and_none_of_others(void **state)
{
	complete(1, first_of(0), 4);
	complete(1, first_of(1), SHUNT_SPARE + 7);
	complete(1, first_of(2), 4);
	frames_recycle(&s.core[1]);
	assert_filled(0, first_of(0), 4);
	assert_int_equal(filled(1), 7);
	assert_filled(2, first_of(2), 4);
	assert_int_equal(s.core[1].nfree, SHUNT_SPARE);
	for (uint32_t i = 0; i < SHUNT_SPARE; i++)
		assert_in_range(s.core[1].list->frame[i], first_of(1),
				first_of(1) + SHUNT_SPARE + 6);
}

/* On the wire a request seldom runs elsewhere than at its frame's home, so a core may keep spare
 * frames of any home. */
static void on_the_wire_a_core_keeps_frames_of_whatever_home(void **state)
{
	s.transport = &on_wire;
	for (uint32_t i = 0; i < SHUNT_SPARE + 3; i++)
		frames_free(&s.core[0], (uint64_t)(first_of(2) + i) * CHUNK);
	frames_recycle(&s.core[0]);
	assert_int_equal(s.core[0].nfree, SHUNT_SPARE);
	assert_filled(2, first_of(2) + SHUNT_SPARE, 3);
}

static void the_frame_that_a_division_leaves_over_is_the_last_rings(void **state)
{
	complete(0, FRAMES - 1, 1);
	frames_recycle(&s.core[0]);
	assert_filled(CORES - 1, FRAMES - 1, 1);
}

/* A core does not wait for a ring's lock, and frames at home in other rings are not held up. */
static void a_frame_whose_ring_is_locked_stays_with_the_core_until_it_is_not(void **state)
{
	set_lock(1, SOMEBODY);
	complete(0, first_of(1), 2);
	complete(0, first_of(2), 1);
	frames_recycle(&s.core[0]);
	assert_filled(1, 0, 0);
	assert_filled(2, first_of(2), 1);
	assert_int_equal(s.core[0].nfree, 2);
	assert_int_equal(lock_of(1), SOMEBODY);

	set_lock(1, 0);
	complete(0, first_of(2) + 1, 1);
	frames_recycle(&s.core[0]);
	assert_filled(1, first_of(1), 2);
	assert_int_equal(s.core[0].nfree, 0);
	assert_int_equal(lock_of(1) | lock_of(2), 0);
}

/* The completion ring is the core's alone: no lock is in its way. */
static void a_core_sends_in_what_it_sent_before_whoever_fills_its_ring(void **state)
{
	uint64_t addr = 0;

	set_lock(0, SOMEBODY);
	assert_int_equal(frames_get(&s.core[0], &addr), -ENOBUFS);
	complete(0, first_of(2), 1);
	assert_int_equal(frames_get(&s.core[0], &addr), 0);
	assert_int_equal(addr, (uint64_t)first_of(2) * CHUNK);
	send_in(&s.core[0]);
	assert_int_equal(frames_get(&s.core[0], &addr), -ENOBUFS);
}

/* In zero copy a driver that found its fill ring empty waits for that. */
static void a_driver_that_waits_is_woken_by_the_socket_of_the_queue_that_got_frames(void **state)
{
	fill[1].flags = fill[2].flags = XDP_RING_NEED_WAKEUP;
	complete(0, first_of(1), 3);
	frames_recycle(&s.core[0]);
	assert_int_equal(woken[1], 1);
	assert_int_equal(woken[0] | woken[2], 0);
	fill[1].flags = 0;
	complete(0, first_of(1) + 3, 3);
	frames_recycle(&s.core[0]);
	assert_filled(1, first_of(1), 6);
	assert_int_equal(woken[1], 1);
}

/* The kernel echoes whatever a worker once sent. */
static void what_is_no_frame_is_counted_and_goes_nowhere(void **state)
{
	comp[0].addr[comp[0].prod++ % RING] = (uint64_t)FRAMES * CHUNK;
	comp[0].addr[comp[0].prod++ % RING] = ~0ULL;
	complete(0, first_of(1), 1);
	frames_recycle(&s.core[0]);
	frames_free(&s.core[0], (uint64_t)FRAMES * CHUNK);
	assert_int_equal(s.view->core[0].stats.bad_frame, 2);
	assert_filled(1, first_of(1), 1);
	assert_int_equal(filled(0) + filled(2) + s.core[0].nfree, 0);
}

/* --- all at once ----------------------------------------------------------------------------- */

/* A request, most often of the first queue, is served by some core, which may send a frame of its
 * own, too. */
static void serve(void)
{
	struct core *c = &s.core[rand() % CORES];
	int queue = rand() & 3 ? 0 : rand() % CORES;
	uint64_t addr;

	if (filled(queue)) {
		addr = filled_with(queue, 0) + 256;
		fill[queue].cons++;
		if (rand() & 1)
			comp[c->id].addr[comp[c->id].prod++ % RING] = addr;
		else
			frames_free(c, addr);
	}
	if (rand() % 8 == 0 && !frames_get(c, &addr)) {
		send_in(c);
		comp[c->id].addr[comp[c->id].prod++ % RING] = addr;
	}
}

static void recycle_while_somebody_fills(int locked)
{
	set_lock(locked, SOMEBODY);
	frames_recycle(&s.core[rand() % CORES]);
	assert_int_equal(lock_of(locked), SOMEBODY);
	set_lock(locked, 0);
}

static void see(uint8_t *seen, uint64_t addr)
{
	assert_true(addr < (uint64_t)FRAMES * CHUNK);
	assert_int_equal(seen[addr / CHUNK], 0);
	seen[addr / CHUNK] = 1;
}

/* Each frame is in one place, and in no fill ring but its home. */
static void assert_all_there(void)
{
	uint8_t seen[FRAMES] = { 0 };

	for (int k = 0; k < CORES; k++) {
		for (uint32_t i = 0; i < filled(k); i++) {
			see(seen, filled_with(k, i));
			assert_int_equal(home(filled_with(k, i) / CHUNK), k);
		}
		for (uint32_t i = comp[k].cons; i != comp[k].prod; i++)
			see(seen, comp[k].addr[i % RING]);
		for (uint32_t i = 0; i < s.core[k].nfree; i++)
			see(seen, (uint64_t)s.core[k].list->frame[i] * CHUNK);
	}
	for (int i = 0; i < FRAMES; i++)
		assert_int_equal(seen[i], 1);
}

static void frames_stay_one_each_and_no_ring_runs_dry_whoever_serves(void **state)
{
	for (int i = 0; i < FRAMES; i++)
		fill[home(i)].addr[fill[home(i)].prod++ % RING] = (uint64_t)i * CHUNK;
	srand(1);
	for (int i = 0; i < 200000; i++) {
		serve();
		if (rand() % 4 == 0)
			recycle_while_somebody_fills(rand() % CORES);
		if (i % 100 == 0)
			assert_all_there();
	}
	for (int k = 0; k < CORES; k++)
		frames_recycle(&s.core[k]);
	assert_all_there();
	for (int k = 0; k < CORES; k++)
		assert_true(filled(k) >= SHARE - CORES * SHUNT_SPARE);
}

#define HOME_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		HOME_TEST(a_sent_frame_goes_back_to_its_home),
		HOME_TEST(what_is_not_answered_goes_back_to_its_home),
		HOME_TEST(a_core_keeps_some_of_its_own_frames_and_none_of_others),
		HOME_TEST(on_the_wire_a_core_keeps_frames_of_whatever_home),
		HOME_TEST(the_frame_that_a_division_leaves_over_is_the_last_rings),
		HOME_TEST(a_frame_whose_ring_is_locked_stays_with_the_core_until_it_is_not),
		HOME_TEST(a_core_sends_in_what_it_sent_before_whoever_fills_its_ring),
		HOME_TEST(
			a_driver_that_waits_is_woken_by_the_socket_of_the_queue_that_got_frames),
		HOME_TEST(what_is_no_frame_is_counted_and_goes_nowhere),
		HOME_TEST(frames_stay_one_each_and_no_ring_runs_dry_whoever_serves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

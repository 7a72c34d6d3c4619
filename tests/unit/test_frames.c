// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_frames.c - frames of dead workers are found, all and none twice, while the kernel goes on
 *
 * A model of what the kernel does with a pool's frames (take from the fill ring, receive, keep
 * aside what a full ring refused, publish receive rings first and the fill ring after, but for when
 * it ran out of what it knew) runs against frames.c, which may look between any two of its steps. A
 * pool is that of one queue, whose fill ring all rings share, or those of several, a fill ring and
 * a receive ring each.
 */
/* link: agent/frames.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/frames.h"

#define NFRAMES 128
#define FILL 256
#define RING 8
#define CORES 2
#define CLASSES 2
#define RINGS (CORES + CLASSES)
#define CHUNK 2048

struct pool {
	struct rings r;
	struct {
		__u32 prod, cons;
		__u64 addr[FILL];
	} fill[CORES];
	struct {
		__u32 prod, cons;
		struct xdp_desc desc[RING];
	} rx[RINGS];

	/* The kernel's own: */
	__u32 fill_cons[CORES]; /* taken so far, not all published */
	__u32 fill_prod[CORES]; /* as it was when it last looked */
	__u32 rx_prod[RINGS];
	int aside[CORES];      /* frame + 1 that a refused packet left */
	int refused;           /* packets, ever */
	/* The workers': */
	unsigned char has[NFRAMES];
};

static struct pool *make_pool(__u32 at, __u32 nqueues)
{
	struct pool *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	p->r.geo = (struct shunt_geometry){ .nframes = NFRAMES, .chunk = CHUNK, .core_ring = RING,
					    .hold_ring = nqueues ? 0 : RING, .fill_ring = FILL,
					    .ncores = CORES, .nclasses = CLASSES,
					    .nqueues = nqueues };
	for (__u32 f = 0; f < shunt_fill_rings(&p->r.geo); f++) {
		p->r.fill[f] = (struct shunt_ring){ .prod = &p->fill[f].prod,
						    .cons = &p->fill[f].cons,
						    .addr = p->fill[f].addr, .mask = FILL - 1 };
		p->fill[f].prod = p->fill[f].cons = p->fill_cons[f] = p->fill_prod[f] = at;
	}
	for (__u32 k = 0; k < sockets_of(&p->r.geo); k++) {
		p->r.rx[slot_of(&p->r.geo, k)] = (struct shunt_ring){
			.prod = &p->rx[k].prod, .cons = &p->rx[k].cons, .desc = p->rx[k].desc,
			.mask = RING - 1 };
		p->rx[k].prod = p->rx[k].cons = p->rx_prod[k] = at;
	}
	for (__u32 i = 0; i < NFRAMES; i++) {
		__u32 f = shunt_home(&p->r.geo, i);

		p->fill[f].addr[p->fill[f].prod++ & (FILL - 1)] = (__u64)i * CHUNK;
	}
	return p;
}

static struct pool *new_pool(__u32 at)
{
	return make_pool(at, 0);
}

static __u32 rings_of(const struct pool *p)
{
	return sockets_of(&p->r.geo);
}

/* The fill ring that ring k is fed from. */
static __u32 fill_of(const struct pool *p, __u32 k)
{
	return p->r.geo.nqueues ? k : 0;
}

/* Is there a frame to take? Looking for more publishes what was taken, in the midst of a round. */
static int look_for_more(struct pool *p, __u32 f)
{
	if (p->fill_cons[f] == p->fill_prod[f]) {
		p->fill[f].cons = p->fill_cons[f];
		p->fill_prod[f] = p->fill[f].prod;
	}
	return p->fill_cons[f] != p->fill_prod[f];
}

/* A packet for ring k. */
static void receive(struct pool *p, __u32 k)
{
	__u32 f = fill_of(p, k);
	__u64 frame;

	if (p->aside[f]) {
		frame = p->aside[f] - 1;
		p->aside[f] = 0;
	} else if (look_for_more(p, f)) {
		frame = p->fill[f].addr[p->fill_cons[f]++ & (FILL - 1)] / CHUNK;
	} else {
		return; /* dropped */
	}
	if (p->rx_prod[k] - p->rx[k].cons == RING) {
		p->aside[f] = frame + 1;
		p->refused++;
		return;
	}
	p->rx[k].desc[p->rx_prod[k]++ & (RING - 1)].addr = frame * CHUNK + 256;
}

static void flush_rx(struct pool *p)
{
	for (__u32 k = 0; k < rings_of(p); k++)
		p->rx[k].prod = p->rx_prod[k];
}

static void flush_fill(struct pool *p)
{
	for (__u32 f = 0; f < shunt_fill_rings(&p->r.geo); f++)
		p->fill[f].cons = p->fill_cons[f];
}

/* A worker takes a request; it may give the frame back. */
static void work(struct pool *p)
{
	__u32 k = rand() % rings_of(p), home;
	__u64 frame;

	if (p->rx[k].cons != p->rx[k].prod) {
		frame = p->rx[k].desc[p->rx[k].cons++ & (RING - 1)].addr / CHUNK;
		assert_int_equal(p->has[frame], 0);
		p->has[frame] = 1;
	}
	frame = rand() % NFRAMES;
	if (p->has[frame] && rand() % 2) {
		home = shunt_home(&p->r.geo, frame);
		p->has[frame] = 0;
		p->fill[home].addr[p->fill[home].prod++ & (FILL - 1)] = frame * CHUNK;
	}
}

/* All that there is, as the kernel sees it: each frame is in one place. */
static void check(struct pool *p, int missing_at_most)
{
	int seen[NFRAMES] = { 0 }, missing = 0;

	for (__u32 f = 0; f < shunt_fill_rings(&p->r.geo); f++) {
		for (__u32 i = p->fill_cons[f]; i != p->fill[f].prod; i++)
			seen[p->fill[f].addr[i & (FILL - 1)] / CHUNK]++;
		if (p->aside[f])
			seen[p->aside[f] - 1]++;
	}
	for (__u32 k = 0; k < rings_of(p); k++) {
		for (__u32 i = p->rx[k].cons; i != p->rx_prod[k]; i++)
			seen[p->rx[k].desc[i & (RING - 1)].addr / CHUNK]++;
	}
	for (int i = 0; i < NFRAMES; i++) {
		assert_in_range(seen[i] + p->has[i], 0, 1);
		missing += !seen[i] && !p->has[i];
	}
	assert_in_range(missing, 0, missing_at_most);
}

/* The round of packets comes to its end, and another one to any point of its own. */
static void next_round(struct pool *p)
{
	flush_rx(p);
	flush_fill(p);
	for (int n = rand() % 6; n; n--)
		receive(p, rand() % rings_of(p));
	if (rand() % 2)
		flush_rx(p);
}

/* The worker is dead: its frames go back. */
static void reclaim(struct pool *p)
{
	unsigned char seen[NFRAMES] = { 0 };
	__u32 list[NFRAMES];
	struct harvest h = { .frame = list };

	memset(p->has, 0, sizeof(p->has));
	for (int round = FRAMES_FIRST; round <= FRAMES_SECOND; round++) {
		next_round(p);
		assert_int_equal(frames_mark(&p->r, round, seen), 0);
	}
	frames_list(&p->r, seen, &h);
	for (int i = 0; !p->refused && i < FRAMES_KEPT; i++) {
		if (h.kept[i])
			list[h.n++] = h.kept[i] - 1;
	}
	assert_int_equal(frames_give(&p->r, list, h.n), 0);
	check(p, p->refused ? 2 * shunt_fill_rings(&p->r.geo) : 0);
}

/* Takes both looks at the rings, while the kernel does nothing. */
static int look(struct pool *p, struct harvest *h)
{
	unsigned char seen[NFRAMES] = { 0 };
	int err = frames_mark(&p->r, FRAMES_FIRST, seen);

	if (!err)
		err = frames_mark(&p->r, FRAMES_SECOND, seen);
	if (!err)
		frames_list(&p->r, seen, h);
	return err;
}

static void live(struct pool *p, int packets, int rings)
{
	while (packets--) {
		for (int n = rand() % 6; n; n--) {
			receive(p, rand() % rings);
			if (rand() % 8 == 0)
				reclaim(p);
		}
		for (int n = rand() % 4; n; n--)
			work(p);
		flush_rx(p);
		for (int n = rand() % 4; n; n--)
			work(p);
		if (rand() % 8 == 0)
			reclaim(p);
		flush_fill(p);
		if (rand() % 8 == 0)
			reclaim(p);
	}
}

static void test_no_frame_is_lost_or_doubled(void **state)
{
	for (int seed = 0; seed < 300; seed++) {
		struct pool *p = new_pool(seed % 3 ? 0 : -100);

		srand(seed);
		live(p, 300, RINGS);
		reclaim(p);
		free(p);
	}
}

static void test_no_frame_is_lost_or_doubled_among_several_queues(void **state)
{
	for (int seed = 0; seed < 300; seed++) {
		struct pool *p = make_pool(seed % 3 ? 0 : -100, CORES);

		srand(seed);
		live(p, 300, CORES);
		reclaim(p);
		free(p);
	}
}

/* Whichever queue's the dead had taken most of, each has its own back. */
static void test_frames_go_back_to_their_own_queue(void **state)
{
	struct pool *p = make_pool(0, CORES);
	__u32 each = NFRAMES / CORES;

	for (int i = 0; i < RING; i++) {
		receive(p, 1);
		flush_rx(p);
		flush_fill(p);
		p->has[p->rx[1].desc[p->rx[1].cons++ & (RING - 1)].addr / CHUNK] = 1;
	}
	assert_int_equal(p->fill[1].prod - p->fill_cons[1], each - RING);
	reclaim(p);
	for (__u32 f = 0; f < CORES; f++) {
		__u32 n = p->fill[f].prod - p->fill_cons[f] + p->rx_prod[f] - p->rx[f].cons;

		assert_int_equal(n, each);
		for (__u32 i = p->fill_cons[f]; i != p->fill[f].prod; i++)
			assert_int_equal(p->fill[f].addr[i & (FILL - 1)] / CHUNK / each, f);
	}
	free(p);
}

static void test_a_frame_in_two_fill_rings_is_noticed(void **state)
{
	struct pool *p = make_pool(0, CORES);
	__u32 list[NFRAMES];
	struct harvest h = { .frame = list };

	p->fill[0].addr[3] = p->fill[1].addr[7];
	assert_int_equal(look(p, &h), -EBADMSG);
	free(p);
}

/* A queue whose ring is full loses none of what the other has room for. */
static void test_each_fill_ring_has_room_or_nothing_is_given(void **state)
{
	struct pool *p = make_pool(0, CORES);
	__u32 list[FILL + 1];

	for (int i = 0; i <= FILL; i++)
		list[i] = i < FILL - NFRAMES / CORES ? 0 : NFRAMES - 1;
	assert_int_equal(frames_give(&p->r, list, FILL), 0);
	assert_int_equal(frames_give(&p->r, list, 1), -ENOSPC);
	assert_int_equal(p->fill[0].prod, FILL);
	free(p);
}

/* All packets go to one ring, from which none is taken: most are refused. */
static void test_a_refused_packet_keeps_one_frame_aside(void **state)
{
	struct pool *p = new_pool(0);

	for (int i = 0; i < 3 * RING; i++) {
		receive(p, 3);
		reclaim(p);
		flush_rx(p);
		reclaim(p);
		flush_fill(p);
		reclaim(p);
	}
	assert_true(p->refused > RING);
	assert_int_not_equal(p->aside[0], 0);
	free(p);
}

static void test_a_frame_that_is_there_twice_is_noticed(void **state)
{
	struct pool *p = new_pool(0);
	__u32 list[NFRAMES];
	struct harvest h = { .frame = list };

	p->fill[0].addr[10] = p->fill[0].addr[20];
	assert_int_equal(look(p, &h), -EBADMSG);
	free(p);
}

static void test_indexes_that_make_no_sense_are_noticed(void **state)
{
	struct pool *p = new_pool(0);
	__u32 list[NFRAMES];
	struct harvest h = { .frame = list };

	p->rx[1].cons = p->rx[1].prod + 1;
	assert_int_equal(look(p, &h), -EBADMSG);
	p->rx[1].cons = p->rx[1].prod;
	p->fill[0].prod += FILL;
	assert_int_equal(look(p, &h), -EBADMSG);
	free(p);
}

/* Addresses outside the memory are of no frame, so none shows up twice: the ring's length itself
 * must be checked. */
static void test_a_fill_ring_that_is_longer_than_it_can_be_is_noticed(void **state)
{
	struct pool *p = new_pool(0);
	__u32 list[NFRAMES];
	struct harvest h = { .frame = list };

	for (__u32 i = 0; i < FILL; i++)
		p->fill[0].addr[i] = ~0ULL;
	p->fill[0].prod = p->fill[0].cons + FILL + 1;
	assert_int_equal(look(p, &h), -EBADMSG);
	free(p);
}

/* Addresses out of the memory are the kernel's to throw away; frames of that entry come back. */
static void test_addresses_out_of_the_memory_are_bounded(void **state)
{
	struct pool *p = new_pool(0);
	__u32 list[NFRAMES];
	struct harvest h = { .frame = list };

	p->fill[0].addr[5] = ~0ULL;
	p->fill[0].addr[6] = (__u64)NFRAMES * CHUNK;
	receive(p, 0);
	flush_rx(p);
	flush_fill(p);
	p->rx[0].desc[0].addr = 1ULL << 60;
	assert_int_equal(look(p, &h), 0);
	assert_int_equal(h.n, 2);
	assert_int_equal(h.kept[0], 1);
	assert_int_equal(h.kept[1], 0);
	free(p);
}

static void test_no_more_is_given_than_fits(void **state)
{
	struct pool *p = new_pool(0);
	__u32 list[FILL] = { 0 };

	assert_int_equal(frames_give(&p->r, list, FILL - NFRAMES + 1), -ENOSPC);
	assert_int_equal(p->fill[0].prod, NFRAMES);
	assert_int_equal(frames_give(&p->r, list, FILL - NFRAMES), 0);
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_frame_is_lost_or_doubled),
		cmocka_unit_test(test_no_frame_is_lost_or_doubled_among_several_queues),
		cmocka_unit_test(test_frames_go_back_to_their_own_queue),
		cmocka_unit_test(test_a_frame_in_two_fill_rings_is_noticed),
		cmocka_unit_test(test_each_fill_ring_has_room_or_nothing_is_given),
		cmocka_unit_test(test_a_refused_packet_keeps_one_frame_aside),
		cmocka_unit_test(test_a_frame_that_is_there_twice_is_noticed),
		cmocka_unit_test(test_indexes_that_make_no_sense_are_noticed),
		cmocka_unit_test(test_a_fill_ring_that_is_longer_than_it_can_be_is_noticed),
		cmocka_unit_test(test_addresses_out_of_the_memory_are_bounded),
		cmocka_unit_test(test_no_more_is_given_than_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

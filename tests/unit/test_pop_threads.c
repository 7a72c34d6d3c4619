// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_pop_threads.c - many cores pop the same rings under ThreadSanitizer: each request once, each
 * frame back
 *
 * One thread fills rings as the kernel does (frames from the fill ring, entries, then the producer
 * index); the others run the library's own queue and frame code on them.
 */
/* link: @core */
/* links more: threads pop, park and free as whole cores do */
/* sanitize: thread */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../hostlib/internal.h"
#include "../ring.h"

#define CORES 3
#define CLASSES 2
#define FRAMES 512
#define RING 128
#define REQUESTS 200000

static struct shunt s;
static struct policy policy;
static _Atomic uint8_t seen[REQUESTS + 1];
static _Atomic uint64_t served, parked;

static int lowest(struct shunt_view *v, const struct shunt_event *ev)
{
	return ev->waiting ? __builtin_ctz(ev->waiting) : -1;
}

static int set_up(void **state)
{
	memset(&s, 0, sizeof(s));
	memset(seen, 0, sizeof(seen));
	served = parked = 0;
	s.geo = (struct shunt_geometry){ .nframes = FRAMES, .chunk = 2048, .core_ring = RING,
		.hold_ring = RING, .fill_ring = FRAMES, .ncores = CORES, .nclasses = CLASSES };
	s.ncores = CORES;
	s.nhold = CLASSES;
	s.transport = &transport_shared;
	s.opts.idle = SHUNT_IDLE_SPIN;
	s.memory = aligned_alloc(4096, shunt_memory_len(&s.geo));
	memset(s.memory, 0, shunt_memory_len(&s.geo));
	s.ctl = shunt_ctl_of(s.memory, &s.geo);
	s.view = aligned_alloc(64, sizeof(*s.view));
	memset(s.view, 0, sizeof(*s.view));
	s.view->up = (1 << CORES) - 1;
	s.core = aligned_alloc(64, CORES * sizeof(*s.core));
	memset(s.core, 0, CORES * sizeof(*s.core));
	make_ring(&s.fill[0], FRAMES);
	make_ring(&s.comp[0], FRAMES);
	for (int i = 0; i < CORES; i++) {
		struct core *c = &s.core[i];

		*c = (struct core){ .s = &s, .id = i, .sock = -1, .line = &s.view->core[i],
				    .run = &s.view->core[i].run, .fill = &s.fill[0],
				    .comp = &s.comp[0], .comp_keep = COMP_KEEP,
				    .fill_lock = &s.ctl->fill_lock[0].holder,
				    .list = &s.ctl->free[i] };
		make_ring(&c->rx, RING);
		make_ring(&c->tx, RING);
	}
	for (int i = 0; i < CLASSES; i++)
		make_ring(&s.hold[i], RING);
	for (int i = 0; i < FRAMES; i++)
		s.fill[0].addr[i] = i * 2048ULL;
	*s.fill[0].prod = FRAMES;
	policy = (struct policy){ .select = lowest, .flags = SHUNT_NEEDS_HEADS | SHUNT_STEALS,
				  .gen = 1, .fd = -1 };
	atomic_store(&s.policy, &policy);
	s.view->parked_max = 16;
	return park_init(&s);
}

static int set_up_unasked(void **state)
{
	int err = set_up(state);

	policy.flags |= SHUNT_TAKES_ANY;
	return err;
}

static int tear_down(void **state)
{
	park_free(&s);
	for (int i = 0; i < CORES; i++) {
		free(s.core[i].rx.map);
		free(s.core[i].tx.map);
	}
	for (int i = 0; i < CLASSES; i++)
		free(s.hold[i].map);
	free(s.fill[0].map);
	free(s.comp[0].map);
	free(s.memory);
	free(s.view);
	free(s.core);
	return 0;
}

/* The kernel's part: puts packets that XDP redirected into their rings. */
static void *kernel(void *arg)
{
	for (uint64_t id = 1; id <= REQUESTS;) {
		struct shunt_ring *r = id % 3 ? &s.hold[id % CLASSES] : &s.core[id % CORES].rx;
		uint32_t prod = *r->prod, from = peek(*s.fill[0].cons);
		uint64_t addr;
		struct shunt_meta *m;

		if (prod - ring_cons(r) > r->mask || ring_prod(&s.fill[0]) == from) {
			sched_yield();
			continue;
		}
		addr = s.fill[0].addr[from & s.fill[0].mask] + 256;
		ring_set_cons(&s.fill[0], from + 1);
		m = (struct shunt_meta *)(s.memory + addr - sizeof(*m));
		poke(m->id, id);
		poke(m->arrival_ns, id);
		poke(m->hold_seq, (uint32_t)id);
		poke(m->payload, 42);
		poke(m->len, 18);
		poke(m->cls, id % CLASSES);
		poke(m->abi, SHUNT_ABI);
		poke(r->desc[prod & r->mask].addr, addr);
		poke(r->desc[prod & r->mask].len, 60);
		ring_set_prod(r, prod + 1);
		id++;
	}
	return NULL;
}

/* Every fourth request is preempted twice: it is parked, and any core goes on with it. */
static bool is_preempted(const struct item *it)
{
	return it->req.id % 4 == 0 && it->quanta < 2 && !park_full(&s);
}

static void *core_thread(void *arg)
{
	struct core *c = arg;
	struct item *it;

	while (atomic_load(&served) < REQUESTS) {
		if (!next_take(c)) {
			idle_turn(c);
			sched_yield();
			continue;
		}
		it = c->item;
		if (is_preempted(it)) {
			it->quanta++;
			/* To the head, or to the tail. */
			it->queued_ns += it->req.id % 8 ? 0 : REQUESTS;
			park_put(c, -1);
			atomic_fetch_add(&parked, 1);
			continue;
		}
		if (it->sane && it->req.id <= REQUESTS)
			atomic_fetch_add(&seen[it->req.id], 1);
		queue_end(c, it, 1, true);
		atomic_fetch_add(&served, 1);
	}
	return NULL;
}

static void run_all(void)
{
	pthread_t k, t[CORES];

	pthread_create(&k, NULL, kernel, NULL);
	for (int i = 0; i < CORES; i++)
		pthread_create(&t[i], NULL, core_thread, &s.core[i]);
	pthread_join(k, NULL);
	for (int i = 0; i < CORES; i++)
		pthread_join(t[i], NULL);
}

static void every_request_is_taken_once_and_every_frame_comes_back(void **state)
{
	uint64_t ended = 0;
	uint8_t frames[FRAMES] = { 0 };

	run_all();
	for (int id = 1; id <= REQUESTS; id++)
		assert_int_equal(seen[id], 1);
	for (int i = 0; i < CORES; i++) {
		assert_int_equal(s.view->core[i].run.id, 0);
		assert_int_equal(s.view->core[i].run.intent, 0);
		assert_int_equal(s.view->core[i].stats.bad_frame, 0);
		for (int k = 0; k < CLASSES; k++)
			ended += s.view->core[i].cls[k].noreply;
	}
	assert_int_equal(ended, REQUESTS);
	assert_true(parked > REQUESTS / 8);
	assert_int_equal(s.view->parked[0].now, 0);
	assert_true(s.view->parked[0].peak > 0 && s.view->parked[0].peak <= 16);
	for (int i = 0; i < SHUNT_PARKED; i++)
		assert_int_equal(s.ctl->parked[i].id, 0);
	for (int i = 0; i < CORES; i++) {
		for (uint32_t k = 0; k < s.core[i].nfree; k++)
			frames[s.core[i].list->frame[k]]++;
	}
	for (uint32_t i = *s.fill[0].cons; i != *s.fill[0].prod; i++)
		frames[s.fill[0].addr[i & s.fill[0].mask] / 2048]++;
	for (int i = 0; i < FRAMES; i++)
		assert_int_equal(frames[i], 1);
}

static void so_where_the_policy_is_not_asked(void **state)
{
	every_request_is_taken_once_and_every_frame_comes_back(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			every_request_is_taken_once_and_every_frame_comes_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(so_where_the_policy_is_not_asked, set_up_unasked,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * domain.c - the worker library's own core loop on rings in
 * plain memory; hold() stands for XDP and NAPI
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "domain.h"
#include "measure.h"

#include "tests/ring.h"

#define FRAMES 256
#define RING 128
#define STRIP 48          /* steps of work between safepoints, some 60 ns */
#define STRIP_SHORT 8     /* the same for endless ones */
#define LONG_STEPS 700000 /* some 1 ms of them */

struct shunt s;
int core_cpu;
bool safepoints, endless;
_Atomic bool stop_long;
_Atomic uint64_t probe_at, began_at, ended_at;
double wide_ns;

static struct policy policy;

/* --- the requests ----------------------------------------------------------------------------- */

static uint64_t work(uint64_t x, int steps)
{
	while (steps--) {
		x = x * 6364136223846793005ULL + 1442695040888963407ULL;
		asm volatile("" : "+r"(x));
	}
	return x;
}

/* Six sums at once: as many as a core can do, if nobody else uses it. */
static __attribute__((noinline)) void work_wide(void)
{
	uint64_t a = 1, b = 2, c = 3, d = 4, e = 5, f = 6, start = ticks();

	for (int i = 0; i < 10000; i++) {
		a += b ^ i;
		b += 7;
		c ^= b + i;
		d += 3;
		e += c;
		f ^= i;
		asm volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e), "+r"(f));
	}
	wide_ns = (ticks() - start) * ns_per_tick;
}

static void note_begin(void)
{
	if (atomic_load_explicit(&began_at, memory_order_relaxed))
		return;
	work_wide();
	atomic_store_explicit(&began_at, ticks(), memory_order_relaxed);
}

static long handle(struct shunt_req *req, void *arg)
{
	uint64_t x = 1;

	if (req->cls == PROBE) {
		atomic_store(&probe_at, ticks());
		return SHUNT_NO_REPLY;
	}
	if (!endless)
		note_begin();
	for (int left = LONG_STEPS; left > 0; left -= endless ? 0 : STRIP) {
		x = work(x, endless ? STRIP_SHORT : STRIP);
		if (safepoints)
			shunt_safepoint();
		if (endless && atomic_load_explicit(&stop_long, memory_order_relaxed))
			break;
	}
	atomic_store_explicit(&ended_at, ticks(), memory_order_relaxed);
	return SHUNT_NO_REPLY;
}

/* --- the domain ------------------------------------------------------------------------------- */

/* sq: the one queued longest. */
static int oldest(struct shunt_view *v, const struct shunt_event *ev)
{
	const struct shunt_core_heads *h = &v->core[0].heads;
	uint64_t since = ~0ULL;
	int best = -1;

	for (uint32_t left = ev->waiting; left; left &= left - 1) {
		int c = __builtin_ctz(left);

		if (h->queued_ns[c] < since) {
			since = h->queued_ns[c];
			best = c;
		}
	}
	return best;
}

void make_domain(void)
{
	s.geo = (struct shunt_geometry){ .nframes = FRAMES, .chunk = 2048, .core_ring = RING,
		.hold_ring = RING, .fill_ring = 2 * FRAMES, .ncores = 1, .nclasses = 2 };
	s.ncores = 1;
	s.nhold = 2;
	s.transport = &transport_shared;
	s.opts = (struct shunt_opts){ .handler = handle, .idle = SHUNT_IDLE_SPIN, .idle_us = 50 };
	s.link = -1;
	s.cpu[0] = core_cpu;
	s.wake = eventfd(0, EFD_NONBLOCK);
	s.memory = aligned_alloc(4096, shunt_memory_len(&s.geo));
	memset(s.memory, 0, shunt_memory_len(&s.geo));
	s.ctl = shunt_ctl_of(s.memory, &s.geo);
	s.view = aligned_alloc(64, sizeof(*s.view));
	memset(s.view, 0, sizeof(*s.view));
	s.view->up = 1;
	s.view->parked_max = 64;
	for (int i = 0; i < 2; i++)
		s.view->cls[i].requeue = SHUNT_TAIL;
	s.core = aligned_alloc(64, sizeof(*s.core));
	s.core[0] = (struct core){ .s = &s, .sock = -1, .line = &s.view->core[0],
				   .run = &s.view->core[0].run, .fill = &s.fill[0],
				   .comp = &s.comp[0], .comp_keep = COMP_KEEP,
				   .fill_lock = &s.ctl->fill_lock[0].holder,
				   .list = &s.ctl->free[0] };
	make_ring(&s.core[0].rx, RING);
	make_ring(&s.core[0].tx, RING);
	make_ring(&s.fill[0], 2 * FRAMES);
	make_ring(&s.comp[0], 2 * FRAMES);
	for (int i = 0; i < 2; i++)
		make_ring(&s.hold[i], RING);
	policy = (struct policy){ .select = oldest, .flags = SHUNT_NEEDS_HEADS, .gen = 1,
				  .fd = -1 };
	atomic_store(&s.policy, &policy);
	if (park_init(&s) || preempt_signal_install(SHUNT_SIGNAL)) {
		fprintf(stderr, "preempt: %s\n", s.text);
		exit(1);
	}
}

static uint64_t next_id;

/* Puts a request into a hold queue, as XDP and NAPI do; returns the mark that names it. */
struct shunt_mark_for hold(int cls)
{
	struct shunt_ring *r = &s.hold[cls];
	uint32_t seq = s.view->enq[cls];
	uint64_t addr = (seq % (FRAMES / 2) + cls * FRAMES / 2) * 2048ULL + 256;
	struct shunt_meta *m = (struct shunt_meta *)(s.memory + addr - sizeof(*m));

	*m = (struct shunt_meta){ .id = ++next_id, .arrival_ns = clock_ns(), .cls = cls,
		.hold_seq = seq, .payload = 42, .len = 18, .abi = SHUNT_ABI };
	r->desc[*r->prod & r->mask] = (struct xdp_desc){ .addr = addr, .len = 60 };
	poke(s.view->enq[cls], seq + 1);
	ring_set_prod(r, *r->prod + 1);
	ring_set_cons(&s.fill[0], ring_prod(&s.fill[0])); /* the kernel takes what comes back */
	return (struct shunt_mark_for){ .arrival_ns = m->arrival_ns, .seq = seq, .cls = cls };
}

uint64_t ended(int cls)
{
	return peek(s.view->core[0].cls[cls].noreply);
}

static pthread_t thread;

void start_core(void)
{
	atomic_store(&s.quit, false);
	pthread_create(&thread, NULL, core_main, &s.core[0]);
}

void stop_core(void)
{
	atomic_store(&s.quit, true);
	pthread_join(thread, NULL);
}

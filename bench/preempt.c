// SPDX-License-Identifier: BSD-2-Clause
/*
 * preempt.c - what preemption costs: from mark to yield, from signal to yield, and throughput lost to quanta
 *
 * Runs the worker library's own core loop on rings in plain memory, without a network: another thread plays
 * XDP. What is timed is told by the time-stamp counter, whose rate is measured, not assumed.
 *
 *   mark to yield     the marker stores deadline, id and look as XDP does; the request computes, with a safepoint
 *                     each 10 ns or so; the time until it has left its stack (park_put() is wrapped to see that)
 *   signal to yield   the same by tgkill, without safepoints
 *   loss              a ring full of 1 ms requests, served to the end with a quantum of 5, 10, 50 us (each
 *                     yields to the next, all the time), and without; rounds interleaved, medians; a safepoint
 *                     each 60 ns
 *
 * The first two cross CPUs: the time that a cache line takes between them is measured before each group of samples. Groups
 * with less than NEAR_NS are "near": the two CPUs share a cache. QUICK=1 in the environment: a few samples, to see that it works.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <jansson.h>

#include "hostlib/internal.h"

#include "line.h"
#include "ticks.h"

#define FRAMES 256
#define RING 128
#define GROUPS 40         /* at most */
#define GROUP 50          /* samples */
#define NEAR_NS 100
#define REQUESTS 12       /* of a round of "loss": 1 ms each */
#define ROUNDS 41         /* at most */
#define STRIP 48          /* steps of work between safepoints */
#define STRIP_SHORT 8     /* the same while the way from mark to yield is measured */
#define LONG_STEPS 700000 /* some 1 ms of them */

static struct shunt s;
static struct policy policy;
static int core_cpu;
static int groups = GROUPS, rounds = ROUNDS;
static double ns_per_tick, ticks_ns; /* and what ticks() itself takes: it is in what is measured with it */
static bool endless; /* requests run until they are told to end */

/* Who only waits leaves the other CPU its core: they may be two threads of one. */
static inline void relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#else
	asm volatile("yield");
#endif
}

static void measure_ticks(void)
{
	uint64_t t0 = ticks(), n0 = clock_ns();

	while (clock_ns() - n0 < 100000000)
		;
	ns_per_tick = (double)(clock_ns() - n0) / (ticks() - t0);
	n0 = clock_ns();
	for (int i = 0; i < 1000000; i++)
		ticks();
	ticks_ns = (clock_ns() - n0) / 1e6;
}

static int by_value(const void *a, const void *b)
{
	return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

static double quantile(double *x, int n, double q)
{
	qsort(x, n, sizeof(*x), by_value);
	return x[(int)(q * (n - 1) + 0.5)];
}

/* --- a domain without a NIC ---------------------------------------------------------------------- */

static void make_ring(struct shunt_ring *r, uint32_t size)
{
	r->map = aligned_alloc(64, 192 + size * 16);
	memset(r->map, 0, 192 + size * 16);
	r->prod = r->map;
	r->cons = (uint32_t *)((char *)r->map + 64);
	r->flags = (uint32_t *)((char *)r->map + 128);
	r->desc = (struct xdp_desc *)((char *)r->map + 192);
	r->mask = size - 1;
}

static _Atomic uint64_t left_at; /* when a request had left its stack */

void __real_park_put(struct core *c, struct item *it);
void __wrap_park_put(struct core *c, struct item *it);

void __wrap_park_put(struct core *c, struct item *it)
{
	if (endless)
		atomic_store_explicit(&left_at, ticks(), memory_order_relaxed);
	__real_park_put(c, it);
}

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

static long handle(struct shunt_req *req, void *arg);

static void make_domain(void)
{
	s.geo = (struct shunt_geometry){ .nframes = FRAMES, .chunk = 2048, .core_ring = RING,
		.hold_ring = RING, .fill_ring = 2 * FRAMES, .ncores = 1, .nclasses = 2 };
	s.ncores = 1;
	s.nhold = 2;
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
				   .run = &s.view->core[0].run, .fill = &s.fill[0], .comp = &s.comp[0], .comp_keep = COMP_KEEP,
				   .fill_lock = &s.ctl->fill_lock[0].holder };
	make_ring(&s.core[0].rx, RING);
	make_ring(&s.core[0].tx, RING);
	make_ring(&s.fill[0], 2 * FRAMES);
	make_ring(&s.comp[0], 2 * FRAMES);
	for (int i = 0; i < 2; i++)
		make_ring(&s.hold[i], RING);
	policy = (struct policy){ .select = oldest, .flags = SHUNT_NEEDS_HEADS, .gen = 1, .fd = -1 };
	atomic_store(&s.policy, &policy);
	if (park_init(&s) || preempt_signal_install()) {
		fprintf(stderr, "preempt: %s\n", s.text);
		exit(1);
	}
}

static uint64_t next_id;

/* What XDP and NAPI do with a request that has to wait; what the mark says of it. */
static struct shunt_mark_for hold(int cls)
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

static uint64_t ended(int cls)
{
	return peek(s.view->core[0].cls[cls].noreply);
}

/* --- the requests ----------------------------------------------------------------------------------- */

enum { LONG, PROBE }; /* classes: who computes, and who waits */

static bool safepoints;
static _Atomic bool stop_long;
static _Atomic uint64_t probe_at; /* when a probe came to run */

static uint64_t work(uint64_t x, int steps)
{
	while (steps--) {
		x = x * 6364136223846793005ULL + 1442695040888963407ULL;
		asm volatile("" : "+r"(x));
	}
	return x;
}

static long handle(struct shunt_req *req, void *arg)
{
	uint64_t x = 1;

	if (req->cls == PROBE) {
		atomic_store(&probe_at, ticks());
		return SHUNT_NO_REPLY;
	}
	for (int left = LONG_STEPS; left > 0; left -= endless ? 0 : STRIP) {
		x = work(x, endless ? STRIP_SHORT : STRIP);
		if (safepoints)
			shunt_safepoint();
		if (endless && atomic_load_explicit(&stop_long, memory_order_relaxed))
			break;
	}
	return SHUNT_NO_REPLY;
}

static pthread_t thread;

static void start_core(void)
{
	atomic_store(&s.quit, false);
	pthread_create(&thread, NULL, core_main, &s.core[0]);
}

static void stop_core(void)
{
	atomic_store(&s.quit, true);
	pthread_join(thread, NULL);
}

/* --- from mark, or signal, to yield ---------------------------------------------------------------- */

/* As XDP and the agent do. */
static uint64_t order_to_yield(struct shunt_core *line, uint64_t id, struct shunt_mark_for held, bool by_signal)
{
	struct shunt_mark *m = &line->mark.by[SHUNT_MARK_XDP];
	uint64_t at;

	poke(m->id, 0);
	__atomic_store_n(&m->deadline_ns, peek(line->run.start_ns) + 1, __ATOMIC_RELEASE);
	line->mark.held = held;
	__atomic_store_n(&m->id, id, __ATOMIC_RELEASE);
	at = ticks();
	__atomic_store_n(&line->mark.look, 1, __ATOMIC_SEQ_CST);
	if (by_signal)
		syscall(SYS_tgkill, getpid(), peek(line->run.tid), SHUNT_SIGNAL);
	return at;
}

/* One request runs until it is told to end; a probe waits; the mark comes at no particular time. */
static double sample(bool by_signal)
{
	struct shunt_core *line = &s.view->core[0];
	uint64_t id, at, left, done = ended(LONG);

	atomic_store(&stop_long, false);
	atomic_store(&probe_at, 0);
	hold(LONG);
	while (!(id = peek(line->run.id)) || peek(line->run.state) != SHUNT_CORE_BUSY)
		;
	for (at = ticks() + 20000 + rand() % 20000; ticks() < at;)
		;
	at = order_to_yield(line, id, hold(PROBE), by_signal);
	while (!atomic_load(&probe_at))
		;
	left = atomic_load(&left_at);
	atomic_store(&stop_long, true);
	while (ended(LONG) == done)
		;
	return (left - at) * ns_per_tick - ticks_ns;
}

static json_t *bench_yield(const char *name, bool by_signal)
{
	double ns[GROUPS * GROUP], near[GROUPS * GROUP], line[GROUPS];
	int n = 0, nnear = 0;
	json_t *out;

	s.view->preempt = 1;
	s.view->quantum_us[LONG] = 1000000; /* so that only the mark's deadline counts */
	safepoints = !by_signal;
	endless = true;
	for (int g = 0; g < groups; g++) {
		line[g] = line_ns(core_cpu);
		start_core();
		for (int i = 0; i < GROUP; i++) {
			ns[n] = sample(by_signal);
			if (line[g] < NEAR_NS)
				near[nnear++] = ns[n];
			n++;
		}
		stop_core();
	}
	endless = false;
	out = json_pack("{s:f, s:f, s:i, s:f, s:f, s:i}", "p50", quantile(ns, n, 0.5), "p99", quantile(ns, n, 0.99), "samples", n,
			"line_ns_p50", quantile(line, groups, 0.5), "counter_ns", ticks_ns, "near_samples", nnear);
	printf("%s to yield: p50 %.0f ns, p99 %.0f ns; a cache line takes %.0f ns (%.0f to %.0f)\n", name,
	       quantile(ns, n, 0.5), quantile(ns, n, 0.99), quantile(line, groups, 0.5), line[0], line[groups - 1]);
	if (!nnear)
		return out;
	json_object_set_new(out, "near_p50", json_real(quantile(near, nnear, 0.5)));
	printf("  of these %d of %d with both CPUs at one cache: p50 %.0f ns, p99 %.0f ns\n", nnear, n,
	       quantile(near, nnear, 0.5), quantile(near, nnear, 0.99));
	return out;
}

/* --- throughput ------------------------------------------------------------------------------------- */

/* Time that REQUESTS take, all there from the start. 0: to completion, no safepoints, on the thread's own stack. */
static double drain(unsigned int quantum_us, uint64_t *yields)
{
	uint64_t start, end, done = ended(LONG);
	struct shunt_core *line = &s.view->core[0];

	s.view->preempt = quantum_us != 0;
	s.view->quantum_us[LONG] = quantum_us;
	safepoints = quantum_us != 0;
	*yields = line->preempt.yielded[SHUNT_BY_SAFEPOINT];
	for (int i = 0; i < REQUESTS; i++)
		hold(LONG);
	start_core();
	while (!peek(line->run.id) && ended(LONG) == done) /* or all is over before we get the CPU back */
		;
	start = ticks();
	while (ended(LONG) != done + REQUESTS)
		relax();
	end = ticks();
	stop_core();
	*yields = line->preempt.yielded[SHUNT_BY_SAFEPOINT] - *yields;
	return (end - start) * ns_per_tick;
}

/* Share of throughput: the median of rounds, each next to one without. */
static json_t *bench_loss(json_t *loss)
{
	static const unsigned int quantum[] = { 5, 10, 50 };
	json_t *spread = json_object();

	for (int q = 0; q < 3; q++) {
		double lost[ROUNDS], none, with = 0;
		uint64_t yields, nothing;
		char name[16];

		for (int i = 0; i < rounds; i++) {
			none = drain(0, &nothing);
			with = drain(quantum[q], &yields);
			lost[i] = 1 - none / with;
		}
		snprintf(name, sizeof(name), "%uus", quantum[q]);
		json_object_set_new(loss, name, json_real(quantile(lost, rounds, 0.5)));
		json_object_set_new(spread, name, json_pack("{s:f, s:f, s:f, s:I}", "p25",
			quantile(lost, rounds, 0.25), "p75", quantile(lost, rounds, 0.75),
			"seconds", with / 1e9, "yields", (json_int_t)yields));
		printf("quantum %5s: %.2f %% of throughput lost (middle half of %d rounds: %.2f to %.2f), %.1f us a "
		       "turn\n", name, 100 * quantile(lost, rounds, 0.5), rounds,
		       100 * quantile(lost, rounds, 0.25), 100 * quantile(lost, rounds, 0.75),
		       with / 1e3 / (yields + 1));
	}
	return spread;
}

int main(int argc, char **argv)
{
	json_t *mark, *sig, *loss = json_object(), *spread;

	if (getenv("QUICK"))
		groups = rounds = 2;
	core_cpu = sysconf(_SC_NPROCESSORS_ONLN) - 1;
	line_pin(0);
	if (!core_cpu) {
		fprintf(stderr, "preempt: needs two CPUs\n");
		return 77;
	}
	measure_ticks();
	printf("reading the counter takes %.1f ns, which is left out\n", ticks_ns);
	make_domain();
	mark = bench_yield("mark", false);
	sig = bench_yield("signal", true);
	spread = bench_loss(loss);
	if (argc > 1)
		return json_dump_file(json_pack("{s:o, s:o, s:o, s:o}", "mark_to_yield_ns", mark,
				      "signal_to_yield_ns", sig, "throughput_loss", loss, "rounds", spread),
				      argv[1], JSON_INDENT(2) | JSON_REAL_PRECISION(5)) ? 1 : 0;
	return 0;
}

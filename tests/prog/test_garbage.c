// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_garbage.c - every value that a worker, a client or bpftool can write is set to garbage,
 * under every policy: XDP's verdicts stay valid, its counts consistent, and once the values are
 * right again it serves
 *
 * SEED and COUNT (packets a policy) in the environment repeat a run.
 */
/* link: tests/prog/ingress.c tests/prog/packet.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <glob.h>
#include <linux/bpf.h>

#include "ingress.h"
#include "packet.h"

#define CORES 6
#define CLASSES 4
#define UP 0x37ULL /* core 3 is down; 6 and more were never there */
#define ROUND 50   /* packets between one garbage and the next */

static struct ingress *g;
static const char *policy;
static struct rng rng;
static struct shunt_cfg good_cfg;

static __u32 below(__u32 n)
{
	return rng_below(&rng, n);
}

/* Garbage: noise, or one of the values that arithmetic trips over. */
static __u64 garbage(void)
{
	static const __u64 nasty[] = {
		0, 1, 63, 64, 65, 255, 256, 1023, 1024, 1025, 0x7fff, 0x8000, 0xffff, 0x10000,
		0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, ~0ULL >> 1, 1ULL << 63, ~0ULL,
	};

	return below(3) ? rng_next(&rng) : nasty[below(sizeof(nasty) / sizeof(*nasty))];
}

static void fill(void *at, __u32 len)
{
	for (__u32 i = 0; i < len; i += 8) {
		__u64 word = garbage();

		memcpy((char *)at + i, &word, len - i < 8 ? len - i : 8);
	}
}

/* --- those who write -------------------------------------------------------------------------- */

/* A worker: anywhere in the view; mostly where XDP and the policies look. */
static void worker_writes(void)
{
	__u32 head = offsetof(struct shunt_view, core);

	switch (below(8)) {
	case 0:
		fill(g->view, sizeof(*g->view));
		break;
	case 1:
	case 2:
		fill(g->view, head);
		break;
	default:
		for (int i = 0; i < 20; i++)
			fill((char *)g->view + below(head / 8) * 8, 8);
	}
}

static void set_garbage(const char *map, __u32 entries, __u32 size)
{
	__u8 value[sizeof(struct shunt_cfg)];

	for (__u32 key = 0; key < entries; key++) {
		fill(value, size);
		ingress_set(g, map, key, value);
	}
}

/* bpftool: any map that XDP reads. */
static void operator_writes(void)
{
	struct shunt_cfg cfg;

	switch (below(7)) {
	case 0:
		set_garbage("slo_us", SHUNT_CLASSES, 4);
		set_garbage("quantum_us", SHUNT_CLASSES, 4);
		break;
	case 1:
		set_garbage("hold_limit", SHUNT_CLASSES, 4);
		break;
	case 2:
		set_garbage("knobs", SHUNT_KNOBS, sizeof(__u64));
		fill(g->view->knob, sizeof(g->view->knob)); /* as the agent passes them on */
		break;
	case 3:
		set_garbage("classes", SHUNT_CLASSES, sizeof(struct shunt_class));
		break;
	case 4:
		set_garbage("rules", SHUNT_RULES, sizeof(struct shunt_rule));
		set_garbage("programs", SHUNT_PROGRAMS, sizeof(struct shunt_program));
		break;
	case 5:
		for (int i = 0; i < 4; i++) {
			struct shunt_port port;

			fill(&port, sizeof(port));
			port.flags |= SHUNT_PORT_ON;
			ingress_port(g, PACKET_PORT + i, port);
		}
		break;
	default:
		fill(&cfg, sizeof(cfg));
		if (below(2)) /* with this, most packets would pass at once */
			cfg.flags &= ~(SHUNT_CFG_ADDR4 | SHUNT_CFG_ADDR6);
		ingress_set(g, "cfg", 0, &cfg);
	}
}

/* A client: any payload, in frames of any kind. */
static void client_writes(struct packet *p)
{
	struct packet_spec s = {
		.v6 = below(2), .tags = below(3), .dport = PACKET_PORT + below(4),
		.sport = 1 + below(65535), .payload_len = below(4) ? below(64) : below(1400),
		.pad = below(10),
	};

	packet_build(&s, p);
	fill(p->data + p->payload, p->len - p->payload);
	if (!below(8))
		p->data[below(p->len)] = garbage();
}

/* --- what must hold --------------------------------------------------------------------------- */

#define CHECK(cond)                                                                                \
	do {                                                                                       \
		if (!(cond))                                                                       \
			fail_msg("%s: not %s (action %u)", policy, #cond, v->action);              \
	} while (0)

static void check_sums(const struct verdict *v)
{
	for (int c = 0; c < SHUNT_CLASSES; c++) {
		const struct shunt_ingress_class *n = &g->in->cls[c];

		CHECK(n->arrived == n->steered + n->held + n->rejected + n->dropped + n->passed);
		CHECK(n->limit <= n->dropped);
		CHECK(n->spill <= n->arrived);
	}
}

/* Exactly one of these moved, by one; its number. -1: none did. */
static int moved(const struct verdict *v, const __u32 *was, const __u32 *is, int n)
{
	int at = -1;

	for (int i = 0; i < n; i++) {
		if (was[i] == is[i])
			continue;
		CHECK(at < 0);
		CHECK(is[i] == was[i] + 1);
		at = i;
	}
	return at;
}

static void check(const struct shunt_ingress *was, const struct packet *p, const struct verdict *v)
{
	int core = moved(v, was->sent, g->in->sent, SHUNT_CORES);
	int held = moved(v, was->enq, g->in->enq, SHUNT_CLASSES);

	CHECK(v->action == XDP_PASS || v->action == XDP_DROP || v->action == XDP_REDIRECT);
	CHECK((v->action == XDP_REDIRECT) == (core >= 0 || held >= 0));
	CHECK(core < 0 || held < 0);
	CHECK(core < 0 || (UP >> core & 1));
	check_sums(v);
	CHECK(v->len == p->len);
	if (v->action != XDP_REDIRECT)
		return;
	CHECK(v->has_meta);
	CHECK(v->meta.cls < SHUNT_CLASSES);
	CHECK(held < 0 || v->meta.cls == held);
	CHECK(v->meta.payload + v->meta.len <= (int)p->len);
	CHECK(v->meta.payload >= 42);
	CHECK(!memcmp(v->data + sizeof(v->meta), p->data, p->len));
}

/* --- and that it works again ------------------------------------------------------------------ */

static void put_right(void)
{
	struct shunt_rule none = { .mask = 1, .value = 2 }; /* never matches */
	__u64 zero = 0;

	ingress_set(g, "cfg", 0, &good_cfg);
	for (__u32 i = 0; i < SHUNT_RULES; i++)
		ingress_set(g, "rules", i, &none);
	for (__u32 i = 0; i < SHUNT_CLASSES; i++) {
		ingress_set(g, "slo_us", i, &zero);
		ingress_set(g, "quantum_us", i, &zero);
		ingress_set(g, "hold_limit", i, &zero);
	}
	for (__u32 i = 0; i < 4; i++)
		ingress_port(g, PACKET_PORT + i,
			     (struct shunt_port){ .count = 3, .cls = i, .flags = SHUNT_PORT_ON });
	memset(g->view, 0, sizeof(*g->view));
	ingress_up(g, UP);
	memcpy(g->view->sent, g->in->sent, sizeof(g->in->sent));
	memcpy(g->view->done, g->in->sent, sizeof(g->in->sent));
	memcpy(g->view->enq, g->in->enq, sizeof(g->in->enq));
	memcpy(g->view->deq, g->in->enq, sizeof(g->in->enq));
	g->view->idle = UP;
}

/* A request of each class is taken to a core, or held where all are busy. */
static void check_that_it_serves(void)
{
	struct verdict verdict, *v = &verdict;
	struct packet p;

	for (int i = 0; i < 2 * CLASSES; i++) {
		struct packet_spec s = { .dport = PACKET_PORT + i % CLASSES, .payload_len = 8 };
		struct shunt_ingress was = *g->in;

		g->view->idle = i < CLASSES ? UP : 0;
		packet_build(&s, &p);
		ingress_run(g, p.data, p.len, v);
		check(&was, &p, v);
		CHECK(v->action == XDP_REDIRECT);
		CHECK(v->meta.cls == i % CLASSES);
		CHECK(!memcmp(was.ev, g->in->ev, sizeof(was.ev)));
		/* With idle cores, every policy steers. */
		CHECK(i >= CLASSES || g->in->cls[i].steered == was.cls[i].steered + 1);
	}
}

static void run_policy(__u64 count)
{
	struct packet p;
	struct verdict v;

	good_cfg = (struct shunt_cfg){ 0 };
	ingress_get(g, "cfg", 0, &good_cfg);
	for (__u64 i = 0; i < count; i++) {
		struct shunt_ingress was;

		if (i % (20 * ROUND) == 0) {
			put_right();
			check_that_it_serves();
		}
		if (i % ROUND == 0)
			operator_writes();
		if (i % 4 == 0)
			worker_writes();
		client_writes(&p);
		was = *g->in;
		ingress_run(g, p.data, p.len, &v);
		check(&was, &p, &v);
	}
	put_right();
	check_that_it_serves();
}

/* Garbage that nobody counts would go unnoticed. */
static void check_that_it_was_told(__u64 count)
{
	const __u64 *ev = g->in->ev;

	assert_true(ev[SHUNT_EV_BAD_CLASS] > count / 100);
	assert_true(ev[SHUNT_EV_BAD_LIMIT] + ev[SHUNT_EV_BAD_BACKLOG] > count / 1000);
	assert_true(ev[SHUNT_EV_BAD_LOAD] + ev[SHUNT_EV_BAD_CORE] + ev[SHUNT_EV_CORE_FULL] +
		    ev[SHUNT_EV_BAD_BACKLOG] > count / 100);
}

static void garbage_is_bounded_counted_and_does_not_stay(void **state)
{
	__u64 count = env_number("COUNT", getenv("LONG") ? 500000 : 20000);
	glob_t found;

	rng.state = env_number("SEED", time(NULL));
	print_message("seed %#llx, %llu packets a policy\n", (unsigned long long)rng.state,
		      (unsigned long long)count);
	assert_int_equal(glob("build/bpf/*.o", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		policy = found.gl_pathv[i];
		g = ingress_load(policy, CORES, CLASSES);
		run_policy(count);
		check_that_it_was_told(count);
		ingress_free(g);
	}
	globfree(&found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(garbage_is_bounded_counted_and_does_not_stay),
	};

	ingress_need();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

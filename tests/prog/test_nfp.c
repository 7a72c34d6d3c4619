// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_nfp.c - a card that knows what the host published
 * decides as the host would, and sees packets as it does
 *
 * SEED and COUNT in the environment repeat a run.
 */
/* link: tests/prog/ingress.c tests/prog/native.c tests/prog/packet.c tests/prog/views.c */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>
#include <cmocka.h>
#include <glob.h>
#include <linux/if_link.h>
#include <net/if.h>

#include "ingress.h"
#include "native.h"
#include "nfp.h"
#include "packet.h"
#include "views.h"

#define CORES 6
#define CLASSES 5
#define NO_QUEUE ~0u

static struct rng rng;

static void seed(const char *what, __u64 count)
{
	rng.state = env_number("SEED", time(NULL));
	print_message("seed %#llx, %llu %s\n", (unsigned long long)rng.state,
		      (unsigned long long)count, what);
}

/* --- views ------------------------------------------------------------------------------------ */

/* A view that a card's group can have. */
static void card_view(struct ingress *g)
{
	views_sane(&rng, g->view);
	ingress_up(g, g->view->up & NFP_CORES);
}

static void publish(const struct ingress *g)
{
	struct shunt_nfp_bytes order, loads;
	struct shunt_nfp_group group;

	nfp_pack_cores(g->view->up, &group, &order);
	nfp_pack_loads(g->view->sent, g->view->done, g->view->up, &loads);
	ingress_set(g, "nfp_group", 0, &group);
	ingress_set(g, "nfp_order", 0, &order);
	ingress_set(g, "nfp_loads", 0, &loads);
	for (__u32 i = 0; i < SHUNT_KNOBS; i++)
		ingress_set(g, "knobs", i, &g->view->knob[i]);
}

static void ask_both(struct ingress *g, const struct native *n)
{
	struct shunt_event ev = views_event(&rng);
	int card, host = native_ask(n, SHUNT_ASK_STEER, g->view, &ev);

	if (rng_below(&rng, 2)) { /* or hardly any hint would count */
		ev.hint = SHUNT_HINT(ev.hint, g->view->knob[0]);
		host = native_ask(n, SHUNT_ASK_STEER, g->view, &ev);
	}
	card = ingress_ask(g, SHUNT_ASK_STEER, &ev);
	if (card != host)
		fail_msg("%s: the card says %d, the host %d", n->desc->name, card, host);
}

static void policy_decides_alike(const char *object, __u64 count)
{
	struct ingress *g = ingress_load(object, 4, 4);
	struct native n;

	native_load(&n, object);
	for (__u64 i = 0; i < count; i++) {
		if (i % 16 == 0) {
			card_view(g);
			publish(g);
		}
		ask_both(g, &n);
	}
	native_free(&n);
	ingress_free(g);
}

static void a_card_decides_as_the_host_does_on_equal_views(void **state)
{
	__u64 count = env_number("COUNT", getenv("LONG") ? 1000000 : 20000);
	glob_t found;

	seed("views a policy", count);
	assert_int_equal(glob("build/nfp/emu/*.o", 0, NULL, &found), 0);
	assert_true(found.gl_pathc >= 5);
	for (size_t i = 0; i < found.gl_pathc; i++)
		policy_decides_alike(found.gl_pathv[i], count);
	globfree(&found);
}

/* --- packets ---------------------------------------------------------------------------------- */

struct card {
	struct bpf_object *obj;
	int prog;
};

static int card_map(const struct card *c, const char *map)
{
	int fd = bpf_object__find_map_fd_by_name(c->obj, map);

	if (fd < 0)
		die("the card's program has no map '%s'", map);
	return fd;
}

static void card_set(const struct card *c, const char *map, __u32 key, const void *value)
{
	if (bpf_map_update_elem(card_map(c, map), &key, value, 0))
		die("cannot set the card's '%s'", map);
}

static void card_get(const struct card *c, const char *map, __u32 key, void *value)
{
	if (bpf_map_lookup_elem(card_map(c, map), &key, value))
		die("cannot read the card's '%s'", map);
}

static void card_load(struct card *c, const char *object)
{
	c->obj = bpf_object__open_file(object, NULL);
	if (!c->obj || bpf_object__load(c->obj))
		die("cannot load '%s'", object);
	c->prog = bpf_program__fd(bpf_object__find_program_by_name(c->obj, SHUNT_NFP_PROG));
}

/* Equal configurations, cores and loads on both sides. */
static void configure(struct ingress *g, const struct card *c)
{
	struct shunt_nfp_cfg cfg = { .abi = SHUNT_ABI, .nclasses = CLASSES, .nqueues = CORES,
				     .fallback = SHUNT_FALLBACK_PASS };
	struct shunt_port port = { .count = 4, .cls = 1, .flags = SHUNT_PORT_ON, .key_off = 8,
				   .key_len = 6 };
	struct shunt_nfp_bytes order, loads;
	struct shunt_nfp_group group;

	card_set(c, "nfp_cfg", 0, &cfg);
	ingress_port(g, PACKET_PORT, port);
	card_set(c, "ports", PACKET_PORT, &port);
	for (__u32 i = 0; i < port.count; i++) {
		struct shunt_rule r = { .value = i, .mask = 0xff, .offset = i & 1, .cls = i + 2 };

		ingress_set(g, "rules", i, &r);
		card_set(c, "rules", i, &r);
	}
	nfp_pack_cores(g->view->up, &group, &order);
	nfp_pack_loads(g->view->sent, g->view->done, g->view->up, &loads);
	card_set(c, "nfp_group", 0, &group);
	card_set(c, "nfp_order", 0, &order);
	card_set(c, "nfp_loads", 0, &loads);
}

/* A side's result for a packet: class and queue of a request, or why it is none. */
struct sight {
	__u32 why; /* SHUNT_NR_PASS: a request */
	__u32 cls, queue, spill;
};

static struct sight host_sees(struct ingress *g, const struct packet *p)
{
	static struct verdict v;
	static struct shunt_ingress was;
	struct sight s = { .why = SHUNT_NR_PASS, .queue = NO_QUEUE };

	was = *g->in;
	ingress_run(g, p->data, p->len, &v);
	for (__u32 i = 0; i < SHUNT_NR_PASS; i++) {
		if (g->in->pass[i] != was.pass[i])
			s.why = i;
	}
	for (__u32 i = 0; i < CLASSES; i++) {
		if (g->in->cls[i].arrived != was.cls[i].arrived)
			s.cls = i;
		s.spill += g->in->cls[i].spill - was.cls[i].spill;
	}
	for (__u32 i = 0; i < CORES; i++) {
		if (g->in->sent[i] != was.sent[i])
			s.queue = i;
		g->view->done[i] = g->in->sent[i]; /* all are done at once: rings never fill */
	}
	return s;
}

static struct sight card_sees(const struct card *c, const struct packet *p)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = p->data, .data_size_in = p->len,
		    .repeat = 1);
	struct sight s = { .why = SHUNT_NR_PASS, .queue = NO_QUEUE };
	struct shunt_nfp_count zero = { 0 }, n;
	__u64 pass, none = 0;

	card_set(c, "nfp_chosen", 0, &s.queue);
	if (bpf_prog_test_run_opts(c->prog, &opts) || opts.retval != XDP_PASS)
		die("the card's program does not pass a packet of %u bytes", p->len);
	card_get(c, "nfp_chosen", 0, &s.queue);
	for (__u32 i = 0; i < SHUNT_NR_PASS; i++) {
		card_get(c, "nfp_pass", i, &pass);
		if (!pass)
			continue;
		s.why = i;
		card_set(c, "nfp_pass", i, &none);
	}
	for (__u32 i = 0; i < CLASSES; i++) {
		card_get(c, "nfp_count", i, &n);
		if (!n.arrived)
			continue;
		assert_int_equal(n.arrived, n.steered + n.dropped + n.passed);
		s.cls = i;
		s.spill = n.spill;
		card_set(c, "nfp_count", i, &zero);
	}
	return s;
}

static void any_packet(struct packet *p)
{
	static char payload[24];
	struct packet_spec s = {
		.tags = rng_below(&rng, 4), .v6 = rng_below(&rng, 2),
		.payload_len = rng_below(&rng, 40),
		.sport = PACKET_PORT + 1 + rng_below(&rng, 50000),
		.dport = rng_below(&rng, 16) ? 0 : 1234, .proto = rng_below(&rng, 16) ? 0 : 6,
		.frag = rng_below(&rng, 16) ? 0 : 0x2000, .options = rng_below(&rng, 16) ? 0 : 1,
		.udp_len_add = rng_below(&rng, 16) ? 0 : 4, .pad = rng_below(&rng, 10),
		.payload = payload,
	};

	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = rng_below(&rng, 2) ? rng_below(&rng, 8) : rng_next(&rng);
	packet_build(&s, p);
}

/* A program that is attached runs in a microsecond; else each run waits for RCU. */
static void attach(int prog, const char *ifname)
{
	if (bpf_xdp_attach(if_nametoindex(ifname), prog, XDP_FLAGS_DRV_MODE, NULL))
		die("cannot attach a program to '%s'", ifname);
}

static void sees_alike(const char *policy, __u64 count)
{
	char object[64];
	struct ingress *g;
	struct packet p;
	struct card c;
	__u32 requests = 0;

	snprintf(object, sizeof(object), "build/bpf/%s.o", policy);
	g = ingress_load(object, CORES, CLASSES);
	snprintf(object, sizeof(object), "build/nfp/emu/card/%s.o", policy);
	card_load(&c, object);
	configure(g, &c);
	attach(g->prog, "card0");
	attach(c.prog, "card1");
	for (__u64 i = 0; i < count; i++) {
		struct sight card, host;

		any_packet(&p);
		card = card_sees(&c, &p);
		host = host_sees(g, &p);
		requests += host.why == SHUNT_NR_PASS;
		if (memcmp(&card, &host, sizeof(card)))
			fail_msg("%s: the card sees {why %u, class %u, queue %u, spill %u}, the "
				 "host {why %u, class %u, queue %u, spill %u}",
				 policy, card.why, card.cls, card.queue, card.spill, host.why,
				 host.cls, host.queue, host.spill);
	}
	assert_in_range(requests, count / 4, count - 1);
	bpf_object__close(c.obj);
	ingress_free(g);
}

static void a_card_classifies_and_steers_packets_as_the_host_does(void **state)
{
	__u64 count = env_number("COUNT", getenv("LONG") ? 300000 : 4000);

	if (unshare(CLONE_NEWNET) || system("ip link add card0 type veth peer name card1"))
		die("no network namespace with a veth pair");
	seed("packets a policy", count);
	sees_alike("rss", count);
	sees_alike("affinity", count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_card_decides_as_the_host_does_on_equal_views),
		cmocka_unit_test(a_card_classifies_and_steers_packets_as_the_host_does),
	};

	ingress_need();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

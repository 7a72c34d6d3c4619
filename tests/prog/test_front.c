// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_front.c - the host's, a NIC's and a card's program count the same request alike, from its
 * frame to its class and where no core is up
 */
/* link: tests/prog/ingress.c tests/prog/nic_run.c agent/nic.c lib/nicsize.c lib/bpfmap.c */
/* link: lib/pins.c lib/why.c tests/prog/packet.c */
#include <sched.h>
#include <string.h>

#include <bpf/bpf.h>

#include "ingress.h"
#include "nic_run.h"
#include "nfp.h"
#include "packet.h"

#define NO_CLASS 9 /* there are two */
#define BEYOND 100000 /* what any queue can hold */

/* A target's counts, summed over all classes. */
struct counts {
	__u64 arrived, spill, bad_class, dropped, passed, held, bad_limit;
};

static struct ingress *host;
static struct bpf_object *card;

static void card_set(const char *map, __u32 key, const void *value)
{
	assert_int_equal(bpf_map_update_elem(bpf_object__find_map_fd_by_name(card, map), &key,
					     value, 0),
			 0);
}

static void nic_set(const char *map, __u32 key, const void *value)
{
	assert_int_equal(bpf_map_update_elem(bpf_object__find_map_fd_by_name(n.obj, map), &key,
					     value, 0),
			 0);
}

/* --- the three with the same service: a port with a rule, a port without one ------------------ */

static void set_everywhere(const char *map, __u32 key, const void *value)
{
	ingress_set(host, map, key, value);
	nic_set(map, key, value);
	if (bpf_object__find_map_by_name(card, map))
		card_set(map, key, value);
}

/* The rule: what begins with "odd" is of a class that does not exist. */
static void configure(enum shunt_fallback fallback)
{
	struct shunt_rule odd = { .cls = NO_CLASS };
	struct shunt_port with = { .count = 1, .cls = 1, .flags = SHUNT_PORT_ON };
	struct shunt_cfg c = { .abi = SHUNT_ABI, .flags = SHUNT_CFG_ANY_ADDR, .nclasses = 2,
			       .ndomains = 1, .chunk = 2048,
			       .core_ring = 256, .hold_ring = 1024, .fallback = fallback };
	struct shunt_nfp_cfg nfp = { .abi = SHUNT_ABI, .nclasses = 2, .nqueues = 2,
				     .fallback = fallback };

	memcpy(&odd.value, "odd", 3);
	memcpy(&odd.mask, "\xff\xff\xff", 3);
	set_everywhere("rules", 0, &odd);
	ingress_port(host, PACKET_PORT, with);
	n.port[PACKET_PORT] = with;
	card_set("ports", PACKET_PORT, &with);
	ingress_set(host, "cfg", 0, &c);
	nic_set("cfg", 0, &c);
	card_set("nfp_cfg", 0, &nfp);
}

static int load(void **state)
{
	char nic_object[] = "build/nic/rss.o";
	void *object = nic_object;

	host = ingress_load("build/bpf/rss.o", 2, 2);
	ingress_up(host, 0);
	card = bpf_object__open_file("build/nfp/emu/card/rss.o", NULL);
	if (!card || bpf_object__load(card))
		die("cannot load the card's program");
	return nic_setup(&object);
}

static int unload(void **state)
{
	nic_teardown(state);
	bpf_object__close(card);
	ingress_free(host);
	return 0;
}

static void arrives_everywhere(const char *payload)
{
	struct packet_spec s = { .payload_len = 20, .payload = payload };
	struct packet p;
	struct verdict v;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = p.data, .repeat = 1);

	packet_build(&s, &p);
	opts.data_size_in = p.len;
	ingress_run(host, p.data, p.len, &v);
	run(p.data, p.len);
	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(
		bpf_object__find_program_by_name(card, SHUNT_NFP_PROG)), &opts), 0);
}

/* --- what each has counted -------------------------------------------------------------------- */

static struct counts of_ingress(const struct shunt_ingress *in)
{
	struct counts all = { .bad_class = in->ev[SHUNT_EV_BAD_CLASS],
			      .bad_limit = in->ev[SHUNT_EV_BAD_LIMIT] };

	for (int c = 0; c < SHUNT_CLASSES; c++) {
		all.arrived += in->cls[c].arrived;
		all.spill += in->cls[c].spill;
		all.dropped += in->cls[c].dropped;
		all.passed += in->cls[c].passed;
		all.held += in->cls[c].held;
	}
	return all;
}

static struct counts of_card(void)
{
	struct counts all = { 0 };
	struct shunt_nfp_count one;

	for (__u32 c = 0; c < SHUNT_CLASSES; c++) {
		assert_int_equal(bpf_map_lookup_elem(bpf_object__find_map_fd_by_name(card,
										     "nfp_count"),
						     &c, &one),
				 0);
		all.arrived += one.arrived;
		all.spill += one.spill;
		all.bad_class += one.bad_class;
		all.dropped += one.dropped;
		all.passed += one.passed;
	}
	return all;
}

static void assert_counts(struct counts want)
{
	struct counts seen[] = { of_ingress(host->in), of_ingress(n.in), of_card() };
	static const char *const name[] = { "host", "NIC", "card" };

	for (int i = 0; i < 3; i++) {
		if (i == 2) { /* it holds nothing */
			want.passed += want.held;
			want.held = want.bad_limit = 0;
		}
		if (memcmp(&seen[i], &want, sizeof(want)))
			fail_msg("%s: arrived %llu, spill %llu, bad class %llu, dropped %llu, "
				 "passed %llu, held %llu, bad limit %llu",
				 name[i], seen[i].arrived, seen[i].spill, seen[i].bad_class,
				 seen[i].dropped, seen[i].passed, seen[i].held, seen[i].bad_limit);
	}
}

/* --- the cases -------------------------------------------------------------------------------- */

static void a_class_that_does_not_exist_is_class_0_and_counted(void **state)
{
	configure(SHUNT_FALLBACK_DROP);
	arrives_everywhere("odd");
	arrives_everywhere("odd");
	assert_counts((struct counts){ .arrived = 2, .bad_class = 2, .dropped = 2 });
}

static void what_no_rule_names_is_counted_as_spill(void **state)
{
	configure(SHUNT_FALLBACK_DROP);
	arrives_everywhere("even");
	assert_counts((struct counts){ .arrived = 1, .spill = 1, .dropped = 1 });
}

static void the_fallback_decides_where_no_core_is_up(void **state)
{
	configure(SHUNT_FALLBACK_PASS);
	arrives_everywhere("even");
	assert_counts((struct counts){ .arrived = 1, .spill = 1, .passed = 1 });
	configure(SHUNT_FALLBACK_HOLD);
	arrives_everywhere("even");
	assert_counts((struct counts){ .arrived = 2, .spill = 2, .passed = 1, .held = 1 });
}

static void a_hold_limit_beyond_the_room_is_clamped_and_counted(void **state)
{
	__u32 beyond = BEYOND;

	configure(SHUNT_FALLBACK_HOLD);
	ingress_set(host, "hold_limit", 1, &beyond);
	nic_set("hold_limit", 1, &beyond);
	arrives_everywhere("even");
	assert_counts((struct counts){ .arrived = 1, .spill = 1, .held = 1, .bad_limit = 1 });
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, load, unload)
	const struct CMUnitTest tests[] = {
		TEST(a_class_that_does_not_exist_is_class_0_and_counted),
		TEST(what_no_rule_names_is_counted_as_spill),
		TEST(the_fallback_decides_where_no_core_is_up),
		TEST(a_hold_limit_beyond_the_room_is_clamped_and_counted),
	};

	ingress_need();
	if (unshare(CLONE_NEWNET)) {
		puts("1..0 # SKIP no network namespaces");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}

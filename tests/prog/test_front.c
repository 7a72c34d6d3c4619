// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_front.c - the host's, a NIC's and a card's program count the same request alike, from its
 * frame to its class and where no core is up
 */
/* link: tests/prog/ingress.c tests/prog/nic_run.c agent/nic.c lib/nicsize.c lib/bpfmap.c */
/* link: lib/pins.c lib/why.c tests/prog/packet.c */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include <bpf/bpf.h>

#include "bpfmap.h"
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

static int card_prog(void)
{
	return bpf_program__fd(bpf_object__find_program_by_name(card, SHUNT_NFP_PROG));
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

static pthread_t changer; /* 0: there is none */
static atomic_bool changes;

static int unload(void **state)
{
	atomic_store(&changes, false);
	if (changer)
		pthread_join(changer, NULL);
	changer = 0;
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
	assert_int_equal(bpf_prog_test_run_opts(card_prog(), &opts), 0);
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

static struct shunt_nfp_count card_class(__u32 c)
{
	int fd = bpf_object__find_map_fd_by_name(card, "nfp_count");
	struct shunt_nfp_count one;

	assert_int_equal(bpf_map_lookup_elem(fd, &c, &one), 0);
	return one;
}

static struct counts of_card(void)
{
	struct counts all = { 0 };

	for (__u32 c = 0; c < SHUNT_CLASSES; c++) {
		struct shunt_nfp_count one = card_class(c);

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

/* --- rules that change meanwhile -------------------------------------------------------------- */

#define RUN SHUNT_PORT_RULES /* rules of either entry */
#define OFTEN 5000
#define ROUNDS 25       /* 10 ms each: in some of them the other thread had a CPU, too */
#define ROUNDS_MAX 1000

/* Of two entries one has the rule for the packet last, the other first: who reads on in the other
 * one's rules meets none. */
static const struct shunt_port entry[2] = {
	{ .first = 0, .count = RUN, .cls = 1, .flags = SHUNT_PORT_ON },
	{ .first = RUN, .count = RUN, .cls = 1, .flags = SHUNT_PORT_ON },
};
static const int place[2] = { RUN - 1, RUN };

static void configure_two_entries(void)
{
	struct shunt_rule other = { .value = 'x', .mask = 0xff }, rule = { .value = 'r',
									   .mask = 0xff };

	configure(SHUNT_FALLBACK_DROP);
	for (int i = 0; i < 2 * RUN; i++)
		set_everywhere("rules", i, &other);
	for (int i = 0; i < 2; i++) {
		rule.cls = i; /* tells which entry a packet met */
		set_everywhere("rules", place[i], &rule);
	}
	ingress_port(host, PACKET_PORT, entry[0]);
	n.port[PACKET_PORT] = entry[0];
	card_set("ports", PACKET_PORT, &entry[0]);
}

/* The port of the target that is tested goes from one entry to the other until the test ends: by a
 * store of 8 bytes, as the loader does it. The card's (NULL) by the kernel, which does the same. */
static _Atomic(__u64 *) port_word;

static void *change_port(void *unused)
{
	int card_ports = bpf_object__find_map_fd_by_name(card, "ports");
	__u32 port = PACKET_PORT;
	__u64 word[2];

	memcpy(word, entry, sizeof(word));
	for (int i = 0; atomic_load_explicit(&changes, memory_order_relaxed); i ^= 1) {
		__u64 *at = atomic_load_explicit(&port_word, memory_order_relaxed);

		if (at)
			__atomic_store_n(at, word[i], __ATOMIC_RELEASE);
		else
			bpf_map_update_elem(card_ports, &port, &entry[i], 0);
	}
	return NULL;
}

static void arrives_often(int prog)
{
	struct packet_spec s = { .payload_len = 20, .payload = "r" };
	struct packet p;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = p.data, .repeat = 20000);

	packet_build(&s, &p);
	opts.data_size_in = p.len;
	assert_int_equal(bpf_prog_test_run_opts(prog, &opts), 0);
}

/* Packets for some time, and until each entry was met often; all of them met one. */
static void assert_each_meets_one(const char *who, int prog, struct counts (*counted)(__u64 met[2]))
{
	__u64 met[2];

	for (int i = 1; i <= ROUNDS_MAX; i++) {
		struct counts c;

		arrives_often(prog);
		c = counted(met);
		if (c.spill || met[0] + met[1] != c.arrived)
			fail_msg("%s: of %llu packets %llu met no rule", who, c.arrived, c.spill);
		if (i >= ROUNDS && met[0] >= OFTEN && met[1] >= OFTEN)
			return;
	}
	fail_msg("%s: entries met: %llu and %llu times", who, met[0], met[1]);
}

static struct counts host_met(__u64 met[2])
{
	for (int i = 0; i < 2; i++)
		met[i] = host->in->cls[i].arrived;
	return of_ingress(host->in);
}

static struct counts nic_met(__u64 met[2])
{
	for (int i = 0; i < 2; i++)
		met[i] = n.in->cls[i].arrived;
	return of_ingress(n.in);
}

static struct counts card_met(__u64 met[2])
{
	for (__u32 i = 0; i < 2; i++)
		met[i] = card_class(i).arrived;
	return of_card();
}

static void a_packet_meets_the_old_rules_or_the_new_while_they_change(void **state)
{
	struct shunt_port *host_ports = shunt_map_mmap(ingress_map(host, "ports"),
						       65536 * sizeof(*host_ports), true);

	assert_non_null(host_ports);
	configure_two_entries();
	atomic_store(&changes, true);
	atomic_store(&port_word, (__u64 *)&host_ports[PACKET_PORT]);
	assert_int_equal(pthread_create(&changer, NULL, change_port, NULL), 0);
	assert_each_meets_one("host", host->prog, host_met);
	atomic_store(&port_word, (__u64 *)&n.port[PACKET_PORT]);
	assert_each_meets_one("NIC", n.prog, nic_met);
	atomic_store(&port_word, NULL);
	assert_each_meets_one("card", card_prog(), card_met);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, load, unload)
	const struct CMUnitTest tests[] = {
		TEST(a_class_that_does_not_exist_is_class_0_and_counted),
		TEST(what_no_rule_names_is_counted_as_spill),
		TEST(the_fallback_decides_where_no_core_is_up),
		TEST(a_hold_limit_beyond_the_room_is_clamped_and_counted),
		TEST(a_packet_meets_the_old_rules_or_the_new_while_they_change),
	};

	ingress_need();
	if (unshare(CLONE_NEWNET)) {
		puts("1..0 # SKIP no network namespaces");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_actor_nic.c - rules of a NIC that schedules name actors: a REQUEST names the row, and what
 * becomes of each request is counted for its actor
 */
/* link: tests/prog/nic_run.c agent/nic.c lib/nicsize.c lib/bpfmap.c lib/pins.c lib/why.c */
/* link: tests/prog/packet.c */
#include <string.h>

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "nic_run.h"
#include "packet.h"

#define ROW 5

static int map(const char *name)
{
	return bpf_object__find_map_fd_by_name(n.obj, name);
}

static void set(const char *name, __u32 key, const void *value)
{
	assert_int_equal(bpf_map_update_elem(map(name), &key, value, 0), 0);
}

static struct shunt_nic_actor of_nic(__u32 nr)
{
	struct shunt_nic_actor a;

	assert_int_equal(bpf_map_lookup_elem(map("nic_actors"), &nr, &a), 0);
	return a;
}

/* XDP's counts, on all CPUs. */
static struct shunt_actor_in of_xdp(__u32 nr)
{
	static struct shunt_actor_in of[1024];
	struct shunt_actor_in sum = { 0 };
	int cpus = libbpf_num_possible_cpus();

	assert_in_range(cpus, 1, 1024);
	assert_int_equal(bpf_map_lookup_elem(map("actor_in"), &nr, of), 0);
	for (int i = 0; i < cpus; i++) {
		sum.arrived += of[i].arrived;
		sum.rejected += of[i].rejected;
		sum.dropped += of[i].dropped;
		sum.none += of[i].none;
		sum.away += of[i].away;
		sum.passed += of[i].passed;
	}
	return sum;
}

/* Requests of the actor that have not ended. */
static __u64 open_of(__u32 nr)
{
	struct shunt_actor_in in = of_xdp(nr);
	struct shunt_nic_actor a = of_nic(nr);

	return in.arrived - in.rejected - in.dropped - in.passed - a.done - a.lost - a.expired;
}

/* Payloads that begin with 1 are for the actor, whose class is 1; others are of class 0. */
static int with_rows(void **state)
{
	const struct shunt_actor_row row = { .gen = 1, .state = SHUNT_ACTOR_HERE, .cls = 1 };
	const struct shunt_rule rule = { .value = 1, .mask = 0xff, .cls = 1, .actor = ROW + 1 };
	int err;

	nic_sizes.actors = 1;
	err = nic_setup(state);
	if (err)
		return err;
	set("rules", 0, &rule);
	set("actors", ROW, &row);
	n.port[PACKET_PORT].count = 1;
	return 0;
}

static void a_request_names_the_row_of_its_actor(void **state)
{
	join(0);
	assert_int_equal(arrive(0, 1), XDP_TX);
	assert_int_equal(answer()->actor, ROW + 1);
	assert_int_equal(answer()->cls, 1);
	assert_int_equal(arrive(0, 2), XDP_TX);
	assert_int_equal(answer()->actor, 0);
	assert_int_equal(answer()->cls, 0);
	assert_int_equal(of_xdp(ROW).arrived, 1);
	assert_int_equal(open_of(ROW), 1);
}

static void what_waits_keeps_its_actor(void **state)
{
	struct shunt_wire_credit c;

	join(0);
	arrive(0, 2);
	arrive(0, 2);
	assert_int_equal(arrive(0, 1), XDP_DROP);
	c = credit(0, 2, 3, 1);
	assert_int_equal(send_credit(&c), XDP_TX);
	assert_int_equal(answer()->actor, ROW + 1);
	c = credit(0, 3, 7, 0);
	c.silent = 1; /* the actor's, which is the last one */
	send_credit(&c);
	assert_int_equal(of_nic(ROW).done, 1);
	assert_int_equal(of_nic(ROW).noreply, 1);
	assert_int_equal(open_of(ROW), 0);
	assert_int_equal(slots_missing(), 0);
}

static void what_the_wire_loses_and_who_is_silent_are_counted_for_the_actor(void **state)
{
	struct shunt_wire_credit c;

	join(0);
	arrive(0, 1);
	arrive(0, 1);
	c = credit(0, 2, 1, 1); /* the first was not taken */
	send_credit(&c);
	assert_int_equal(of_nic(ROW).lost, 1);
	assert_true(nic_ask(&n, SHUNT_NIC_OFF, 0));
	arrive(0, 2);
	assert_int_equal(of_nic(ROW).lost, 2);
	assert_int_equal(of_nic(ROW).done, 0);
	assert_int_equal(open_of(ROW), 0);
}

static void what_expires_is_counted_for_the_actor(void **state)
{
	const struct shunt_cfg cfg = { .abi = SHUNT_ABI, .flags = SHUNT_CFG_ANY_ADDR, .nclasses = 2,
				       .ndomains = 1, .hold_age_ms = 1 };

	set("cfg", 0, &cfg);
	for (int i = 0; i < 3; i++)
		assert_int_equal(arrive(0, 1), XDP_DROP);
	/* each arrival pushes out what is older than a millisecond */
	for (int i = 0; i < 1000000 && of_nic(ROW).expired < 3; i++)
		arrive(0, 1);
	assert_true(of_nic(ROW).expired >= 3);
	assert_int_equal(open_of(ROW), n.state->fifo[1][0].count);
}

static void a_parked_request_that_dies_with_its_process_is_lost_for_its_actor(void **state)
{
	struct shunt_wire_credit c;
	struct shunt_wire_hello h;

	join(0);
	arrive(0, 1);
	arrive(0, 2);
	arrive(0, 2);
	c = credit(0, 2, 3, 3);
	c.park = 1;
	c.token = 5;
	assert_int_equal(send_credit(&c), XDP_TX); /* class 0 goes first: the token waits */
	assert_int_equal(n.state->fifo[1][1].count, 1);
	assert_int_equal(open_of(ROW), 1);
	nic_tick(&n, 0, (__u64[SHUNT_CLASSES]){ 0 });
	h = next_hello(0);
	h.process = SHUNT_WIRE_PROCESS(SHUNT_WIRE_NUMBER(n.state->process[0]) + 1, 1);
	assert_int_equal(send_hello(&h, &key[0]), XDP_TX);
	assert_int_equal(n.state->cls[1].lost, 1);
	assert_int_equal(slots_missing(), 0);
	c = credit(0, 0, 0, 0); /* any frame gives tokens back */
	send_credit(&c);
	assert_int_equal(of_nic(ROW).lost, 1);
	assert_int_equal(open_of(ROW), 0);
	assert_int_equal(n.state->queued, 0);
	assert_int_equal(slots_missing(), 0);
}

static void a_row_that_says_no_or_elsewhere_takes_no_request(void **state)
{
	struct shunt_actor_row row = { .gen = 1, .state = SHUNT_ACTOR_NONE, .cls = 1 };

	join(0);
	set("actors", ROW, &row);
	assert_int_equal(arrive(0, 1), XDP_DROP);
	row.state = SHUNT_ACTOR_HERE;
	row.domain = 1;
	set("actors", ROW, &row);
	assert_int_equal(arrive(0, 1), XDP_DROP);
	assert_int_equal(of_xdp(ROW).arrived, 2);
	assert_int_equal(of_xdp(ROW).dropped, 2);
	assert_int_equal(of_xdp(ROW).none, 1);
	assert_int_equal(of_xdp(ROW).away, 1);
	assert_int_equal(n.core[0].sent, 0);
}

#define ROWS(name, object)                                                                         \
	{ #name " (" object ")", name, with_rows, nic_teardown, (void *)("build/" object ".o") }

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROWS(a_request_names_the_row_of_its_actor, "nic/fcfs"),
		ROWS(a_request_names_the_row_of_its_actor, "nic-loop/fcfs"),
		ROWS(what_waits_keeps_its_actor, "nic/fcfs"),
		ROWS(what_the_wire_loses_and_who_is_silent_are_counted_for_the_actor, "nic/fcfs"),
		ROWS(what_expires_is_counted_for_the_actor, "nic/fcfs"),
		ROWS(a_parked_request_that_dies_with_its_process_is_lost_for_its_actor,
		     "nic/prio"),
		ROWS(a_row_that_says_no_or_elsewhere_takes_no_request, "nic/fcfs"),
	};

	return NIC_RUN(tests);
}

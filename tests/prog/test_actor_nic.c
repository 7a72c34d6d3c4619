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

/* --- an exclusive actor ----------------------------------------------------------------------- */

/* The core has at most so many of its requests; 0: it is not exclusive. */
static void set_exclusive(__u8 most)
{
	const struct shunt_actor_row row = { .gen = 1, .state = SHUNT_ACTOR_HERE, .cls = 1,
					     .exclusive = most };

	set("actors", ROW, &row);
}

/* A request for the actor, the number-th. */
static __u32 ask(__u8 number)
{
	struct packet_spec s = { .payload_len = 20, .dport = PACKET_PORT };
	struct packet p;

	packet_build(&s, &p);
	p.data[p.payload] = 1;
	p.data[p.payload + 1] = number;
	return run(p.data, p.len);
}

/* Which one is in the frame that came back; -1: it is a REQUEST for no actor. */
static int asked(void)
{
	assert_int_equal(answer()->w.type, SHUNT_WIRE_REQUEST);
	return answer()->actor == ROW + 1 ?
		       out[sizeof(struct shunt_wire_request) + answer()->payload + 1] : -1;
}

/* The core says that of what it was sent, all taken, these are open: a bit each, from the last. */
static __u32 ends(__u32 core, __u32 open)
{
	struct shunt_wire_credit c = credit(core, n.core[core].sent, ~0u, open);

	return send_credit(&c);
}

/* Requests of the actor that cores have; no core but one has any. */
static int out_at(__u32 *at)
{
	int sum = 0;

	*at = ~0u;
	for (__u32 i = 0; i < 2; i++) {
		for (int j = 0; j < SHUNT_WIRE_WINDOW; j++) {
			const struct shunt_nic_out *o = &n.core[i].out[j];

			if (!(o->actor & SHUNT_NIC_EXCLUSIVE) ||
			    (o->state != SHUNT_OUT_SENT && o->state != SHUNT_OUT_TAKEN))
				continue;
			assert_true(*at == ~0u || *at == i);
			*at = i;
			sum++;
		}
	}
	return sum;
}

static void an_exclusive_actor_s_requests_go_to_one_core_in_their_order(void **state)
{
	__u32 core, other;

	set_exclusive(1);
	join(0);
	join(1);
	assert_int_equal(ask(1), XDP_TX);
	assert_int_equal(asked(), 1);
	core = answer()->w.core;
	for (int i = 2; i <= 4; i++)
		assert_int_equal(ask(i), XDP_DROP); /* another core is idle */
	assert_int_equal(of_nic(ROW).count, 3);
	assert_int_equal(n.state->queued, 3);
	assert_int_equal(n.state->waiting[0], 0); /* nothing that a policy sees */
	assert_int_equal(arrive(0, 2), XDP_TX);   /* for no actor: to the other core */
	other = answer()->w.core;
	assert_int_not_equal(other, core);
	assert_int_equal(ends(other, 0), XDP_DROP);
	for (int i = 2; i <= 4; i++) {
		assert_int_equal(ends(core, 0), XDP_TX);
		assert_int_equal(asked(), i);
		assert_int_equal(out_at(&core), 1);
	}
	assert_int_equal(ends(core, 0), XDP_DROP);
	assert_int_equal(of_nic(ROW).done, 4);
	assert_int_equal(of_nic(ROW).core + of_nic(ROW).out + of_nic(ROW).ticket, 0);
	assert_int_equal(open_of(ROW), 0);
	assert_int_equal(slots_missing(), 0);
}

static void a_core_has_as_many_as_the_row_says_and_its_ticket_grants_no_more(void **state)
{
	__u32 core;

	set_exclusive(2);
	join(0);
	join(1);
	for (int i = 1; i <= 5; i++)
		assert_int_equal(ask(i), i <= 2 ? XDP_TX : XDP_DROP);
	assert_int_equal(out_at(&core), 2);
	assert_int_equal(ends(core, 1), XDP_TX); /* one ended: what the ticket grants */
	assert_int_equal(asked(), 3);
	assert_int_equal(ends(core, 1), XDP_DROP); /* and no more, until all have ended */
	assert_int_equal(of_nic(ROW).out, 1);
	assert_int_equal(ends(core, 0), XDP_TX);
	assert_int_equal(asked(), 4);
	assert_int_equal(ends(core, 1), XDP_TX);
	assert_int_equal(asked(), 5);
	assert_int_equal(out_at(&core), 2);
	ends(core, 0);
	assert_int_equal(of_nic(ROW).done, 5);
	assert_int_equal(open_of(ROW), 0);
	assert_int_equal(slots_missing(), 0);
}

static void what_the_core_did_not_take_keeps_its_place(void **state)
{
	const struct shunt_nic_cfg keep = { .mac = { 2, 0, 0, 0, 0, 9 }, .late_ns = 1000000000,
					    .flags = SHUNT_NIC_KEEP };
	struct shunt_wire_credit c;

	set_exclusive(2);
	set("nic_cfg", 0, &keep);
	join(0);
	for (int i = 1; i <= 4; i++)
		ask(i);
	c = credit(0, 2, 0, 0);
	assert_int_equal(send_credit(&c), XDP_TX);
	assert_int_equal(asked(), 1);
	for (int i = 2; i <= 4; i++) { /* two at a time: what is granted, then the next ticket */
		c = credit(0, n.core[0].sent, ~0u, i % 2 ? 0 : 1);
		assert_int_equal(send_credit(&c), XDP_TX);
		assert_int_equal(asked(), i);
	}
	assert_int_equal(n.state->cls[1].requeued, 2);
	assert_int_equal(of_nic(ROW).lost, 0);
	assert_int_equal(slots_missing(), 0);
}

static void a_silent_core_s_actor_goes_on_at_another_core(void **state)
{
	__u32 core;

	set_exclusive(1);
	join(0);
	join(1);
	for (int i = 1; i <= 3; i++)
		ask(i);
	assert_int_equal(out_at(&core), 1);
	assert_true(nic_ask(&n, SHUNT_NIC_OFF, core));
	assert_int_equal(ends(1 - core, 0), XDP_TX);
	assert_int_equal(asked(), 2);
	assert_int_equal(of_nic(ROW).lost, 1);
	assert_int_equal(of_nic(ROW).moved, 1);
	assert_int_equal(ends(1 - core, 0), XDP_TX);
	assert_int_equal(asked(), 3);
}

static void a_parked_request_keeps_its_actor_from_others(void **state)
{
	struct shunt_wire_credit c;

	set_exclusive(1);
	join(0);
	ask(1);
	ask(2);
	arrive(0, 2);
	arrive(0, 2);
	c = credit(0, 2, 3, 3);
	c.park = 1;
	c.token = 5;
	assert_int_equal(send_credit(&c), XDP_TX); /* class 0 goes first */
	assert_int_equal(asked(), -1);
	assert_int_equal(of_nic(ROW).out, 1);
	assert_int_equal(of_nic(ROW).core, 0);
	assert_int_equal(ask(3), XDP_DROP);
	assert_int_equal(ends(0, 0), XDP_TX);
	assert_int_equal(answer()->w.type, SHUNT_WIRE_RESUME);
	assert_int_equal(of_nic(ROW).core, 1);
	assert_int_equal(ends(0, 0), XDP_TX);
	assert_int_equal(asked(), 2);
	assert_int_equal(ends(0, 0), XDP_TX);
	assert_int_equal(asked(), 3);
	ends(0, 0);
	assert_int_equal(of_nic(ROW).done, 3);
	assert_int_equal(open_of(ROW), 0);
	assert_int_equal(slots_missing(), 0);
}

static void what_waits_behind_a_ticket_expires_with_it(void **state)
{
	const struct shunt_cfg cfg = { .abi = SHUNT_ABI, .flags = SHUNT_CFG_ANY_ADDR, .nclasses = 2,
				       .ndomains = 1, .hold_age_ms = 1 };

	set_exclusive(1);
	set("cfg", 0, &cfg);
	for (int i = 1; i <= 3; i++)
		assert_int_equal(ask(i), XDP_DROP);
	assert_int_equal(of_nic(ROW).ticket, 1);
	for (int i = 0; i < 1000000 && of_nic(ROW).expired < 3; i++)
		ask(4);
	assert_true(of_nic(ROW).expired >= 3);
	assert_int_equal(open_of(ROW), of_nic(ROW).count + of_nic(ROW).ticket);
	assert_int_equal(of_nic(ROW).ticket, 1);
	assert_int_equal(slots_missing(), 0);
}

static void requests_behind_a_ticket_count_for_the_limit_of_their_class(void **state)
{
	__u32 five = 5, one = 1;

	set_exclusive(1);
	assert_int_equal(bpf_map_update_elem(map("hold_limit"), &one, &five, 0), 0);
	for (int i = 1; i <= 6; i++)
		ask(i);
	assert_int_equal(of_xdp(ROW).dropped, 1);
	assert_int_equal(n.in->cls[1].limit, 1);
	assert_int_equal(of_nic(ROW).count + of_nic(ROW).ticket, 5);
}

static void an_actor_that_is_exclusive_no_more_leaves_nobody_behind(void **state)
{
	__u32 core;

	set_exclusive(1);
	join(0);
	for (int i = 1; i <= 3; i++)
		ask(i);
	set_exclusive(0);
	assert_int_equal(ask(4), XDP_TX); /* it waits for nobody now */
	assert_int_equal(asked(), 4);
	assert_int_equal(out_at(&core), 1);
	assert_int_equal(ends(0, 1), XDP_TX);
	assert_int_equal(asked(), 2);
	assert_int_equal(ends(0, 0), XDP_TX);
	assert_int_equal(asked(), 3);
	ends(0, 0);
	assert_int_equal(of_nic(ROW).done, 4);
	assert_int_equal(open_of(ROW), 0);
}

/* The core's next epoch; its first credit may bring it a request. */
static void come_again(__u32 core)
{
	struct shunt_wire_credit c;

	say_hello(core);
	c = credit(core, 0, 0, 0);
	send_credit(&c);
}

/* A ticket if and only if some wait and none is out; none is out of sight. */
static void check_actor(__u32 parked_most)
{
	struct shunt_nic_actor a = of_nic(ROW);
	__u32 core, n_out = out_at(&core);

	assert_true(a.out >= n_out && a.out <= n_out + parked_most);
	assert_true(!a.count || a.out || a.ticket);
	assert_true(!a.ticket || !a.out);
	assert_true(!a.head == !a.count && !a.tail == !a.count);
	assert_true(!n_out || parked_most || a.core == core + 1);
	assert_int_equal(a.count, n.state->behind[1]);
	assert_int_equal(slots_missing(), 0);
}

/* Cores that say anything in their own epochs, come anew, and are taken for silent: whatever is
 * lost is counted, and in the end nothing waits that no core may have. */
static void exclusive_actors_are_conserved_whatever_cores_say(void **state)
{
	const struct shunt_nic_cfg keep = { .mac = { 2, 0, 0, 0, 0, 9 }, .late_ns = 1000000000,
					    .flags = SHUNT_NIC_KEEP };

	set_exclusive(1);
	set("nic_cfg", 0, &keep);
	join(0);
	join(1);
	for (int i = 0; i < 4000; i++) {
		__u32 core = random_word() & 1, what = random_word() % 32, taken;
		struct shunt_wire_credit c;

		if (what < 10) {
			ask(i);
		} else if (what < 14) {
			arrive(0, 2);
		} else if (what == 14 && random_word() % 16 == 0) {
			come_again(core);
		} else if (what == 15 && random_word() % 16 == 0) {
			nic_ask(&n, random_word() & 1 ? SHUNT_NIC_OFF : SHUNT_NIC_FENCED, core);
		} else if (n.core[core].cookie) {
			taken = random_word() | random_word();
			c = credit(core, n.core[core].sent - random_word() % 3, taken,
				   taken & random_word());
			send_credit(&c);
		} else {
			come_again(core);
		}
		check_actor(0);
	}
	for (int i = 0; i < 4000 && (n.state->queued || open_of(ROW)); i++) {
		if (!n.core[i & 1].cookie)
			come_again(i & 1);
		ends(i & 1, 0);
		check_actor(0);
	}
	assert_int_equal(n.state->queued, 0);
	assert_int_equal(open_of(ROW), 0);
	assert_true(of_nic(ROW).done > 100);
}

/* The same with requests that are parked, and go on or die with their process. */
static void parked_ones_are_conserved_whatever_cores_say(void **state)
{
	set_exclusive(1);
	join(0);
	join(1);
	for (int i = 0; i < 4000; i++) {
		__u32 core = random_word() & 1, what = random_word() % 32, taken;
		struct shunt_wire_credit c;

		if (what < 10) {
			ask(i);
		} else if (what == 14 && random_word() % 16 == 0) {
			struct shunt_wire_hello h = next_hello(core);

			nic_tick(&n, 0, (__u64[SHUNT_CLASSES]){ 0 });
			h.process = SHUNT_WIRE_PROCESS(SHUNT_WIRE_NUMBER(n.state->process[0]) + 1,
						       1);
			send_hello(&h, &key[0]);
			nr[core] = 0;
			for (int j = 0; j < 2; j++)
				come_again(j);
		} else {
			taken = random_word() | random_word();
			c = credit(core, n.core[core].sent - random_word() % 3, taken,
				   taken & random_word());
			c.park = random_word() % 4 ? 0 : c.high - random_word() % 3;
			c.token = i;
			send_credit(&c);
		}
		check_actor(64);
	}
	for (int i = 0; i < 4000 && (n.state->queued || open_of(ROW)); i++) {
		ends(i & 1, 0);
		check_actor(64);
	}
	assert_int_equal(n.state->queued, 0);
	assert_int_equal(open_of(ROW), 0);
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
		ROWS(an_exclusive_actor_s_requests_go_to_one_core_in_their_order, "nic/fcfs"),
		ROWS(an_exclusive_actor_s_requests_go_to_one_core_in_their_order, "nic-loop/fcfs"),
		ROWS(a_core_has_as_many_as_the_row_says_and_its_ticket_grants_no_more, "nic/fcfs"),
		ROWS(what_the_core_did_not_take_keeps_its_place, "nic/fcfs"),
		ROWS(a_silent_core_s_actor_goes_on_at_another_core, "nic/fcfs"),
		ROWS(a_parked_request_keeps_its_actor_from_others, "nic/prio"),
		ROWS(what_waits_behind_a_ticket_expires_with_it, "nic/fcfs"),
		ROWS(requests_behind_a_ticket_count_for_the_limit_of_their_class, "nic/fcfs"),
		ROWS(an_actor_that_is_exclusive_no_more_leaves_nobody_behind, "nic/fcfs"),
		ROWS(exclusive_actors_are_conserved_whatever_cores_say, "nic/fcfs"),
		ROWS(parked_ones_are_conserved_whatever_cores_say, "nic/fcfs"),
	};

	return NIC_RUN(tests);
}

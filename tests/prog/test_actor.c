// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_actor.c - rules that name actors: the row, its class and place, the id in the metadata,
 * counts
 */
/* link: tests/prog/arrive.c tests/prog/ingress.c tests/prog/packet.c */
#include "arrive.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdlib.h>

#define KEY 4 /* bytes of the payload, from byte 4 on */
#define FIRST 3 /* row of the first of SHARDS */
#define SHARDS 8

static struct shunt_actor_in counts;

static void with_actors(struct bpf_object *obj)
{
	bpf_program__set_autoload(bpf_object__find_program_by_name(obj, "shunt_actors"), true);
}

/* Rows are lines, which are not passed by value. */
#define set_row(nr, ...) put_row(nr, &__VA_ARGS__)
static void put_row(__u32 nr, const struct shunt_actor_row *row)
{
	ingress_set(g, "actors", nr, row);
}

/* Byte 0 of the payload chooses: 1 is the actor in row 1, 2 is one of the shards, by key. */
static void set_rules(void)
{
	const struct shunt_rule one = { .value = 1, .mask = 0xff, .cls = CLS, .actor = 2 };
	const struct shunt_rule many = { .value = 2, .mask = 0xff, .cls = CLS, .actor = FIRST + 1,
					 .spread = SHARDS };
	const struct shunt_rule bad = { .value = 3, .mask = 0xff, .cls = CLS,
					.actor = SHUNT_ACTORS, .spread = 0xffff };

	ingress_set(g, "rules", 0, &one);
	ingress_set(g, "rules", 1, &many);
	ingress_set(g, "rules", 2, &bad);
	ingress_port(g, PACKET_PORT, (struct shunt_port){ .first = 0, .count = 3, .cls = CLS,
							  .flags = SHUNT_PORT_ON, .key_len = KEY,
							  .key_off = 4 });
	set_row(1, (struct shunt_actor_row){ .gen = 7, .state = SHUNT_ACTOR_HERE, .cls = 2 });
	for (__u32 i = 0; i < SHARDS; i++)
		set_row(FIRST + i, (struct shunt_actor_row){ .gen = 1, .state = SHUNT_ACTOR_HERE,
							      .cls = CLS });
	policy_says(2);
}

static int load_rows(void **state)
{
	int err;

	ingress_prepare = with_actors;
	err = load(state);
	g->prog = bpf_program__fd(bpf_object__find_program_by_name(g->obj, "shunt_actors"));
	set_rules();
	return err;
}

/* A request of that kind with that key. Returns XDP's action. */
static __u32 send(__u8 kind, __u32 key)
{
	packet.data[packet.payload] = kind;
	memcpy(packet.data + packet.payload + 4, &key, sizeof(key));
	was = *g->in;
	ingress_run(g, packet.data, packet.len, &v);
	return v.action;
}

/* XDP's counts of an actor, on all CPUs. */
static const struct shunt_actor_in *counts_of(__u32 nr)
{
	int cpus = libbpf_num_possible_cpus();
	struct shunt_actor_in *of = calloc(cpus, sizeof(*of));

	assert_int_equal(bpf_map_lookup_elem(ingress_map(g, "actor_in"), &nr, of), 0);
	memset(&counts, 0, sizeof(counts));
	for (int i = 0; i < cpus; i++) {
		counts.arrived += of[i].arrived;
		counts.rejected += of[i].rejected;
		counts.dropped += of[i].dropped;
		counts.away += of[i].away;
		counts.none += of[i].none;
		counts.passed += of[i].passed;
	}
	free(of);
	return &counts;
}

static void a_rule_names_an_actor_whose_row_says_class_and_id(void **state)
{
	assert_int_equal(send(1, 0), XDP_REDIRECT);
	assert_int_equal(v.meta.cls, 2);
	assert_int_equal(v.meta.actor, SHUNT_ACTOR_ID(7, 1));
	assert_int_equal(g->in->cls[2].arrived, was.cls[2].arrived + 1);
	assert_int_equal(g->in->cls[2].steered, was.cls[2].steered + 1);
	assert_int_equal(counts_of(1)->arrived, 1);
	assert_int_equal(counts.dropped + counts.rejected + counts.passed, 0);
}

static void a_request_without_an_actor_has_none(void **state)
{
	assert_int_equal(send(0, 0), XDP_REDIRECT);
	assert_int_equal(v.meta.cls, CLS);
	assert_int_equal(v.meta.actor, 0);
	assert_int_equal(counts_of(0)->arrived, 0);
}

static void a_key_always_finds_the_same_of_several_actors_and_keys_find_all(void **state)
{
	__u32 found = 0, n = 400, sum = 0;

	for (__u32 key = 0; key < n; key++) {
		__u32 nr;

		assert_int_equal(send(2, key), XDP_REDIRECT);
		nr = SHUNT_ACTOR_NR(v.meta.actor);
		assert_in_range(nr, FIRST, FIRST + SHARDS - 1);
		found |= 1u << (nr - FIRST);
		assert_int_equal(send(2, key), XDP_REDIRECT);
		assert_int_equal(SHUNT_ACTOR_NR(v.meta.actor), nr);
	}
	assert_int_equal(found, (1u << SHARDS) - 1);
	for (__u32 i = 0; i < SHARDS; i++) {
		/* a fair share is n / SHARDS: none has less than half of it */
		assert_true(counts_of(FIRST + i)->arrived >= n / SHARDS);
		sum += counts.arrived;
	}
	assert_int_equal(sum, 2 * n);
}

static void what_the_policy_refuses_is_counted_for_the_actor(void **state)
{
	policy_says(REJECT);
	assert_int_equal(send(1, 0), XDP_DROP);
	policy_says(DROP);
	assert_int_equal(send(1, 0), XDP_DROP);
	policy_says(HOLD);
	assert_int_equal(send(1, 0), XDP_REDIRECT);
	assert_int_equal(v.meta.actor, SHUNT_ACTOR_ID(7, 1));
	assert_int_equal(counts_of(1)->arrived, 3);
	assert_int_equal(counts.rejected, 1);
	assert_int_equal(counts.dropped, 1);
	assert_int_equal(counts.none + counts.away, 0);
}

static void a_request_that_a_full_queue_refuses_is_counted_for_the_actor(void **state)
{
	set_u32("hold_limit", 2, 1);
	policy_says(HOLD);
	assert_int_equal(send(1, 0), XDP_REDIRECT);
	assert_int_equal(send(1, 0), XDP_DROP);
	assert_int_equal(counts_of(1)->arrived, 2);
	assert_int_equal(counts.dropped, 1);
}

static void what_goes_to_the_kernel_is_counted_for_the_actor(void **state)
{
	struct shunt_cfg c = cfg();

	c.fallback = SHUNT_FALLBACK_PASS;
	set_cfg(c);
	ingress_up(g, 0);
	assert_int_equal(send(1, 0), XDP_PASS);
	assert_int_equal(counts_of(1)->passed, 1);
	assert_int_equal(counts.dropped, 0);
}

static void an_actor_that_is_not_there_gets_nothing(void **state)
{
	set_row(1, (struct shunt_actor_row){ .gen = 8, .state = SHUNT_ACTOR_NONE, .cls = 2 });
	assert_int_equal(send(1, 0), XDP_DROP);
	assert_int_equal(counts_of(1)->arrived, 1);
	assert_int_equal(counts.none, 1);
	assert_int_equal(counts.dropped, 1);
	assert_int_equal(g->in->cls[2].dropped, was.cls[2].dropped + 1);
}

static void a_request_that_came_to_another_domain_than_the_actor_s_is_dropped(void **state)
{
	set_row(1, (struct shunt_actor_row){ .gen = 7, .state = SHUNT_ACTOR_HERE, .cls = 2,
					     .domain = 1 });
	assert_int_equal(send(1, 0), XDP_DROP);
	assert_int_equal(counts_of(1)->away, 1);
	assert_int_equal(counts.dropped, 1);
}

static void an_actor_with_a_core_gets_its_requests_there_whatever_the_policy_says(void **state)
{
	set_row(1, (struct shunt_actor_row){ .gen = 7, .state = SHUNT_ACTOR_HERE, .cls = 2,
					     .core = 4 });
	policy_says(HOLD);
	g->view->idle = ~0ULL;
	assert_int_equal(send(1, 0), XDP_REDIRECT);
	assert_int_equal(g->in->sent[3], was.sent[3] + 1);
	assert_true(g->view->idle == ~(1ULL << 3));
	ingress_up(g, 7); /* without that core the policy is asked again */
	assert_int_equal(send(1, 0), XDP_REDIRECT);
	assert_int_equal(g->in->sent[3], was.sent[3]);
	assert_int_equal(g->in->cls[2].held, was.cls[2].held + 1);
}

static void a_full_ring_of_the_actor_s_core_refuses(void **state)
{
	set_row(1, (struct shunt_actor_row){ .gen = 7, .state = SHUNT_ACTOR_HERE, .cls = 2,
					     .core = 4 });
	g->view->done[3] = g->in->sent[3] - cfg().core_ring;
	assert_int_equal(send(1, 0), XDP_DROP);
	assert_int_equal(counts_of(1)->dropped, 1);
	assert_int_equal(g->in->cls[2].limit, was.cls[2].limit + 1);
}

/* --- exclusive actors ------------------------------------------------------------------------- */

#define EXCLUSIVE 3 /* requests at most on the core that has it */

static struct shunt_actor_at at;

static void be_exclusive(__u8 most)
{
	set_row(1, (struct shunt_actor_row){ .gen = 7, .state = SHUNT_ACTOR_HERE, .cls = 2,
					     .exclusive = most });
}

static const struct shunt_actor_at *where(void)
{
	ingress_get(g, "actor_at", 1, &at);
	return &at;
}

/* The worker's core has ended all but so many of the requests in its ring. */
static void core_has(int core, __u32 open)
{
	g->view->done[core] = g->in->sent[core] - open;
}

static void assert_sent_to(int core)
{
	assert_int_equal(v.action, XDP_REDIRECT);
	assert_int_equal(g->in->sent[core], was.sent[core] + 1);
	assert_int_equal(g->in->cls[2].held, was.cls[2].held);
}

static void an_exclusive_actor_s_requests_go_to_the_core_that_has_it(void **state)
{
	be_exclusive(EXCLUSIVE);
	policy_says(2);
	send(1, 0);
	assert_sent_to(2);
	for (int answer = REJECT; answer < 2; answer++) { /* nobody asks the policy */
		core_has(2, 1);
		policy_says(answer);
		send(1, 0);
		assert_sent_to(2);
	}
	assert_int_equal(where()->core, 2 + 1);
	assert_int_equal(at.moved, 0);
}

static void once_all_of_its_requests_have_ended_the_policy_chooses_again(void **state)
{
	be_exclusive(EXCLUSIVE);
	policy_says(2);
	send(1, 0);
	core_has(2, 0);
	policy_says(1);
	send(1, 0);
	assert_sent_to(1);
	assert_int_equal(where()->core, 1 + 1);
	assert_int_equal(at.moved, 1);
	core_has(1, 0);
	policy_says(REJECT);
	assert_int_equal(send(1, 0), XDP_DROP);
	assert_int_equal(counts_of(1)->rejected, 1);
}

/* They are behind its own in the ring. */
static void requests_of_others_do_not_keep_an_actor_on_its_core(void **state)
{
	be_exclusive(EXCLUSIVE);
	policy_says(2);
	send(1, 0);
	for (int i = 0; i < 5; i++)
		send(0, 0);
	core_has(2, 5);
	policy_says(1);
	send(1, 0);
	assert_sent_to(1);
}

static void an_exclusive_actor_has_no_more_on_its_core_than_its_row_says(void **state)
{
	be_exclusive(EXCLUSIVE);
	policy_says(2);
	for (int i = 0; i < EXCLUSIVE; i++) {
		assert_int_equal(send(1, 0), XDP_REDIRECT);
		send(0, 0);
	}
	assert_int_equal(send(1, 0), XDP_DROP);
	assert_int_equal(counts_of(1)->dropped, 1);
	assert_int_equal(g->in->cls[2].limit, was.cls[2].limit + 1);
	assert_int_equal(where()->full, 1);
	core_has(2, 2 * EXCLUSIVE - 1); /* the first of them has ended */
	send(1, 0);
	assert_sent_to(2);
	assert_int_equal(send(1, 0), XDP_DROP);
	assert_int_equal(counts_of(1)->arrived, EXCLUSIVE + 3);
	assert_int_equal(counts.dropped, 2);
}

/* Of what it had on the core before, nothing counts there. */
static void an_actor_that_moved_has_its_share_on_the_next_core(void **state)
{
	be_exclusive(EXCLUSIVE);
	/* The next core is ahead of the first one, and has requests of others. */
	g->in->sent[1] = 100;
	core_has(1, 100);
	for (int round = 0; round < 40; round++) {
		policy_says(round % 2);
		for (int i = 0; i < EXCLUSIVE; i++) {
			send(1, 0);
			assert_sent_to(round % 2);
		}
		assert_int_equal(send(1, 0), XDP_DROP);
		core_has(round % 2, 0);
	}
	assert_int_equal(where()->moved, 39);
	assert_int_equal(at.full, 40);
}

static void an_exclusive_actor_s_request_waits_for_one_core_alone(void **state)
{
	be_exclusive(EXCLUSIVE);
	policy_says(3);
	send(1, 0);
	core_has(3, 0);
	policy_says(HOLD);
	send(1, 0);
	assert_sent_to(3); /* which had it last */
	core_has(3, 0);
	ingress_up(g, 7);
	send(1, 0);
	assert_int_equal(v.action, XDP_REDIRECT);
	assert_int_equal(g->in->cls[2].steered, was.cls[2].steered + 1);
	assert_in_range(where()->core, 1, 3); /* one of those that are up */
	core_has(at.core - 1, 0);
	ingress_up(g, 8);
	g->view->ncores_up = ~0u; /* a worker may write what it wants */
	memset(g->view->order, 0xff, sizeof(g->view->order));
	send(1, 0);
	assert_sent_to(3);
}

static void an_actor_whose_core_is_gone_is_the_policy_s(void **state)
{
	be_exclusive(EXCLUSIVE);
	policy_says(2);
	send(1, 0);
	core_has(2, 1);
	ingress_up(g, 3);
	policy_says(1);
	send(1, 0);
	assert_sent_to(1);
}

/* Rings begin anew with a worker's next memory: older numbers say nothing then. */
static void counts_that_begin_anew_leave_nothing_open(void **state)
{
	be_exclusive(1);
	policy_says(2);
	for (int i = 0; i < 100; i++) {
		send(1, 0);
		assert_sent_to(2);
		core_has(2, 0);
	}
	send(1, 0);
	g->in->sent[2] = 0;
	g->view->done[2] = 0;
	policy_says(1);
	send(1, 0);
	assert_sent_to(1);
	g->view->done[1] = g->in->sent[1] + 7; /* more than there were */
	policy_says(0);
	send(1, 0);
	assert_sent_to(0);
}

static void numbers_of_requests_may_wrap(void **state)
{
	be_exclusive(2);
	policy_says(2);
	g->in->sent[2] = 0xfffffffe;
	core_has(2, 0);
	for (int i = 0; i < 2; i++) {
		send(1, 0);
		assert_sent_to(2);
	}
	assert_int_equal(send(1, 0), XDP_DROP);
	core_has(2, 1);
	send(1, 0);
	assert_sent_to(2);
}

static void a_pinned_actor_stays_where_it_is_pinned_to(void **state)
{
	set_row(1, (struct shunt_actor_row){ .gen = 7, .state = SHUNT_ACTOR_HERE, .cls = 2,
					     .core = 1, .exclusive = EXCLUSIVE });
	policy_says(2);
	send(1, 0);
	assert_sent_to(0);
}

/* Root may have written anything with bpftool. */
static void nonsense_in_rows_and_rules_is_bounded(void **state)
{
	struct shunt_actor_row row;

	for (int i = 0; i < 256; i++) {
		memset(&row, i, sizeof(row));
		row.state = SHUNT_ACTOR_HERE;
		row.domain = 0;
		set_row(1, row);
		send(1, 0);
		assert_true(v.action == XDP_REDIRECT || v.action == XDP_DROP);
	}
	for (__u32 key = 0; key < 64; key++)
		assert_int_equal(send(3, key), XDP_DROP); /* rows beyond the map, or empty */
}

/* And a worker anything into its view. */
static void nonsense_about_where_an_actor_is_is_bounded(void **state)
{
	for (int i = 0; i < 256; i++) {
		be_exclusive(i);
		memset(&at, i, sizeof(at));
		ingress_set(g, "actor_at", 1, &at);
		for (int core = 0; core < SHUNT_CORES; core++)
			g->view->done[core] = g->in->sent[core] - i * 0x01010101u;
		policy_says(i % 5 - 1);
		send(1, 0);
		assert_true(v.action == XDP_REDIRECT || v.action == XDP_DROP);
		ingress_up(g, i % 2 ? 15 : 1ULL << i % 4);
	}
	assert_int_equal(counts_of(1)->arrived, 256);
}

static void a_program_without_actors_looks_at_no_row(void **state)
{
	assert_int_equal(send(1, 0), XDP_REDIRECT);
	assert_int_equal(v.meta.cls, CLS); /* the rule's */
	assert_int_equal(v.meta.actor, 0);
	assert_int_equal(counts_of(1)->arrived, 0);
}

static int load_plain(void **state)
{
	int err;

	ingress_prepare = NULL;
	err = load(state);
	set_rules();
	return err;
}

#define ROWS_TEST(test) { #test, test, load_rows, unload, (void *)SAYS }

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROWS_TEST(a_rule_names_an_actor_whose_row_says_class_and_id),
		ROWS_TEST(a_request_without_an_actor_has_none),
		ROWS_TEST(a_key_always_finds_the_same_of_several_actors_and_keys_find_all),
		ROWS_TEST(what_the_policy_refuses_is_counted_for_the_actor),
		ROWS_TEST(a_request_that_a_full_queue_refuses_is_counted_for_the_actor),
		ROWS_TEST(what_goes_to_the_kernel_is_counted_for_the_actor),
		ROWS_TEST(an_actor_that_is_not_there_gets_nothing),
		ROWS_TEST(a_request_that_came_to_another_domain_than_the_actor_s_is_dropped),
		ROWS_TEST(an_actor_with_a_core_gets_its_requests_there_whatever_the_policy_says),
		ROWS_TEST(a_full_ring_of_the_actor_s_core_refuses),
		ROWS_TEST(an_exclusive_actor_s_requests_go_to_the_core_that_has_it),
		ROWS_TEST(once_all_of_its_requests_have_ended_the_policy_chooses_again),
		ROWS_TEST(requests_of_others_do_not_keep_an_actor_on_its_core),
		ROWS_TEST(an_exclusive_actor_has_no_more_on_its_core_than_its_row_says),
		ROWS_TEST(an_actor_that_moved_has_its_share_on_the_next_core),
		ROWS_TEST(an_exclusive_actor_s_request_waits_for_one_core_alone),
		ROWS_TEST(an_actor_whose_core_is_gone_is_the_policy_s),
		ROWS_TEST(counts_that_begin_anew_leave_nothing_open),
		ROWS_TEST(numbers_of_requests_may_wrap),
		ROWS_TEST(a_pinned_actor_stays_where_it_is_pinned_to),
		ROWS_TEST(nonsense_in_rows_and_rules_is_bounded),
		ROWS_TEST(nonsense_about_where_an_actor_is_is_bounded),
		{ "a_program_without_actors_looks_at_no_row",
		  a_program_without_actors_looks_at_no_row, load_plain, unload, (void *)SAYS },
	};

	ingress_need();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

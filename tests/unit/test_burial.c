// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_burial.c - what the agent decides about a dead worker, whatever instruction it died at
 *
 * Two cores' steps (those of hostlib/queue.c and park.c, written down here once more as single stores) are run
 * in every interleaving, and after each step the worker "dies" and the verdict is compared with what
 * really became of each request: waiting, counted, answered, or lost.
 */
/* link: agent/burial.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/burial.h"

#define RING 4
#define CORES 2
#define CLASSES 2
#define TAGS ((CORES + CLASSES) * RING)

struct fake_ring {
	__u32 prod, cons;
	struct xdp_desc desc[RING];
};

struct world {
	struct shunt_view view;
	struct fake_ring rx[SHUNT_SLOTS], tx[CORES];
	struct rings r;
	union { /* the tags are ctl's own, last: so this is, too */
		struct shunt_ctl ctl;
		char room[sizeof(struct shunt_ctl) + TAGS * sizeof(__u32)];
	} memory;
};

static void point(struct shunt_ring *r, struct fake_ring *f)
{
	*r = (struct shunt_ring){ .prod = &f->prod, .cons = &f->cons, .desc = f->desc,
				  .mask = RING - 1 };
}

/* Indexes start at "at", so that they can be near their wrap. */
static struct world *new_world(__u32 at)
{
	struct world *w = aligned_alloc(SHUNT_LINE, sizeof(*w));

	assert_non_null(w);
	memset(w, 0, sizeof(*w));
	w->r.geo = (struct shunt_geometry){ .nframes = 64, .chunk = 2048, .core_ring = RING,
					    .hold_ring = RING, .fill_ring = 128,
					    .ncores = CORES, .nclasses = CLASSES };
	w->r.view = &w->view;
	w->r.ctl = &w->memory.ctl;
	for (__u32 k = 0; k < CORES + CLASSES; k++) {
		__u32 slot = slot_of(&w->r.geo, k);

		point(&w->r.rx[slot], &w->rx[slot]);
		w->rx[slot].prod = w->rx[slot].cons = at;
	}
	for (__u32 i = 0; i < CORES; i++) {
		point(&w->r.tx[i], &w->tx[i]);
		w->tx[i].prod = w->tx[i].cons = at;
	}
	for (__u32 i = at - RING; at && i != at; i++) { /* as the entries before left them */
		for (__u32 k = 0; k < CORES + CLASSES; k++) {
			size_t tag = shunt_owner_at(&w->r.geo, slot_of(&w->r.geo, k), i);

			w->memory.ctl.owner[tag] = i + 1;
		}
	}
	return w;
}

static void arrive(struct world *w, __u32 slot)
{
	w->rx[slot].prod++;
}

/* How a request ends. */
enum ending { REPLY, NO_REPLY };

/* One core serving one request, a store at a time. */
struct script {
	__u32 slot, cls;
	enum ending ending;
	bool preempted; /* once: parked, then resumed by the same core */
};

struct actor {
	__u32 core;
	const struct script *script;
	unsigned int step;
	__u32 index;    /* of the entry that it goes for */
	bool won;
	bool done;
};

/* What became of the requests so far, kept apart from what the worker writes down. */
struct truth {
	__u64 popped[CLASSES], answered[CLASSES];
	__u64 counted_replied[CLASSES], counted_noreply[CLASSES];
};

static void count(struct world *w, struct actor *a, struct truth *t)
{
	struct shunt_core_class *n = &w->view.core[a->core].cls[a->script->cls];

	if (a->script->ending == REPLY) {
		n->replied++;
		t->counted_replied[a->script->cls]++;
	} else {
		n->noreply++;
		t->counted_noreply[a->script->cls]++;
	}
}

static unsigned int after_pop(const struct actor *a)
{
	return a->script->ending == NO_REPLY ? 13 : 10;
}

/* The next store of a core. */
static void step(struct world *w, struct actor *a, struct truth *t)
{
	struct shunt_core *c = &w->view.core[a->core];
	struct fake_ring *rx = &w->rx[a->script->slot], *tx = &w->tx[a->core];
	struct shunt_parked *parked = &w->memory.ctl.parked[a->core * 100];
	__u64 id = 1000 + 100 * a->script->slot + a->index;
	__u32 cls = a->script->cls;
	size_t tag;

	switch (a->step++) {
	case 0:
		a->index = rx->cons;
		if (rx->prod == rx->cons)
			a->done = true;
		break;
	case 1:
		c->run.intent_cls = cls;
		break;
	case 2:
		c->run.intent = SHUNT_INTENT(a->script->slot, a->index);
		break;
	case 3:
		a->won = rx->cons == a->index;
		if (a->won) {
			rx->cons++;
			t->popped[cls]++;
		}
		break;
	case 4:
		if (!a->won) {
			c->run.intent = 0;
			a->done = true;
			break;
		}
		c->run.cls = cls;
		break;
	case 5:
		c->run.base = c->cls[cls].replied + c->cls[cls].noreply;
		break;
	case 6:
		c->run.tx_set = 0;
		break;
	case 7:
		c->run.id = id;
		break;
	case 8:
		tag = shunt_owner_at(&w->r.geo, a->script->slot, a->index);
		w->memory.ctl.owner[tag] = a->index + 1;
		break;
	case 9:
		c->run.intent = 0;
		a->step = a->script->preempted ? 15 : after_pop(a);
		break;
	case 10:
		c->run.tx_end = tx->prod + 1;
		break;
	case 11:
		c->run.tx_set = 1;
		break;
	case 12:
		tx->prod++;
		t->answered[cls]++;
		break;
	case 13:
		count(w, a, t);
		break;
	case 14:
		c->run.id = 0;
		a->done = true;
		break;
	case 15:
		parked->cls = cls;
		break;
	case 16:
		parked->id = id;
		break;
	case 17:
		c->run.id = 0;
		break;
	case 18:
		c->run.cls = cls;
		break;
	case 19:
		c->run.base = c->cls[cls].replied + c->cls[cls].noreply;
		break;
	case 20:
		c->run.tx_set = 0;
		break;
	case 21:
		c->run.id = id;
		break;
	case 22:
		parked->id = 0;
		a->step = after_pop(a);
		break;
	}
}

/* The worker is dead: the verdict must name exactly what is neither waiting nor counted. */
static void check(const struct world *w, const struct truth *t)
{
	struct verdict v;

	burial_decide(&w->r, &v);
	for (int c = 0; c < CLASSES; c++) {
		__u64 told = v.replied[c] + v.lost[c] + t->counted_replied[c] +
			     t->counted_noreply[c];

		assert_int_equal(told, t->popped[c]);
		assert_int_equal(v.replied[c], t->answered[c] - t->counted_replied[c]);
	}
	for (int c = CLASSES; c < SHUNT_CLASSES; c++)
		assert_int_equal(v.replied[c] + v.lost[c], 0);
}

/* What steps change, to take them back. */
struct saved {
	struct shunt_core core[CORES];
	__u32 rx[CORES + CLASSES], tx[CORES];
	__u32 owner[TAGS];
	struct shunt_parked parked[SHUNT_PARKED];
};

static void save(struct world *w, struct saved *s)
{
	memcpy(s->core, w->view.core, sizeof(s->core));
	memcpy(s->owner, w->memory.ctl.owner, sizeof(s->owner));
	memcpy(s->parked, w->memory.ctl.parked, sizeof(s->parked));
	for (__u32 k = 0; k < CORES + CLASSES; k++)
		s->rx[k] = w->rx[slot_of(&w->r.geo, k)].cons;
	for (__u32 i = 0; i < CORES; i++)
		s->tx[i] = w->tx[i].prod;
}

static void take_back(struct world *w, const struct saved *s)
{
	memcpy(w->view.core, s->core, sizeof(s->core));
	memcpy(w->memory.ctl.owner, s->owner, sizeof(s->owner));
	memcpy(w->memory.ctl.parked, s->parked, sizeof(s->parked));
	for (__u32 k = 0; k < CORES + CLASSES; k++)
		w->rx[slot_of(&w->r.geo, k)].cons = s->rx[k];
	for (__u32 i = 0; i < CORES; i++)
		w->tx[i].prod = s->tx[i];
}

/* All interleavings of two cores from here on, with a death after each step. */
static void explore(struct world *w, const struct actor *actor, const struct truth *truth,
		    unsigned long *deaths)
{
	struct saved before;

	check(w, truth);
	(*deaths)++;
	save(w, &before);
	for (int i = 0; i < CORES; i++) {
		struct actor a[CORES];
		struct truth t = *truth;

		if (actor[i].done)
			continue;
		memcpy(a, actor, sizeof(a));
		step(w, &a[i], &t);
		explore(w, a, &t, deaths);
		take_back(w, &before);
	}
}

/* Both cores run their scripts against a ring each, or the same one. */
static unsigned long run(__u32 at, const struct script *one, const struct script *two,
			 int waiting_one, int waiting_two)
{
	struct actor a[CORES] = { { .core = 0, .script = one }, { .core = 1, .script = two } };
	struct world *w = new_world(at);
	struct truth t = { 0 };
	unsigned long deaths = 0;

	while (waiting_one--)
		arrive(w, one->slot);
	while (waiting_two--)
		arrive(w, two->slot);
	explore(w, a, &t, &deaths);
	free(w);
	return deaths;
}

#define HOLD(c) (SHUNT_HOLD_SLOT + (c))

static void test_one_core_alone(void **state)
{
	struct world *w;

	for (int ending = REPLY; ending <= NO_REPLY; ending++) {
		for (int i = 0; i < 3; i++) {
			const struct script s = { .slot = i == 2 ? 0 : HOLD(i),
						  .cls = i == 2 ? 1 : i, .ending = ending };
			struct actor a = { .core = 0, .script = &s };
			struct truth t = { 0 };

			w = new_world(0);
			arrive(w, s.slot);
			for (check(w, &t); !a.done; check(w, &t))
				step(w, &a, &t);
			assert_int_equal(t.popped[s.cls], 1);
			free(w);
		}
	}
}

/* Parked or on its way there or back: lost once, whatever the core was at. */
static void test_a_preempted_request_is_counted_once(void **state)
{
	for (int ending = REPLY; ending <= NO_REPLY; ending++) {
		const struct script s = { .slot = HOLD(1), .cls = 1, .ending = ending, .preempted = true };
		struct actor a = { .core = 0, .script = &s };
		struct world *w = new_world(0);
		struct truth t = { 0 };
		int steps = 0;

		arrive(w, s.slot);
		for (check(w, &t); !a.done; check(w, &t), steps++)
			step(w, &a, &t);
		assert_int_equal(t.popped[1], 1);
		assert_true(steps > 18);
		free(w);
	}
}

/* The other core at each of its steps meanwhile. (All interleavings would be a billion.) */
static void test_a_preempted_one_beside_another_core(void **state)
{
	const struct script one = { .slot = HOLD(0), .cls = 0, .ending = REPLY, .preempted = true };
	const struct script two = { .slot = 1, .cls = 0, .ending = NO_REPLY };
	bool more = true;

	for (int upto = 0; more; upto++) {
		struct actor a = { .core = 0, .script = &one }, b = { .core = 1, .script = &two };
		struct world *w = new_world(0);
		struct truth t = { 0 };

		arrive(w, one.slot);
		arrive(w, two.slot);
		for (int i = 0; i < upto && !b.done; i++)
			step(w, &b, &t);
		more = !b.done;
		for (check(w, &t); !a.done; check(w, &t))
			step(w, &a, &t);
		for (check(w, &t); !b.done; check(w, &t))
			step(w, &b, &t);
		free(w);
	}
}

static void test_two_cores_race_for_one_request(void **state)
{
	const struct script s = { .slot = HOLD(1), .cls = 1, .ending = NO_REPLY };

	assert_in_range(run(0, &s, &s, 1, 0), 1000, 10000000);
	assert_in_range(run(~0u - 1, &s, &s, 1, 0), 1000, 10000000);
}

static void test_two_cores_race_for_two_requests(void **state)
{
	const struct script s = { .slot = HOLD(0), .cls = 0, .ending = NO_REPLY };

	run(0, &s, &s, 2, 0);
	run(~0u, &s, &s, 2, 0);
}

/* One core steals from the other's ring. */
static void test_a_thief_and_the_owner(void **state)
{
	const struct script s = { .slot = 1, .cls = 1, .ending = NO_REPLY };

	run(7, &s, &s, 1, 0);
	run(7, &s, &s, 2, 0);
}

static void test_a_full_ring(void **state)
{
	const struct script s = { .slot = HOLD(0), .cls = 0, .ending = NO_REPLY };

	run(0, &s, &s, RING, 0);
}

/* A core is stopped right after it wrote its intent, the other one takes that entry and a ring's
 * worth more: the slot of the tag is another entry's by then, and nothing is lost. */
static void test_an_intent_that_is_a_ring_old(void **state)
{
	const struct script s = { .slot = HOLD(0), .cls = 0, .ending = REPLY };
	struct actor slow = { .core = 0, .script = &s };
	struct world *w = new_world(~0u - 2);
	struct truth t = { 0 };

	arrive(w, s.slot);
	for (int i = 0; i < 3; i++)
		step(w, &slow, &t);
	for (int n = 0; n < 2 * RING + 1; n++) {
		struct actor fast = { .core = 1, .script = &s };

		while (!fast.done) {
			step(w, &fast, &t);
			check(w, &t);
		}
		arrive(w, s.slot);
		check(w, &t);
	}
	assert_int_equal(t.popped[0], 2 * RING + 1);
	free(w);
}

/* Requests one after the other: what the last one left in the lines must not speak for the next. */
static void test_a_long_life_with_deaths_everywhere(void **state)
{
	struct world *w = new_world(~0u - 40);
	struct truth t = { 0 };

	srand(1);
	for (int n = 0; n < 2000; n++) {
		struct script s = { .cls = rand() & 1, .ending = rand() & 1 };
		struct actor a = { .core = rand() % CORES, .script = &s };

		s.slot = rand() & 1 ? HOLD(s.cls) : (__u32)(rand() % CORES);
		arrive(w, s.slot);
		while (!a.done) {
			step(w, &a, &t);
			check(w, &t);
		}
	}
	free(w);
}

/* What a worker may have written instead: any answer will do, but no byte beyond. */
static void test_garbage_is_bounded(void **state)
{
	struct world *w = new_world(0);
	struct verdict v;

	srand(2);
	for (int n = 0; n < 20000; n++) {
		unsigned char *at = (unsigned char *)w->view.core;
		__u64 sum = 0;

		for (size_t i = 0; i < CORES * sizeof(w->view.core[0]); i++)
			at[i] = rand();
		for (__u32 i = 0; i < CORES; i++) { /* half of the intents name rings that exist */
			if (rand() & 1)
				w->view.core[i].run.intent =
					SHUNT_INTENT(rand() % (SHUNT_SLOTS + 4), rand() % 8);
		}
		for (int i = 0; i < TAGS; i++)
			w->memory.ctl.owner[i] = rand();
		for (int i = 0; i < SHUNT_SLOTS; i++)
			w->rx[i].cons = rand() % 8;
		burial_decide(&w->r, &v);
		for (int c = 0; c < SHUNT_CLASSES; c++)
			sum += v.lost[c] + v.replied[c];
		assert_in_range(sum, 0, 2 * CORES);
	}
	free(w);
}

static void test_nothing_is_left_after_it_was_cleared(void **state)
{
	const struct script s = { .slot = HOLD(0), .cls = 0, .ending = REPLY };
	struct actor a = { .core = 1, .script = &s };
	struct world *w = new_world(0);
	struct truth t = { 0 };
	struct verdict v;

	arrive(w, s.slot);
	for (int i = 0; i < 9; i++)
		step(w, &a, &t);
	burial_decide(&w->r, &v);
	assert_int_equal(v.lost[0], 1);
	burial_clear(&w->r);
	burial_decide(&w->r, &v);
	assert_int_equal(v.lost[0], 0);
	free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_core_alone),
		cmocka_unit_test(test_a_preempted_request_is_counted_once),
		cmocka_unit_test(test_a_preempted_one_beside_another_core),
		cmocka_unit_test(test_two_cores_race_for_one_request),
		cmocka_unit_test(test_two_cores_race_for_two_requests),
		cmocka_unit_test(test_a_thief_and_the_owner),
		cmocka_unit_test(test_a_full_ring),
		cmocka_unit_test(test_an_intent_that_is_a_ring_old),
		cmocka_unit_test(test_a_long_life_with_deaths_everywhere),
		cmocka_unit_test(test_garbage_is_bounded),
		cmocka_unit_test(test_nothing_is_left_after_it_was_cleared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

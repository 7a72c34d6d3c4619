// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_policy.c - every policy, the same views and events in BPF and in native code: equal answers,
 * equal memory afterwards, and answers that the contract allows
 *
 * SEED and COUNT (questions a policy) in the environment repeat a run.
 */
/* link: tests/prog/ingress.c tests/prog/native.c tests/prog/views.c */
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

#include "ingress.h"
#include "native.h"
#include "views.h"


static struct rng rng;
static struct shunt_view mine; /* for the native code; the other one is BPF's map */
static struct shunt_view before; /* as the native code found it */

static __u32 below(__u32 n)
{
	return rng_below(&rng, n);
}

static bool once_in(__u32 n)
{
	return !below(n);
}

/* --- questions -------------------------------------------------------------------------------- */

static void check_allowed(const char *policy, enum shunt_ask_op op, const struct shunt_event *ev,
			  int answer)
{
	if (op == SHUNT_ASK_STEER && (answer < -3 || answer >= SHUNT_CORES))
		fail_msg("%s steers to %d", policy, answer);
	if (op == SHUNT_ASK_SELECT && answer != -1 &&
	    (answer < 0 || answer >= SHUNT_CLASSES || !(ev->waiting >> answer & 1)))
		fail_msg("%s selects %d of %#x", policy, answer, ev->waiting);
}

/* SHUNT_TAKES_ANY: select names a class whenever one waits, and changes nothing. */
static void check_takes_any(const struct native *n, const struct shunt_event *ev, int answer)
{
	if (ev->waiting && answer < 0)
		fail_msg("%s takes any class, and selects none of %#x", n->desc->name, ev->waiting);
	if (memcmp(&mine, &before, VIEWS_HEAD))
		fail_msg("%s takes any class, and its select changes the view", n->desc->name);
}

/* Asks both about equal views. Only a sane view obliges to an allowed answer. */
static void ask_both(struct ingress *g, const struct native *n, enum shunt_ask_op op, bool sane)
{
	struct shunt_event ev = views_event(&rng);
	struct shunt_core_heads *heads = &g->view->core[ev.core & (SHUNT_CORES - 1)].heads;
	int bpf, native;
	bool promised;

	sane ? views_sane_heads(&rng, heads) : views_noisy_heads(&rng, heads);
	memcpy(&mine, g->view, VIEWS_HEAD);
	mine.core[ev.core & (SHUNT_CORES - 1)].heads = *heads;
	promised = op == SHUNT_ASK_SELECT && n->desc->flags & SHUNT_TAKES_ANY;
	if (promised) {
		ev.waiting &= once_in(2) ? -ev.waiting : ev.waiting; /* one class, or some */
		memcpy(&before, &mine, VIEWS_HEAD);
	}
	bpf = ingress_ask(g, op, &ev);
	native = native_ask(n, op, &mine, &ev);
	if (bpf != native)
		fail_msg("%s, function %d: BPF says %d, native code %d", n->desc->name, op, bpf,
			 native);
	if (memcmp(&mine, g->view, VIEWS_HEAD))
		fail_msg("%s, function %d: BPF and native code leave different views",
			 n->desc->name, op);
	if (sane && strcmp(n->desc->name, "every"))
		check_allowed(n->desc->name, op, &ev, bpf);
	if (sane && promised)
		check_takes_any(n, &ev, bpf);
}

/* steer() and select() take turns; plan() is long. */
static bool is_turn_of(enum shunt_ask_op op, __u64 i)
{
	if (op == SHUNT_ASK_PLAN)
		return i % 8 == 0;
	return !shunt_op(op)->need || i % 2 == op;
}

static void ask_policy(const char *object, __u64 count)
{
	struct ingress *g = ingress_load(object, 4, 4);
	struct native n;
	bool sane = true;

	native_load(&n, object);
	for (__u64 i = 0; i < count; i++) {
		if (i % 4 == 0) {
			sane = !once_in(8);
			if (sane)
				views_sane(&rng, g->view);
			else
				views_noisy(&rng, g->view);
		}
		for (enum shunt_ask_op op = 0; op < SHUNT_NR_OPS; op++) {
			if (n.fn[op] && is_turn_of(op, i))
				ask_both(g, &n, op, sane);
		}
	}
	native_free(&n);
	ingress_free(g);
}

/* The policy "every" has all functions that there are. */
static void a_function_of_the_list_is_bound_everywhere(void **state)
{
	struct ingress *g = ingress_load("build/tests/bpf/every.o", 4, 4);
	struct shunt_event ev = views_event(&rng);
	struct native n;

	native_load(&n, "build/tests/bpf/every.o");
	for (enum shunt_ask_op op = 0; op < SHUNT_NR_OPS; op++) {
		if (!n.fn[op])
			fail_msg("'every' has no %s(): a new function belongs there, too",
				 shunt_op(op)->name);
		assert_int_not_equal(ingress_ask(g, op, &ev), -1000);
	}
	native_free(&n);
	ingress_free(g);
}

/* "every" adds to the state of its class's number, in BPF and in native code. */
static void a_number_beyond_what_there_is_is_counted(void **state)
{
	struct ingress *g = ingress_load("build/tests/bpf/every.o", 4, 4);
	struct shunt_event ev = { .now_ns = VIEWS_NOW, .cls = SHUNT_STATES - 1,
				  .steered = SHUNT_CORES - 1, .service_ns = 7 };
	struct native n;

	native_load(&n, "build/tests/bpf/every.o");
	assert_int_equal(ingress_ask(g, SHUNT_ASK_DONE, &ev), 0);
	assert_int_equal(g->view->bad_index, 0);
	ev.cls = SHUNT_STATES;
	assert_int_equal(ingress_ask(g, SHUNT_ASK_DONE, &ev), 0);
	assert_int_equal(g->view->bad_index, 1);
	ev.steered = SHUNT_CORES;
	assert_int_equal(native_ask(&n, SHUNT_ASK_DONE, g->view, &ev), 0);
	assert_int_equal(g->view->bad_index, 3);
	assert_int_equal(g->view->state[0][0], 14); /* what it means is another's */
	native_free(&n);
	ingress_free(g);
}

static void for_each(const char *pattern, void (*fn)(const char *object, __u64 count), __u64 count)
{
	glob_t found;

	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++)
		fn(found.gl_pathv[i], count);
	globfree(&found);
}

static void seed(__u64 count)
{
	rng.state = env_number("SEED", time(NULL));
	print_message("seed %#llx, %llu questions a policy\n", (unsigned long long)rng.state,
		      (unsigned long long)count);
}

static void policies_answer_alike_in_bpf_and_native_code(void **state)
{
	__u64 count = env_number("COUNT", getenv("LONG") ? 1000000 : 30000);

	seed(count);
	for_each("build/bpf/*.o", ask_policy, count);
}

static void every_accessor_is_alike_in_bpf_and_native_code(void **state)
{
	__u64 count = env_number("COUNT", getenv("LONG") ? 1000000 : 30000);

	seed(count);
	ask_policy("build/tests/bpf/every.o", count);
}

/* --- no class is left to starve for want of a core that takes it ------------------------------ */

static bool somebody_takes(const struct native *n, int cls)
{
	for (int core = 0; core < SHUNT_CORES; core++) {
		struct shunt_event ev = {
			.now_ns = VIEWS_NOW, .waiting = 1 << cls, .cls = cls, .core = core,
			.run_cls = SHUNT_NONE,
		};

		if ((mine.up >> core & 1) && n->select(&mine, &ev) == cls)
			return true;
	}
	return false;
}

static void ask_for_takers(const char *object, __u64 count)
{
	struct native n;

	native_load(&n, object);
	for (__u64 i = 0; i < count; i++) {
		views_sane(&rng, &mine);
		mine.up |= 1ULL << below(64);
		for (int i = 0; i < SHUNT_CORES; i++)
			views_sane_heads(&rng, &mine.core[i].heads);
		for (int c = 0; c < SHUNT_CLASSES; c++) {
			if (!somebody_takes(&n, c))
				fail_msg("%s: no core that is up takes class %d", n.desc->name, c);
		}
	}
	native_free(&n);
}

static void every_class_is_taken_by_some_core_that_is_up(void **state)
{
	seed(2000);
	for_each("build/bpf/*.o", ask_for_takers, 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(policies_answer_alike_in_bpf_and_native_code),
		cmocka_unit_test(every_accessor_is_alike_in_bpf_and_native_code),
		cmocka_unit_test(a_function_of_the_list_is_bound_everywhere),
		cmocka_unit_test(a_number_beyond_what_there_is_is_counted),
		cmocka_unit_test(every_class_is_taken_by_some_core_that_is_up),
	};

	ingress_need();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_policy.c - every policy, the same views and events in BPF and in native code: equal answers, equal
 * memory afterwards, and answers that the contract allows
 *
 * SEED and COUNT (questions a policy) in the environment repeat a run.
 */
/* link: tests/prog/ingress.c tests/prog/native.c */
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

#define HEAD offsetof(struct shunt_view, core) /* what policies can see of a view, but for the heads */
#define NOW 1000000000000ULL

static struct rng rng;
static struct shunt_view mine; /* for the native code; the other one is BPF's map */

static __u32 below(__u32 n)
{
	return rng_below(&rng, n);
}

static bool once_in(__u32 n)
{
	return !below(n);
}

/* --- views and events -------------------------------------------------------------------------- */

static __u64 some_bits(void)
{
	__u64 bits = rng_next(&rng);

	switch (below(4)) {
	case 0:
		return bits;
	case 1:
		return bits & 0xf;
	case 2:
		return bits & rng_next(&rng) & rng_next(&rng);
	default:
		return once_in(2) ? 0 : ~0ULL;
	}
}

/* What agent, workers and XDP would have written. */
static void sane_view(struct shunt_view *v)
{
	v->up = some_bits();
	v->idle = some_bits() & v->up;
	v->nclasses = 1 + below(SHUNT_CLASSES);
	v->ncores_up = 0;
	memset(v->order, 0, sizeof(v->order));
	for (int i = 0; i < SHUNT_CORES; i++) {
		if (v->up >> i & 1)
			v->order[v->ncores_up++] = i;
		v->sent[i] = rng_next(&rng);
		v->done[i] = v->sent[i] - below(5);
	}
	for (int c = 0; c < SHUNT_CLASSES; c++) {
		v->enq[c] = rng_next(&rng);
		v->deq[c] = v->enq[c] - (once_in(2) ? 0 : below(1000));
		v->slo_us[c] = once_in(4) ? 0 : rng_next(&rng) >> (32 + below(32));
		v->quantum_us[c] = below(100);
	}
	for (int i = 0; i < SHUNT_KNOBS; i++)
		v->knob[i] = once_in(2) ? below(4) : some_bits();
	for (int i = 0; i < SHUNT_STATES; i++)
		v->state[i] = once_in(2) ? below(4) : rng_next(&rng);
}

/* What core i sees at the heads of its queues. */
static void sane_heads(struct shunt_core_heads *h)
{
	for (int c = 0; c < SHUNT_CLASSES; c++) {
		h->head_ns[c] = once_in(8) ? rng_next(&rng) : NOW - (rng_next(&rng) >> (24 + below(30)));
		h->queued_ns[c] = once_in(2) ? h->head_ns[c] : NOW - (rng_next(&rng) >> (24 + below(30)));
	}
}

static void noisy_heads(struct shunt_core_heads *h)
{
	for (int c = 0; c < SHUNT_CLASSES; c++) {
		h->head_ns[c] = rng_next(&rng);
		h->queued_ns[c] = rng_next(&rng);
	}
}

/* Whatever a worker may write. */
static void noisy_view(struct shunt_view *v)
{
	for (__u32 i = 0; i < HEAD; i += 8) {
		__u64 word = rng_next(&rng);

		memcpy((char *)v + i, &word, 8);
	}
}

static struct shunt_event any_event(void)
{
	return (struct shunt_event){
		.now_ns = once_in(16) ? rng_next(&rng) : NOW + below(1000),
		.run_ns = once_in(4) ? NOW - below(1000) : rng_next(&rng),
		.random = rng_next(&rng), .flow_hash = rng_next(&rng), .key_hash = rng_next(&rng),
		.waiting = rng_next(&rng) & rng_next(&rng),
		.cls = below(SHUNT_CLASSES), .core = below(SHUNT_CORES),
		.run_cls = once_in(2) ? SHUNT_NONE : below(SHUNT_CLASSES),
		.service_ns = rng_next(&rng) >> below(32),
	};
}

/* --- questions ----------------------------------------------------------------------------------- */

static void check_allowed(const char *policy, enum shunt_ask_op op, const struct shunt_event *ev,
			  int answer)
{
	if (op == SHUNT_ASK_STEER && (answer < -3 || answer >= SHUNT_CORES))
		fail_msg("%s steers to %d", policy, answer);
	if (op == SHUNT_ASK_SELECT && answer != -1 &&
	    (answer < 0 || answer >= SHUNT_CLASSES || !(ev->waiting >> answer & 1)))
		fail_msg("%s selects %d of %#x", policy, answer, ev->waiting);
}

/* Asks both about equal views. Only a sane view obliges to an allowed answer. */
static void ask_both(struct ingress *g, const struct native *n, enum shunt_ask_op op, bool sane)
{
	struct shunt_event ev = any_event();
	struct shunt_core_heads *heads = &g->view->core[ev.core & (SHUNT_CORES - 1)].heads;
	int bpf, native;

	sane ? sane_heads(heads) : noisy_heads(heads);
	memcpy(&mine, g->view, HEAD);
	mine.core[ev.core & (SHUNT_CORES - 1)].heads = *heads;
	bpf = ingress_ask(g, op, &ev);
	native = native_ask(n, op, &mine, &ev);
	if (bpf != native)
		fail_msg("%s, function %d: BPF says %d, native code %d", n->desc->name, op, bpf, native);
	if (memcmp(&mine, g->view, HEAD))
		fail_msg("%s, function %d: BPF and native code leave different views", n->desc->name, op);
	if (sane && strcmp(n->desc->name, "every"))
		check_allowed(n->desc->name, op, &ev, bpf);
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
				sane_view(g->view);
			else
				noisy_view(g->view);
		}
		ask_both(g, &n, i % 2, sane);
		if (n.requeue)
			ask_both(g, &n, SHUNT_ASK_REQUEUE, sane);
		if (n.done)
			ask_both(g, &n, SHUNT_ASK_DONE, sane);
	}
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
	__u64 count = env_number("COUNT", getenv("LONG") ? 1000000 : 100000);

	seed(count);
	for_each("build/bpf/*.o", ask_policy, count);
}

static void every_accessor_is_alike_in_bpf_and_native_code(void **state)
{
	__u64 count = env_number("COUNT", getenv("LONG") ? 1000000 : 100000);

	seed(count);
	ask_policy("build/tests/bpf/every.o", count);
}

/* --- no class is left to starve for want of a core that takes it --------------------------------- */

static bool somebody_takes(const struct native *n, int cls)
{
	for (int core = 0; core < SHUNT_CORES; core++) {
		struct shunt_event ev = {
			.now_ns = NOW, .waiting = 1 << cls, .cls = cls, .core = core,
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
		sane_view(&mine);
		mine.up |= 1ULL << below(64);
		for (int i = 0; i < SHUNT_CORES; i++)
			sane_heads(&mine.core[i].heads);
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
		cmocka_unit_test(every_class_is_taken_by_some_core_that_is_up),
	};

	ingress_need();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

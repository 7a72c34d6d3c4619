// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_plan.c - what plan() writes is in force at once and as a whole, of its own generation, and
 * nothing else is touched
 */
/* link: lib/bpfmap.c lib/inforce.c lib/pins.c lib/why.c tests/prog/views.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cmocka.h>
#include <glob.h>

#include <shunt/policy.h>

#include "bpfmap.h"
#include "inforce.h"
#include "views.h"

#define PLANS "build/tests/bpf/plans.o"
#define INSNS_MAX 120000

static struct bpf_object *obj;
static int view_fd, planner, asker;
static struct shunt_view *v, before;

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, format, args) : 0;
}

static int program(const char *name)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(obj, name);

	return prog ? bpf_program__fd(prog) : -1;
}

/* Loads the object's planner and asker for that slot, with a view for domain 0. */
static void load_for(const char *object, __u32 slot)
{
	struct bpf_program *prog;
	__u32 zero = 0;
	int views;

	obj = bpf_object__open_file(object, NULL);
	assert_non_null(obj);
	assert_int_equal(shunt_constant_set(obj, "shunt_slot", 0, slot), 0);
	bpf_object__for_each_program(prog, obj)
		bpf_program__set_autoload(prog, !strcmp(bpf_program__name(prog), "shunt_planner") ||
					  !strcmp(bpf_program__name(prog), "shunt_ask"));
	assert_int_equal(bpf_object__load(obj), 0);
	planner = program("shunt_planner");
	asker = program("shunt_ask");
	view_fd = shunt_map_make_view("view0");
	assert_true(view_fd >= 0);
	views = bpf_object__find_map_fd_by_name(obj, "views");
	assert_int_equal(bpf_map_update_elem(views, &zero, &view_fd, 0), 0);
	v = shunt_map_mmap(view_fd, sizeof(*v), true);
	assert_non_null(v);
}

static int load(void **state)
{
	load_for(PLANS, 0);
	return 0;
}

static int load_slot_1(void **state)
{
	load_for(PLANS, 1);
	return 0;
}

static int unload(void **state)
{
	shunt_map_unmap(v, sizeof(*v));
	close(view_fd);
	bpf_object__close(obj);
	return 0;
}

static int run(int prog, void *ask, __u32 size)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = ask, .ctx_size_in = size);

	assert_int_equal(bpf_prog_test_run_opts(prog, &opts), 0);
	return (int)opts.retval;
}

static int plan(__u64 gen, __u64 now)
{
	struct shunt_plan_ask ask = { .gen = gen, .ev = { .now_ns = now, .run_cls = SHUNT_NONE } };

	return run(planner, &ask, sizeof(ask));
}

static const __u64 *words(__u32 slot)
{
	return v->plan[slot].word[v->plan[slot].use & 1];
}

static void what_plan_sets_is_in_force_when_it_has_returned_and_not_before(void **state)
{
	assert_int_equal(plan(0, 11), 0);
	assert_int_equal(words(0)[0], 1);
	assert_int_equal(words(0)[1], 0); /* what steer() saw meanwhile */
	assert_int_equal(words(0)[63], 11);
	assert_int_equal(plan(0, 12), 0);
	assert_int_equal(words(0)[0], 2);
	assert_int_equal(words(0)[1], 1);
	assert_int_equal(words(0)[63], 12);
}

static void what_plan_does_not_set_stays(void **state)
{
	for (int i = 0; i < 3; i++) {
		assert_int_equal(plan(0, i), 0);
		assert_int_equal(words(0)[2], 7);
	}
}

static void a_generation_that_is_over_plans_nothing(void **state)
{
	shunt_plan_clear(v, 4);
	assert_int_equal(plan(4, 1), 0);
	assert_int_equal(plan(2, 2), 1);
	assert_int_equal(SHUNT_PLAN_GEN(v->plan[0].use), 4);
	assert_int_equal(words(0)[0], 1);
	assert_int_equal(words(0)[63], 1);
}

/* As if the loader came while plan() of generation 2 ran. */
static void a_generation_that_begins_meanwhile_has_no_plan_yet(void **state)
{
	__u64 use;

	shunt_plan_clear(v, 2);
	use = shunt_plan_begin(v);
	shunt_plan_set(v, 5, 55);
	shunt_plan_clear(v, 4);
	shunt_plan_set(v, 6, 66);
	assert_int_equal(shunt_plan_end(v, use), 0);
	assert_int_equal(SHUNT_PLAN_GEN(v->plan[0].use), 4);
	for (int i = 0; i < SHUNT_PLANS; i++)
		assert_int_equal(shunt_plan(v, i), 0);
	assert_int_equal(plan(4, 9), 0);
	assert_int_equal(words(0)[0], 1);
	assert_int_equal(words(0)[6], 0);
}

static void plan_changes_nothing_but_the_plan(void **state)
{
	struct rng rng = { 5 };

	views_noisy(&rng, v);
	v->plan[0].use = SHUNT_PLAN_USE(3, 1);
	memcpy(&before, v, sizeof(before));
	assert_int_equal(plan(3, 1), 0);
	assert_int_not_equal(memcmp(&before.plan[0], &v->plan[0], sizeof(v->plan[0])), 0);
	before.plan[0] = v->plan[0];
	assert_memory_equal(&before, v, sizeof(before));
	assert_memory_equal(before.knob, v->knob, sizeof(v->knob));
}

static void a_slot_has_a_plan_and_a_memory_of_its_own(void **state)
{
	struct shunt_ask ask = { .op = SHUNT_ASK_DONE, .ev = { .core = 3 } };

	v->plan[1].use = SHUNT_PLAN_USE(7, 0);
	v->plan[0].word[0][0] = v->state[0][0] = v->core_state[0][3][0] = 40;
	assert_int_equal(plan(7, 1), 0);
	assert_int_equal(run(asker, &ask, sizeof(ask)), 0);
	assert_int_equal(words(1)[0], 1);
	assert_int_equal(v->state[1][0], 1);
	assert_int_equal(v->core_state[1][3][0], 1);
	assert_int_equal(v->plan[0].word[0][0], 40);
	assert_int_equal(v->state[0][0], 40);
	assert_int_equal(v->core_state[0][3][0], 40);
	ask = (struct shunt_ask){ .op = SHUNT_ASK_STEER };
	assert_int_equal(run(asker, &ask, sizeof(ask)), 0);
	assert_int_equal(ask.answer, 1);
}

static void a_domain_that_is_not_there_is_not_planned(void **state)
{
	struct shunt_plan_ask ask = { .domain = SHUNT_DOMAINS };

	assert_int_equal(run(planner, &ask, sizeof(ask)), -1);
}

static __u32 followed(int prog)
{
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);

	assert_int_equal(bpf_obj_get_info_by_fd(prog, &info, &len), 0);
	return info.verified_insns;
}

/* The number of policies with a planner, of the objects that match. */
static int planners(const char *pattern)
{
	glob_t found;
	int n = 0;

	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		load_for(found.gl_pathv[i], 1);
		if (planner >= 0) {
			print_message("%s: %u instructions are followed\n", found.gl_pathv[i],
				      followed(planner));
			assert_in_range(followed(planner), 0, INSNS_MAX);
		}
		n += planner >= 0;
		unload(NULL);
	}
	globfree(&found);
	return n;
}

static void only_policies_that_plan_have_a_program_for_it_which_is_verified(void **state)
{
	assert_int_equal(planners("build/bpf/*.o"), 2); /* darc, slo */
	assert_int_equal(planners("build/nic/*.o"), 2);
	assert_int_equal(planners("build/nic-loop/*.o"), 2);
}

#define PLAN_TEST(test, load) { #test, test, load, unload, NULL }

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLAN_TEST(what_plan_sets_is_in_force_when_it_has_returned_and_not_before, load),
		PLAN_TEST(what_plan_does_not_set_stays, load),
		PLAN_TEST(a_generation_that_is_over_plans_nothing, load),
		PLAN_TEST(a_generation_that_begins_meanwhile_has_no_plan_yet, load),
		PLAN_TEST(plan_changes_nothing_but_the_plan, load),
		PLAN_TEST(a_domain_that_is_not_there_is_not_planned, load),
		PLAN_TEST(a_slot_has_a_plan_and_a_memory_of_its_own, load_slot_1),
		cmocka_unit_test(only_policies_that_plan_have_a_program_for_it_which_is_verified),
	};

	if (geteuid()) {
		puts("1..0 # SKIP not root: BPF programs cannot be loaded");
		return 77;
	}
	libbpf_set_print(quiet);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

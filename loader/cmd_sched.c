// SPDX-License-Identifier: BSD-2-Clause
/*
 * cmd_sched.c - shunt sched: a policy schedules this machine's threads
 *
 * The scheduler in force is the kernel's word; the pins have its maps. What a load that was killed,
 * or a scheduler that the kernel ejected, left there is swept away by the next load.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "pindir.h"
#include "plural.h"
#include "policy.h"
#include "sched/sched.h"
#include "show.h"
#include "verb.h"

static const char *given_config;

static int take_config(struct ctl *ctl, const char *value)
{
	given_config = value;
	return 0;
}

static int fail_other(struct ctl *ctl, const char *name)
{
	fail(ctl, -EBUSY, "threads are scheduled by '%s' already", name);
	hint(ctl, "that scheduler has to end first: only one can be loaded");
	return -EBUSY;
}

/* What is loaded, with its pins: SCHED_OURS; else what the kernel says. pinned: there are pins. */
static int look(struct ctl *ctl, enum sched_state *state, char name[64], int *pinned,
		struct shunt_sched_life *life)
{
	int err = sched_kernel(ctl, state, name);

	if (err)
		return err;
	*pinned = sched_pinned(ctl, life);
	if (*pinned < 0)
		return *pinned;
	if (*state == SCHED_OURS && (!*pinned || life->exit_ns))
		*state = SCHED_OTHER; /* of another bpffs */
	return 0;
}

/* Removes what is left of a scheduler that ended, and notes how many the kernel ejected in turn. */
static int make_room(struct ctl *ctl, struct sched_setup *s)
{
	struct shunt_sched_life life;
	struct shunt_sched_cfg old;
	enum sched_state state;
	char name[64];
	int pinned, err = look(ctl, &state, name, &pinned, &life);

	if (err)
		return err;
	if (state == SCHED_OTHER)
		return fail_other(ctl, name);
	if (state == SCHED_OURS) {
		err = sched_get(ctl, "cfg", 0, &old);
		if (err)
			return err;
		fail(ctl, -EEXIST, "threads are scheduled by policy '%s' already", old.desc.name);
		hint(ctl, "shunt sched unload comes before another policy");
		return -EEXIST;
	}
	if (!pinned || ctl->dry_run)
		return 0;
	if (life.exit_ns && !sched_get(ctl, "cfg", 0, &old))
		s->cfg.ejected = old.ejected + 1;
	err = sched_unregister(ctl);
	return err ? err : pindir_sweep(ctl);
}

static void show_loaded(const json_t *r)
{
	long long n = number_at(r, "classes");

	printf("%s '%s' for threads: %lld %s\n",
	       json_is_true(json_object_get(r, "dry_run")) ? "would load" : "loaded",
	       text_at(r, "policy"), n, plural(n, "class", "classes"));
}

static int load_locked(struct ctl *ctl, const struct bundle *b, struct sched_setup *s)
{
	int err = make_room(ctl, s);

	if (err)
		return err;
	err = sched_put(ctl, b, s);
	if (err && !ctl->dry_run)
		pindir_sweep(ctl);
	return err;
}

static int load(struct ctl *ctl)
{
	struct sched_setup s;
	struct bundle b = { 0 };
	enum sched_state state;
	char name[64];
	int lock = -1, err = need_args(ctl, 2, 2);

	if (!err)
		err = sched_setup(ctl, given_config, &s);
	if (!err)
		err = policy_bundle(ctl, ctl->argv[1], BUILD_THREADS, &b);
	if (!err)
		err = sched_fits(ctl, &b);
	if (!err)
		err = sched_kernel(ctl, &state, name);
	if (!err)
		err = sched_cpus(ctl);
	if (!err)
		err = pindir_check(ctl);
	if (!err) {
		lock = pindir_lock(ctl, true);
		err = lock < 0 ? lock : load_locked(ctl, &b, &s);
	}
	if (lock >= 0 && (err || ctl->dry_run))
		pindir_tidy(ctl);
	pindir_unlock(lock);
	if (!err)
		err = emit(ctl, json_pack("{s:s, s:b, s:i, s:i}", "policy", b.desc.name, "dry_run",
					  ctl->dry_run, "classes", (int)s.cfg.nclasses, "ejected",
					  (int)s.cfg.ejected), show_loaded);
	bundle_close(&b);
	return err;
}

static int fail_not_loaded(struct ctl *ctl)
{
	fail(ctl, -ENOENT, "no policy of shunt schedules threads");
	hint(ctl, "shunt sched load POLICY");
	return -ENOENT;
}

/* The lock of what is loaded, or was until the kernel ejected it. */
static int lock_loaded(struct ctl *ctl, struct shunt_sched_life *life)
{
	int pinned = sched_pinned(ctl, life), lock;

	if (pinned <= 0)
		return pinned ? pinned : fail_not_loaded(ctl);
	lock = pindir_lock(ctl, false);
	if (lock >= 0 && sched_pinned(ctl, life) != 1) {
		pindir_unlock(lock);
		return fail_not_loaded(ctl);
	}
	return lock;
}

/* Counts, with those of agents. */
static json_t *all_counts(struct ctl *ctl)
{
	struct shunt_sched_cfg cfg;
	json_t *r, *agent;

	if (sched_get(ctl, "cfg", 0, &cfg))
		return NULL;
	agent = sched_agent(ctl);
	r = agent ? sched_counts(ctl, &cfg) : NULL;
	if (r)
		json_object_set_new(r, "agent", agent);
	else
		json_decref(agent);
	return r;
}

static void show_stats(const json_t *r)
{
	sched_show_counts(r);
	sched_show_agent(json_object_get(r, "agent"));
}

static void show_unloaded(const json_t *r)
{
	puts("unloaded: threads are the kernel's again");
	sched_show_counts(r);
}

/* The counts are exact once the scheduler is out: nothing waits any more. */
static int unload(struct ctl *ctl)
{
	struct shunt_sched_life life;
	json_t *r = NULL;
	int lock, err = need_args(ctl, 1, 1);

	if (err)
		return err;
	lock = lock_loaded(ctl, &life);
	if (lock < 0)
		return lock;
	err = sched_unregister(ctl);
	if (!err) {
		r = all_counts(ctl);
		err = r ? pindir_sweep(ctl) : -EIO;
	}
	if (!err)
		pindir_tidy(ctl);
	pindir_unlock(lock);
	if (!err)
		return emit(ctl, r, show_unloaded);
	json_decref(r);
	return err;
}

static json_t *class_json(struct ctl *ctl, const struct shunt_sched_cfg *cfg, __u32 cls)
{
	__u32 slo = 0, quantum = 0;

	if (sched_get(ctl, "slo_us", cls, &slo) || sched_get(ctl, "quantum_us", cls, &quantum))
		return NULL;
	return json_pack("{s:i, s:s, s:I, s:I, s:b}", "class", (int)cls, "name",
			 cfg->class_name[cls], "slo_us", (json_int_t)slo, "quantum_us",
			 (json_int_t)(quantum ? quantum : SHUNT_SCHED_SLICE_US), "default",
			 cls == cfg->dflt);
}

static void show_status(const json_t *r)
{
	const json_t *c;
	size_t i;

	if (!*text_at(r, "policy")) {
		printf("no policy of shunt schedules threads%s%s\n",
		       *text_at(r, "scheduler") ? ", but " : "", text_at(r, "scheduler"));
		return;
	}
	printf("threads: policy '%s' %s\n", text_at(r, "policy"),
	       !strcmp(text_at(r, "state"), "loaded") ? "schedules them" : "does not any more");
	if (*text_at(r, "reason"))
		printf("the kernel ejected it: %s (%s)\n", text_at(r, "reason"),
		       text_at(r, "text"));
	if (number_at(r, "ejected"))
		printf("the kernel ejected %lld before it\n", number_at(r, "ejected"));
	if (!strcmp(text_at(r, "state"), "loaded"))
		sched_show_agent(json_object_get(r, "agent"));
	printf("%2s  %-15s %8s %8s\n", "", "class", "slo", "quantum");
	json_array_foreach(json_object_get(r, "classes"), i, c) {
		char slo[16], quantum[16];

		printf("%2lld  %-15s %8s %8s%s\n", number_at(c, "class"), text_at(c, "name"),
		       show_time(c, "slo_us", slo), show_time(c, "quantum_us", quantum),
		       json_is_true(json_object_get(c, "default")) ? "  default" : "");
	}
}

static json_t *status_json(struct ctl *ctl, enum sched_state state,
			   const struct shunt_sched_life *life)
{
	struct shunt_sched_cfg cfg;
	json_t *list = json_array(), *agent, *c;

	if (sched_get(ctl, "cfg", 0, &cfg))
		return NULL;
	agent = sched_agent(ctl);
	if (!agent)
		return NULL;
	for (__u32 i = 0; i < cfg.nclasses && i < SHUNT_CLASSES; i++) {
		c = class_json(ctl, &cfg, i);
		if (!c)
			return NULL;
		json_array_append_new(list, c);
	}
	return json_pack("{s:s, s:s, s:i, s:s*, s:s*, s:I, s:I, s:o, s:o}", "state",
			 state == SCHED_OURS ? "loaded" : life->exit_ns ? "ejected" : "incomplete",
			 "policy", cfg.desc.name, "ejected", (int)cfg.ejected, "reason",
			 life->exit_ns ? life->reason : NULL, "text",
			 life->exit_ns ? life->text : NULL, "missed", (json_int_t)life->missed,
			 "plans", (json_int_t)life->plans, "agent", agent, "classes", list);
}

static int status(struct ctl *ctl)
{
	struct shunt_sched_life life;
	enum sched_state state = SCHED_NONE;
	char name[64];
	int pinned, err = need_args(ctl, 0, 1);
	json_t *r;

	if (!err)
		err = look(ctl, &state, name, &pinned, &life);
	if (err)
		return err;
	if (!pinned)
		return emit(ctl, json_pack("{s:s, s:s*}", "state", "none", "scheduler",
					   state == SCHED_OTHER ? name : NULL), show_status);
	r = status_json(ctl, state, &life);
	return r ? emit(ctl, r, show_status) : -EIO;
}

static int stats(struct ctl *ctl)
{
	struct shunt_sched_life life;
	json_t *r;
	int pinned, err = need_args(ctl, 1, 1);

	if (err)
		return err;
	pinned = sched_pinned(ctl, &life);
	if (pinned <= 0)
		return pinned ? pinned : fail_not_loaded(ctl);
	r = all_counts(ctl);
	if (!r)
		return -EIO;
	json_object_set_new(r, "missed", json_integer(life.missed));
	return emit(ctl, r, show_stats);
}

static int tag(struct ctl *ctl)
{
	struct shunt_sched_life life;
	int pinned, err = need_args(ctl, 3, 3);

	if (err)
		return err;
	pinned = sched_pinned(ctl, &life);
	if (pinned <= 0)
		return pinned ? pinned : fail_not_loaded(ctl);
	return sched_tag(ctl, ctl->argc - 1, ctl->argv + 1);
}

static int run(struct ctl *ctl)
{
	static const char *const actions[] = { "status", "load", "unload", "stats", "tag" };
	static int (*const does[])(struct ctl *) = { status, load, unload, stats, tag };
	int action = ctl->argc ? pick_word(ctl, "action", ctl->argv[0], actions, 5) : 0;

	if (action < 0)
		return action;
	if (action != 1 && (given_config || ctl->dry_run))
		return fail_usage(ctl, "--config and --dry-run are options of 'load'");
	sched_use_pins(ctl);
	return does[action](ctl);
}

static const struct verb_option config = { "config", 0, "FILE", take_config };
static const struct verb_option *const options[] = { &config, &option_dry_run, NULL };

const struct verb verb_sched = {
	"sched", "[status | load POLICY [--config FILE] | unload | stats | tag PID CLASS|none]",
	"a policy schedules this machine's threads (sched_ext)",
	options, run
};

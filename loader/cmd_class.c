// SPDX-License-Identifier: BSD-2-Clause
/*
 * cmd_class.c - shunt class: the kinds of request, listed, changed, added
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent_state.h"
#include "maps.h"
#include "pick.h"
#include "plural.h"
#include "show.h"
#include "tunable.h"
#include "units.h"
#include "verb.h"
#include "pindir.h"
#include "words.h"

static const char *const requeues[] = { "head", "tail", "auto" };

enum {
	KEY_SLO, KEY_QUANTUM, KEY_HOLD, KEY_ADMIT, KEY_LEAST, KEY_REQUEUE, KEY_DEMOTE, KEY_EXPIRE,
	NKEYS
};
static const char *const keys[] = { "slo",   "quantum", "hold",   "admit",
				    "least", "requeue", "demote", "expire" };
static const enum tunable tunables[] = { TUNE_SLO, TUNE_QUANTUM, TUNE_LIMIT, TUNE_ADMIT,
					 TUNE_LEAST };

/* The changes of a class on a command line: checked as a whole before anything is written. */
struct change {
	bool given[NKEYS];
	__u32 value[NKEYS];
	__u32 demote_to;
};

/* demote=none, or demote=N:CLASS: after N quanta a request is queued as one of CLASS. */
static int parse_demotion(struct ctl *ctl, const struct shunt_cfg *cfg, const char *text,
			  struct change *ch)
{
	char number[16];
	const char *colon = strchr(text, ':');
	__u64 n = 0;
	int to;

	if (!strcmp(text, "none"))
		return 0;
	if (!colon || colon - text >= (long)sizeof(number))
		return fail_usage(ctl,
				  "'%s' is not N:CLASS, a number of quanta and a class, nor none",
				  text);
	snprintf(number, sizeof(number), "%.*s", (int)(colon - text), text);
	if (parse_number(number, 1, 65535, &n, &ctl->why)) {
		fail_context(ctl, "demote=");
		return fail_as_usage(ctl);
	}
	to = find_class(ctl, cfg, colon + 1);
	if (to < 0)
		return to;
	ch->value[KEY_DEMOTE] = n;
	ch->demote_to = to;
	return 0;
}

static int parse_expiry(struct ctl *ctl, const char *text, struct change *ch)
{
	if (!parse_expire(text, &ch->value[KEY_EXPIRE], &ctl->why))
		return 0;
	fail_context(ctl, "expire=");
	return fail_as_usage(ctl);
}

static int parse_change(struct ctl *ctl, const struct shunt_cfg *cfg, struct change *ch)
{
	const char *values[NKEYS] = { 0 };
	int err = words_parse(ctl, ctl->argc - 2, ctl->argv + 2, keys, values, NKEYS), word;

	memset(ch, 0, sizeof(*ch));
	for (int k = 0; !err && k < NKEYS; k++) {
		ch->given[k] = values[k];
		if (!values[k])
			continue;
		if (k < KEY_REQUEUE) {
			err = tunable_parse(ctl, cfg, tunables[k], values[k], &ch->value[k]);
			continue;
		}
		if (k == KEY_DEMOTE) {
			err = parse_demotion(ctl, cfg, values[k], ch);
			continue;
		}
		if (k == KEY_EXPIRE) {
			err = parse_expiry(ctl, values[k], ch);
			continue;
		}
		word = pick_word(ctl, "requeue", values[k], requeues, 3);
		ch->value[k] = word;
		err = word < 0 ? -EINVAL : 0;
	}
	return err;
}

static int apply(struct ctl *ctl, const struct shunt_cfg *cfg, __u32 cls, const struct change *ch)
{
	struct shunt_class c;
	int err = 0;

	for (int k = 0; !err && k < KEY_REQUEUE; k++) {
		if (ch->given[k])
			err = tunable_set(ctl, cfg, tunables[k], cls, ch->value[k]);
	}
	if (err || !(ch->given[KEY_REQUEUE] || ch->given[KEY_DEMOTE] || ch->given[KEY_EXPIRE]))
		return err;
	err = map_get(ctl, "classes", cls, &c, sizeof(c));
	if (ch->given[KEY_REQUEUE])
		c.requeue = ch->value[KEY_REQUEUE];
	if (ch->given[KEY_DEMOTE]) {
		c.demote_after = ch->value[KEY_DEMOTE];
		c.demote_to = ch->demote_to;
	}
	if (ch->given[KEY_EXPIRE])
		c.expire = ch->value[KEY_EXPIRE];
	return err ? err : map_set(ctl, "classes", cls, &c, sizeof(c));
}

static json_t *entry(struct ctl *ctl, const struct shunt_cfg *cfg, __u32 cls)
{
	struct shunt_class c;
	json_t *j = tunable_class(ctl, cls, &c);

	if (!j)
		return NULL;
	if (c.requeue <= SHUNT_REQUEUE_AUTO)
		json_object_set_new(j, "requeue", json_string(requeues[c.requeue]));
	if (c.demote_after) {
		json_object_set_new(j, "demote_after", json_integer(c.demote_after));
		json_object_set_new(j, "demote_to", json_integer(c.demote_to));
	}
	if (c.expire)
		json_object_set_new(j, "expire", json_integer(c.expire));
	for (int what = TUNE_SLO; what <= TUNE_LEAST; what++)
		tunable_tell(ctl, cfg, what, cls, j);
	return j;
}

static const char *show_least(const json_t *c, char buf[16])
{
	snprintf(buf, 16, "%lld%%", number_at(c, "least"));
	return json_object_get(c, "least") ? buf : "-";
}

/* Columns are named as the keys of "set" are. */
static void show(const json_t *r)
{
	const json_t *c;
	size_t i;

	printf("%2s  %-15s %8s %8s %6s  %-5s %5s %6s  %-7s  %s\n", "", "class", "slo",
	       "quantum", "hold", "admit", "least", "expire", "requeue", "demote");
	json_array_foreach(json_object_get(r, "classes"), i, c) {
		char slo[16], quantum[16], hold[16], least[16], expire[16];

		printf("%2lld  %-15s %8s %8s %6s  %-5s %5s %6s  %-7s  ", number_at(c, "class"),
		       text_at(c, "name"), show_time(c, "slo_us", slo),
		       show_time(c, "quantum_us", quantum), show_number(c, "hold_limit", hold),
		       json_object_get(c, "admit") ? text_at(c, "admit") : "on",
		       show_least(c, least),
		       show_number(c, "expire", expire), text_at(c, "requeue"));
		if (json_object_get(c, "demote_after"))
			printf("after %lld quanta as class %lld\n", number_at(c, "demote_after"),
			       number_at(c, "demote_to"));
		else
			puts("none");
	}
	show_out_of_range(r);
}

static int list(struct ctl *ctl)
{
	struct shunt_cfg cfg;
	json_t *all, *j;
	int err = map_cfg(ctl, &cfg);

	if (err)
		return err;
	all = json_array();
	for (__u32 c = 0; c < cfg.nclasses; c++) {
		j = entry(ctl, &cfg, c);
		if (!j) {
			json_decref(all);
			return fail(ctl, -EIO, "cannot read the classes of '%s'", ctl->ifname);
		}
		json_array_append_new(all, j);
	}
	return emit(ctl, json_pack("{s:s, s:o}", "interface", ctl->ifname, "classes", all), show);
}

/* A chain of demotions has an end. */
static int check_circle(struct ctl *ctl, const struct shunt_cfg *cfg, __u32 cls,
			const struct change *ch)
{
	__u32 at = ch->demote_to;
	struct shunt_class c;
	int err;

	if (!ch->given[KEY_DEMOTE] || !ch->value[KEY_DEMOTE])
		return 0;
	for (__u32 steps = 0; at != cls && steps < cfg->nclasses; steps++) {
		err = map_get(ctl, "classes", at, &c, sizeof(c));
		if (err)
			return err;
		if (!c.demote_after)
			return 0;
		at = c.demote_to;
	}
	return fail_usage(ctl, "demote=: demotion would lead from this class back to it: the last "
			       "class of the chain has demote=none");
}

/* Guaranteed shares of one class and the others are no more than there is. */
static int check_shares(struct ctl *ctl, const struct shunt_cfg *cfg, __u32 cls,
			const struct change *ch)
{
	__u32 sum = ch->value[KEY_LEAST], least = 0;
	int err = 0;

	if (!ch->given[KEY_LEAST] || !sum)
		return 0;
	for (__u32 c = 0; !err && c < cfg->nclasses; c++) {
		err = c == cls ? 0 : map_get(ctl, "least", c, &least, sizeof(least));
		sum += c == cls ? 0 : least < SHUNT_LEAST_MAX ? least : SHUNT_LEAST_MAX;
	}
	if (!err && sum > SHUNT_LEAST_MAX)
		err = fail_usage(ctl, "least=: with those of the other classes this is %u%% of the "
				 "cores' time: 100%% at most", sum);
	return err;
}

/* Both count objectives: without one they do nothing. */
static void say_without_slo(struct ctl *ctl, __u32 cls, const struct change *ch)
{
	__u32 slo_us = 0;

	if (map_get(ctl, "slo_us", cls, &slo_us, sizeof(slo_us)) || slo_us)
		return;
	if (ch->given[KEY_EXPIRE] && ch->value[KEY_EXPIRE])
		note("expire= is a number of objectives, and the class has none: nothing of it "
		     "expires until it has an slo=");
	if (ch->given[KEY_ADMIT] && ch->value[KEY_ADMIT] &&
	    ch->value[KEY_ADMIT] != SHUNT_ADMIT_ALL)
		note("admit= is a part of the objective, and the class has none: nothing of it is "
		     "rejected until it has an slo=");
}

/* Workers, and the plans of policies, hear of a change from it. */
static void say_without_agent(struct ctl *ctl, const struct shunt_cfg *cfg)
{
	struct shunt_agent agent;
	enum agent_state state;

	for (__u32 d = 0; d < cfg->ndomains; d++) {
		if (map_get(ctl, "agent", d, &agent, sizeof(agent)))
			return;
		state = agent_state(ctl, &agent);
		if (state > AGENT_SERVES) {
			note("shuntd %s: workers and the policy's plan learn of this once it is "
			     "back", state == AGENT_HANGS ? "hangs" : "has ended");
			return;
		}
	}
}

static int set(struct ctl *ctl, const struct shunt_cfg *cfg)
{
	struct change ch;
	int cls = find_class(ctl, cfg, ctl->argv[1]), err;

	if (cls < 0)
		return cls;
	err = parse_change(ctl, cfg, &ch);
	if (!err)
		err = check_circle(ctl, cfg, cls, &ch);
	if (!err)
		err = check_shares(ctl, cfg, cls, &ch);
	if (!err)
		err = apply(ctl, cfg, cls, &ch);
	if (!err) {
		say_without_slo(ctl, cls, &ch);
		say_without_agent(ctl, cfg);
	}
	return err;
}

/* A class needs a hold ring: the agent makes them for as many classes as it finds at its start. */
static int check_agents(struct ctl *ctl, const struct shunt_cfg *cfg)
{
	struct shunt_agent agent;
	int err = 0;

	for (__u32 d = 0; !err && d < cfg->ndomains; d++) {
		err = map_get(ctl, "agent", d, &agent, sizeof(agent));
		if (!err && agent_alive(&agent)) {
			fail(ctl, -EBUSY, "shuntd (pid %u) has made its rings for %u %s",
			     agent.pid, cfg->nclasses, plural(cfg->nclasses, "class", "classes"));
			hint(ctl, "stop shuntd and the worker, add the class, start them again");
			return -EBUSY;
		}
	}
	return err;
}

static int check_name(struct ctl *ctl, const struct shunt_cfg *cfg, const char *name)
{
	struct shunt_class c;
	int err = 0;

	if (!*name || strlen(name) >= SHUNT_NAME_LEN ||
	    strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") !=
	    strlen(name))
		return fail_usage(ctl, "'%s' is no name of a class: 1 to %d letters, digits, _, -",
				  name, SHUNT_NAME_LEN - 1);
	for (__u32 i = 0; !err && i < cfg->nclasses; i++) {
		err = map_get(ctl, "classes", i, &c, sizeof(c));
		if (!err && !strncmp(c.name, name, SHUNT_NAME_LEN))
			err = fail(ctl, -EEXIST, "there is a class '%s' already", name);
	}
	if (!err && cfg->nclasses == SHUNT_CLASSES)
		err = fail(ctl, -ENOSPC, "there are %d classes already, the most there can be",
			   SHUNT_CLASSES);
	return err;
}

/* The class first, then its number: a class that is half written is named nowhere. */
static int add(struct ctl *ctl, struct shunt_cfg *cfg)
{
	struct shunt_class c = { .requeue = SHUNT_TAIL };
	__u32 cls = cfg->nclasses;
	struct change ch;
	int err = check_name(ctl, cfg, ctl->argv[1]);

	if (!err)
		err = check_agents(ctl, cfg);
	if (!err)
		err = parse_change(ctl, cfg, &ch);
	if (!err)
		err = check_shares(ctl, cfg, cls, &ch);
	if (err)
		return err;
	for (int k = 0; k < KEY_REQUEUE; k++)
		ch.given[k] = true; /* a former class of this number must not shine through */
	memcpy(c.name, ctl->argv[1], strlen(ctl->argv[1]));
	err = map_set(ctl, "classes", cls, &c, sizeof(c));
	if (!err)
		err = apply(ctl, cfg, cls, &ch);
	cfg->nclasses++;
	if (!err)
		err = views_set_classes(ctl, cfg);
	if (!err)
		err = map_set(ctl, "cfg", 0, cfg, sizeof(*cfg));
	if (!err) {
		say_without_slo(ctl, cls, &ch);
		say_without_agent(ctl, cfg);
	}
	return err;
}

static int run(struct ctl *ctl)
{
	static const char *const actions[] = { "list", "set", "add" };
	struct shunt_cfg cfg;
	int action = 0, err, lock;

	if (ctl->argc)
		action = pick_word(ctl, "action", ctl->argv[0], actions, 3);
	if (action < 0 || need_args(ctl, action == 0 ? 0 : action == 1 ? 3 : 2,
				    action ? 2 + NKEYS : 1))
		return -EINVAL;
	if (!action) {
		err = pick_loaded(ctl);
		return err ? err : list(ctl);
	}
	lock = pick_locked(ctl);
	if (lock < 0)
		return lock;
	err = map_cfg(ctl, &cfg);
	if (!err)
		err = action == 1 ? set(ctl, &cfg) : add(ctl, &cfg);
	pindir_unlock(lock);
	return err ? err : list(ctl);
}

const struct verb verb_class = {
	"class", "[list | set CLASS KEY=VALUE... | add NAME KEY=VALUE...]",
	"the kinds of request: slo=, quantum=, hold=, admit=, least=, requeue=, demote=, expire=",
	only_dev, run
};

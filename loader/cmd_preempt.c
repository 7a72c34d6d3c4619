// SPDX-License-Identifier: BSD-2-Clause
/*
 * cmd_preempt.c - shunt preempt: whether requests are preempted, and by what means
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "inforce.h"
#include "maps.h"
#include "pick.h"
#include "show.h"
#include "signals.h"
#include "units.h"
#include "verb.h"
#include "pindir.h"
#include "words.h"

static const char *const modes[] = { "auto", "on", "off" };
static const char *const signallers[] = { "agent", "xdp" };

enum { KEY_MODE, KEY_PARKED, KEY_WATCH, KEY_GRACE, KEY_SIGNALS, NKEYS };
static const char *const keys[] = { "mode", "parked", "watch", "grace", "signals" };

static int parse_value(struct ctl *ctl, struct shunt_cfg *cfg, int key, const char *text)
{
	__u64 n = 0;
	int err = 0;

	switch (key) {
	case KEY_MODE:
		err = pick_word(ctl, "mode", text, modes, 3);
		if (err == SHUNT_PREEMPT_OFF && cfg->flags & SHUNT_CFG_SEATS)
			return fail(ctl, -EINVAL,
				    "services share CPUs of '%s': a request that is not preempted "
				    "would keep its CPU from the other service",
				    ctl->ifname);
		cfg->preempt = err;
		return err < 0 ? -EINVAL : 0;
	case KEY_PARKED:
		err = parse_number(text, 1, SHUNT_PARKED, &n, &ctl->why);
		cfg->parked_max = n;
		break;
	case KEY_WATCH:
		err = parse_time_us(text, &cfg->watch_us, &ctl->why);
		break;
	case KEY_GRACE:
		err = parse_time_us(text, &cfg->grace_us, &ctl->why);
		break;
	case KEY_SIGNALS:
		err = pick_word(ctl, "signals", text, signallers, 2);
		if (err < 0)
			return -EINVAL;
		cfg->flags = err ? cfg->flags | SHUNT_CFG_SIGNAL : cfg->flags & ~SHUNT_CFG_SIGNAL;
		return 0;
	}
	if (!err)
		return 0;
	fail_context(ctl, "%s=", keys[key]);
	return fail_as_usage(ctl);
}

static int set(struct ctl *ctl, struct shunt_cfg *cfg)
{
	const char *values[NKEYS] = { 0 };
	struct shunt_policy_slot slot;
	int err = words_parse(ctl, ctl->argc - 1, ctl->argv + 1, keys, values, NKEYS);

	for (int k = 0; !err && k < NKEYS; k++) {
		if (values[k])
			err = parse_value(ctl, cfg, k, values[k]);
	}
	if (!err)
		err = map_slot(ctl, cfg->policy_gen, &slot);
	if (!err && cfg->flags & SHUNT_CFG_SIGNAL)
		err = signals_enable(ctl);
	if (err)
		return err;
	shunt_preempt_decide(cfg, slot.desc.flags);
	return map_set(ctl, "cfg", 0, cfg, sizeof(*cfg));
}

static bool has_quantum(struct ctl *ctl, const struct shunt_cfg *cfg)
{
	__u32 us;

	for (__u32 c = 0; c < cfg->nclasses; c++) {
		if (!map_get(ctl, "quantum_us", c, &us, sizeof(us)) && us)
			return true;
	}
	return false;
}

int preempt_check(struct ctl *ctl, const struct shunt_cfg *cfg, struct why *why)
{
	struct shunt_policy_slot slot;

	if (cfg->preempt == SHUNT_PREEMPT_OFF)
		return why_fail(why, -ENOENT, "the mode is off: shunt preempt set mode=auto");
	if (!(cfg->flags & SHUNT_CFG_PREEMPT) && !map_slot(ctl, cfg->policy_gen, &slot))
		return why_fail(why, -ENOENT,
				"policy '%s' does not ask for it: shunt preempt set mode=on",
				slot.desc.name);
	if (!has_quantum(ctl, cfg) && !(cfg->flags & SHUNT_CFG_SEATS))
		return why_fail(why, -ENOENT,
				"no class has a quantum: shunt quantum set CLASS 10us");
	return 0;
}

json_t *preempt_json(struct ctl *ctl, const struct shunt_cfg *cfg)
{
	struct why why = { 0 };
	bool on = !preempt_check(ctl, cfg, &why) && cfg->flags & SHUNT_CFG_PREEMPT;
	json_t *j = json_pack("{s:b, s:i, s:s*}", "on", on, "parked_max", (int)cfg->parked_max,
			      "why_not", why.text);

	why_forget(&why);
	if (cfg->preempt <= SHUNT_PREEMPT_OFF)
		json_object_set_new(j, "mode", json_string(modes[cfg->preempt]));
	if (cfg->watch_us)
		json_object_set_new(j, "watch_us", json_integer(cfg->watch_us));
	if (cfg->grace_us)
		json_object_set_new(j, "grace_us", json_integer(cfg->grace_us));
	json_object_set_new(j, "signals",
			    json_string(signallers[!!(cfg->flags & SHUNT_CFG_SIGNAL)]));
	return j;
}

static void show(const json_t *r)
{
	char watch[16], grace[16];

	printf("requests are %spreempted (mode %s); at most %lld parked; ",
	       json_is_true(json_object_get(r, "on")) ? "" : "not ",
	       text_at(r, "mode"), number_at(r, "parked_max"));
	if (json_object_get(r, "watch_us"))
		printf("shuntd looks for overdue requests every %s; ",
		       show_time(r, "watch_us", watch));
	else
		printf("shuntd looks for no overdue requests; ");
	if (json_object_get(r, "grace_us"))
		printf("signals after %s, by %s\n", show_time(r, "grace_us", grace),
		       strcmp(text_at(r, "signals"), "xdp") ? "shuntd" : "XDP and shuntd");
	else
		puts("no signals");
	if (json_object_get(r, "why_not"))
		printf("nothing is preempted: %s\n", text_at(r, "why_not"));
}

/* "preempt mode=on": the action is missing. */
static int pick_action(struct ctl *ctl)
{
	static const char *const actions[] = { "get", "set" };
	int action = ctl->argc ? pick_word(ctl, "action", ctl->argv[0], actions, 2) : 0;

	if (action < 0 && strchr(ctl->argv[0], '='))
		hint(ctl, "shunt preempt set %.80s", ctl->argv[0]);
	return action;
}

static int run(struct ctl *ctl)
{
	int action = pick_action(ctl), err, lock;
	struct shunt_cfg cfg;

	if (action < 0 || need_args(ctl, action ? 2 : 0, action ? 1 + NKEYS : 1))
		return -EINVAL;
	lock = pick_locked(ctl);
	if (lock < 0)
		return lock;
	err = map_cfg(ctl, &cfg);
	if (!err && action)
		err = set(ctl, &cfg);
	pindir_unlock(lock);
	return err ? err : emit(ctl, preempt_json(ctl, &cfg), show);
}

const struct verb verb_preempt = {
	"preempt", "[get | set KEY=VALUE...]",
	"requests that yield: mode=auto|on|off, parked=, watch=, grace=, signals=",
	only_dev, run
};

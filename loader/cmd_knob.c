// SPDX-License-Identifier: BSD-2-Clause
/*
 * cmd_knob.c - shunt knob: the numbers whose meaning the policy gives
 */
#include <errno.h>
#include <stdio.h>

#include "maps.h"
#include "pick.h"
#include "tunable.h"
#include "units.h"
#include "verb.h"
#include "pindir.h"

static void show(const json_t *r)
{
	const json_t *knob;
	size_t i;

	json_array_foreach(json_object_get(r, "knobs"), i, knob)
		printf("%lld %llu\n", number_at(knob, "knob"),
		       (unsigned long long)number_at(knob, "value"));
}

/* Shows one knob, or (which < 0) all. */
static int tell(struct ctl *ctl, int which)
{
	json_t *list = json_array();
	__u64 value;
	int err = 0;

	for (int i = 0; !err && i < SHUNT_KNOBS; i++) {
		if (which >= 0 && i != which)
			continue;
		err = map_get(ctl, "knobs", i, &value, sizeof(value));
		if (!err)
			json_array_append_new(list, json_pack("{s:i, s:I}", "knob", i, "value",
							      (json_int_t)value));
	}
	if (err) {
		json_decref(list);
		return err;
	}
	return emit(ctl, json_pack("{s:s, s:o}", "interface", ctl->ifname, "knobs", list), show);
}

static int set(struct ctl *ctl, __u32 knob, __u64 value)
{
	struct shunt_cfg cfg;
	int lock = pick_locked(ctl), err;

	if (lock < 0)
		return lock;
	err = map_cfg(ctl, &cfg);
	if (!err)
		err = knob_set(ctl, &cfg, knob, value);
	pindir_unlock(lock);
	return err ? err : tell(ctl, knob);
}

static int run(struct ctl *ctl)
{
	static const char *const actions[] = { "get", "set" };
	__u64 knob = 0, value = 0;
	int action = ctl->argc ? pick_word(ctl, "action", ctl->argv[0], actions, 2) : 0, err;

	if (action < 0 || need_args(ctl, action ? 3 : 0, action ? 3 : 2))
		return -EINVAL;
	if ((ctl->argc > 1 &&
	     parse_number(ctl->argv[1], 0, SHUNT_KNOBS - 1, &knob, &ctl->why)) ||
	    (action && parse_number(ctl->argv[2], 0, ~0ULL, &value, &ctl->why)))
		return fail_as_usage(ctl);
	if (action)
		return set(ctl, knob, value);
	err = pick_loaded(ctl);
	return err ? err : tell(ctl, ctl->argc > 1 ? (int)knob : -1);
}

const struct verb verb_knob = {
	"knob", "[get [N] | set N VALUE]", "numbers that a policy reads",
	only_dev, run
};

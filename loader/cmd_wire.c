// SPDX-License-Identifier: BSD-2-Clause
/*
 * cmd_wire.c - shunt wire: how a NIC that schedules feeds its cores
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "maps.h"
#include "pick.h"
#include "show.h"
#include "units.h"
#include "verb.h"
#include "pindir.h"
#include "wire.h"
#include "words.h"

enum { KEY_K, KEY_KEEP, KEY_LATE, NKEYS };
static const char *const keys[] = { "k", "keep", "late" };

static int parse_value(struct ctl *ctl, struct shunt_nic_cfg *cfg, int key, const char *text)
{
	/* as in the file */
	static const char *const switches[] = { "off", "on", "false", "true", "no", "yes" };
	__u32 us = 0;
	__u64 n;
	int err;

	switch (key) {
	case KEY_K:
		err = parse_number(text, 1, SHUNT_WIRE_K_MAX, &n, &ctl->why);
		if (!err)
			cfg->k = n;
		break;
	case KEY_KEEP:
		err = pick_word(ctl, "keep", text, switches, 6);
		if (err < 0)
			return -EINVAL;
		cfg->flags = err & 1 ? cfg->flags | SHUNT_NIC_KEEP : cfg->flags & ~SHUNT_NIC_KEEP;
		return 0;
	default:
		err = parse_time_us(text, &us, &ctl->why);
		if (!err && (!us || us > 1000000))
			err = fail(ctl, -EINVAL, "not from 1us to 1s");
		if (!err)
			cfg->late_ns = us * 1000;
	}
	if (!err)
		return 0;
	fail_context(ctl, "%s=", keys[key]);
	return fail_as_usage(ctl);
}

static int set(struct ctl *ctl, struct shunt_nic_cfg *cfg)
{
	const char *values[NKEYS] = { 0 };
	int err = words_parse(ctl, ctl->argc - 1, ctl->argv + 1, keys, values, NKEYS);

	for (int k = 0; !err && k < NKEYS; k++) {
		if (values[k])
			err = parse_value(ctl, cfg, k, values[k]);
	}
	return err ? err : map_set(ctl, "nic_cfg", 0, cfg, sizeof(*cfg));
}

static void show(const json_t *r)
{
	char late[16];

	printf("each core has at most k = %lld requests; copies of steered requests are %skept; "
	       "what was not taken after %s is given up\n",
	       number_at(r, "k"), json_is_true(json_object_get(r, "keep")) ? "" : "not ",
	       show_time(r, "late_us", late));
	wire_show_hosts(json_object_get(r, "hosts"));
}

static int need_wire(struct ctl *ctl)
{
	struct shunt_cfg cfg;
	int err = map_cfg(ctl, &cfg);

	if (!err && !(cfg.flags & SHUNT_CFG_WIRE)) {
		err = fail(ctl, -EINVAL, "'%s' is not loaded as the port of a NIC that schedules",
			   ctl->ifname);
		hint(ctl, "its configuration needs 'wire': man 8 shunt");
	}
	return err;
}

static int run(struct ctl *ctl)
{
	static const char *const actions[] = { "get", "set" };
	int action = ctl->argc ? pick_word(ctl, "action", ctl->argv[0], actions, 2) : 0, err, lock;
	struct shunt_nic_cfg cfg;
	json_t *hosts;

	if (action < 0 || need_args(ctl, action ? 2 : 0, action ? 1 + NKEYS : 1))
		return -EINVAL;
	lock = pick_locked(ctl);
	if (lock < 0)
		return lock;
	err = need_wire(ctl);
	if (!err)
		err = map_get(ctl, "nic_cfg", 0, &cfg, sizeof(cfg));
	if (!err && action)
		err = set(ctl, &cfg);
	if (!err) {
		hosts = wire_hosts(ctl);
		err = hosts ? 0 : -EIO;
	}
	pindir_unlock(lock);
	return err ? err : emit(ctl, json_pack("{s:i, s:b, s:i, s:o}", "k", (int)cfg.k, "keep",
					       !!(cfg.flags & SHUNT_NIC_KEEP), "late_us",
					       (int)(cfg.late_ns / 1000), "hosts", hosts), show);
}

const struct verb verb_wire = {
	"wire", "[get | set KEY=VALUE...]",
	"how a NIC that schedules feeds its cores: k=, keep=on|off, late=",
	only_dev, run
};

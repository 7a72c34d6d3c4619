// SPDX-License-Identifier: BSD-2-Clause
/*
 * cmd_tune.c - shunt slo, quantum, limit, knob: numbers, read and changed while requests flow
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "maps.h"
#include "pick.h"
#include "show.h"
#include "tunable.h"
#include "units.h"
#include "verb.h"
#include "pindir.h"

struct kind {
	enum tunable what;
	const char *verb;
	const char *map;
};

static const struct kind kinds[] = {
	{ TUNE_SLO, "slo", "slo_us" },
	{ TUNE_QUANTUM, "quantum", "quantum_us" },
	{ TUNE_LIMIT, "limit", "hold_limit" },
};

static const char *const actions[] = { "get", "set", "bytes" };

/* A class as JSON: its name and, if it is set, the value. */
static json_t *entry(struct ctl *ctl, const struct kind *kind, const struct shunt_cfg *cfg,
		     __u32 cls)
{
	struct shunt_class c;
	json_t *j = tunable_class(ctl, cls, &c);

	if (!j)
		return NULL;
	if (!tunable_tell(ctl, cfg, kind->what, cls, j))
		return j;
	json_decref(j);
	return NULL;
}

static void show(const json_t *r)
{
	const char *map = text_at(r, "tunable");
	const json_t *c;
	char buf[16];
	size_t i;

	json_array_foreach(json_object_get(r, "classes"), i, c)
		printf("%-15s %s\n", text_at(c, "name"),
		       !json_object_get(c, map) ? "none" : !strcmp(map, "hold_limit") ?
		       show_number(c, map, buf) : show_time(c, map, buf));
	show_out_of_range(r);
}

/* The value of one class, or (cls < 0) of all. */
static int tell(struct ctl *ctl, const struct kind *kind, const struct shunt_cfg *cfg, int cls)
{
	json_t *list = json_array(), *j;

	for (__u32 i = 0; i < cfg->nclasses; i++) {
		if (cls >= 0 && i != (__u32)cls)
			continue;
		j = entry(ctl, kind, cfg, i);
		if (!j) {
			json_decref(list);
			return fail(ctl, -EIO, "cannot read the classes of '%s'", ctl->ifname);
		}
		json_array_append_new(list, j);
	}
	return emit(ctl, json_pack("{s:s, s:s, s:o}", "interface", ctl->ifname, "tunable",
				   kind->map, "classes", list), show);
}

static int get(struct ctl *ctl, const struct kind *kind)
{
	struct shunt_cfg cfg;
	int err = pick_loaded(ctl), cls = -1;

	if (!err)
		err = map_cfg(ctl, &cfg);
	if (!err && ctl->argc > 1) {
		cls = find_class(ctl, &cfg, ctl->argv[1]);
		err = cls < 0 ? cls : 0;
	}
	return err ? err : tell(ctl, kind, &cfg, cls);
}

static int set(struct ctl *ctl, const struct kind *kind)
{
	struct why why = { 0 };
	struct shunt_cfg cfg;
	__u32 value;
	int err, cls = -1, lock = pick_locked(ctl);

	if (lock < 0)
		return lock;
	err = map_cfg(ctl, &cfg);
	if (!err) {
		cls = find_class(ctl, &cfg, ctl->argv[1]);
		err = cls < 0 ? cls : tunable_parse(ctl, &cfg, kind->what, ctl->argv[2], &value);
	}
	if (!err)
		err = tunable_set(ctl, &cfg, kind->what, cls, value);
	if (!err && kind->what == TUNE_QUANTUM && value &&
	    preempt_check(ctl, &cfg, &why))
		note("nothing is preempted all the same: %s", why_text(&why));
	why_forget(&why);
	pindir_unlock(lock);
	return err ? err : tell(ctl, kind, &cfg, cls);
}

static void show_line(const json_t *r)
{
	puts(text_at(r, "command"));
}

/* The class of "bytes": by its number, or by its name, for
 * which the loaded configuration is read. */
static int bytes_class(struct ctl *ctl, const char *word)
{
	struct shunt_cfg cfg;
	__u64 n;
	int err;

	if (isdigit((unsigned char)word[0]) && !word[strspn(word, "0123456789")])
		return parse_number(word, 0, SHUNT_CLASSES - 1, &n, &ctl->why)
			       ? fail_as_usage(ctl)
			       : (int)n;
	err = pick_loaded(ctl);
	if (!err)
		err = map_cfg(ctl, &cfg);
	return err ? err : find_class(ctl, &cfg, word);
}

/* The bpftool line, for machines that have bpftool only.
 * Touches nothing; only a class by name needs privileges. */
static int bytes(struct ctl *ctl)
{
	int cls = ctl->argc > 2 ? bytes_class(ctl, ctl->argv[2]) : 0, err;
	struct shunt_pins pins = { ctl->pins.bpffs, "IF" };
	char path[PATH_MAX], *line;
	__u8 b[sizeof(__u32)];
	__u32 us;

	if (cls < 0)
		return cls;
	/* not one, or not to be seen: the line is to be completed */
	if (!ctl->pins.ifname && pick_loaded(ctl))
		ctl_forget(ctl);
	if (ctl->pins.ifname)
		pins.ifname = ctl->ifname;
	err = shunt_pin_path(path, sizeof(path), &pins, "slo_us");
	if (err)
		return fail(ctl, err, "the path of bpffs is too long");
	if (parse_time_us(ctl->argv[1], &us, &ctl->why))
		return fail_as_usage(ctl);
	memcpy(b, &us, sizeof(b));
	if (asprintf(&line, "bpftool map update pinned %s key %d 0 0 0 value %u %u %u %u", path,
		     cls, b[0], b[1], b[2], b[3]) < 0)
		return fail(ctl, -ENOMEM, "no memory");
	err = emit(ctl, json_pack("{s:s, s:i}", "command", line, "slo_us", us), show_line);
	free(line);
	return err;
}

static int tune(struct ctl *ctl, const struct kind *kind)
{
	int action = 0, n = kind->what == TUNE_SLO ? 3 : 2;

	if (ctl->argc)
		action = pick_word(ctl, "action", ctl->argv[0], actions, n);
	if (action < 0)
		return -EINVAL;
	if (action == 0)
		return need_args(ctl, 0, 2) ? -EINVAL : get(ctl, kind);
	if (action == 1)
		return need_args(ctl, 3, 3) ? -EINVAL : set(ctl, kind);
	return need_args(ctl, 2, 3) ? -EINVAL : bytes(ctl);
}

static int run_slo(struct ctl *ctl)
{
	return tune(ctl, &kinds[TUNE_SLO]);
}

static int run_quantum(struct ctl *ctl)
{
	return tune(ctl, &kinds[TUNE_QUANTUM]);
}

static int run_limit(struct ctl *ctl)
{
	return tune(ctl, &kinds[TUNE_LIMIT]);
}

const struct verb verb_slo = {
	"slo", "[get [CLASS] | set CLASS TIME | bytes TIME [CLASS]]",
	"latency objectives; bytes prints the bpftool line", only_dev, run_slo
};

const struct verb verb_quantum = {
	"quantum", "[get [CLASS] | set CLASS TIME]", "how long a request may run while others wait",
	only_dev, run_quantum
};

const struct verb verb_limit = {
	"limit", "[get [CLASS] | set CLASS N]", "how many requests of a class may wait",
	only_dev, run_limit
};

// SPDX-License-Identifier: BSD-2-Clause
/*
 * cmd_mem.c - shunt mem: its actions and options
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mem_verb.h"
#include "verb.h"

static struct mem_options o = { .policy = &mem_threshold, .budget = 10 };
static unsigned int batch_kib = 256;
static const char *path;
static bool given;   /* an option that "seen" has no use for */
static bool decides; /* ... that "record" has none for, as nothing goes */

static int take_interval(struct ctl *ctl, const char *value)
{
	char *end;

	given = true;
	o.seconds = strtod(value, &end);
	if (end == value || *end || !(o.seconds >= 0.01 && o.seconds <= 86400))
		return fail_usage(ctl,
				  "--interval: '%s' is no number of seconds from 0.01 to 86400",
				  value);
	return 0;
}

static int take_number(struct ctl *ctl, const char *option, const char *value, __u64 least,
		       __u64 most, unsigned int *to)
{
	__u64 n = *to;
	int err = option_number(ctl, option, value, least, most, &n);

	given = true;
	*to = n;
	return err;
}

static int take_policy(struct ctl *ctl, const char *value)
{
	char list[256] = "";

	given = decides = true;
	o.policy = mem_policy_find(value);
	if (o.policy)
		return 0;
	for (unsigned int i = 0; mem_policy_name(i); i++)
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", i ? ", " : "",
			 mem_policy_name(i));
	return fail_usage(ctl, "--policy: '%s' is no policy of memory: %s", value, list);
}

static int take_scans(struct ctl *ctl, const char *value)
{
	decides = true;
	return take_number(ctl, "scans", value, 1, MEM_MOST_SCANS, &o.scans);
}

static int take_budget(struct ctl *ctl, const char *value)
{
	decides = true;
	return take_number(ctl, "budget", value, 0, 1000000, &o.budget);
}

static int take_count(struct ctl *ctl, const char *value)
{
	unsigned int n = 0;
	int err = take_number(ctl, "count", value, 1, 1u << 31, &n);

	o.count = n;
	return err;
}

static int take_batch(struct ctl *ctl, const char *value)
{
	int err = take_number(ctl, "batch", value, 64, 2048, &batch_kib);

	if (!err && batch_kib & (batch_kib - 1))
		return fail_usage(ctl, "--batch: '%s' is no power of two", value);
	return err;
}

static int take_output(struct ctl *ctl, const char *value)
{
	given = true;
	path = value;
	return 0;
}

static int take_dry_run(struct ctl *ctl, const char *value)
{
	given = true;
	o.dry_run = true;
	return 0;
}

enum { SEEN, RUN, WATCH, RECORD };

/* What goes, goes to swap. */
static int check_swap(struct ctl *ctl)
{
	struct mem_swap s;

	if (o.dry_run)
		return 0;
	if (mem_swap_read(&s))
		return fail(ctl, -errno, "cannot read '/proc/meminfo': %s", strerror(errno));
	if (s.total_kib)
		return 0;
	fail(ctl, -EOPNOTSUPP, "this machine has no swap: no memory can be given back");
	hint(ctl, "compressed memory is enough (as root: modprobe zram; zramctl --find --size 4G; "
		  "mkswap and swapon what it prints); --dry-run says what would go");
	return -EOPNOTSUPP;
}

/* A number is a process, all else a program. */
static bool names_process(const char *word)
{
	return *word && !word[strspn(word, "0123456789")];
}

static int check_record(struct ctl *ctl)
{
	if (need_args(ctl, 2, 1 << 20))
		return -EINVAL;
	if (!path)
		return fail_usage(ctl, "mem record: --output says no file");
	if (decides)
		return fail_usage(ctl, "mem record: --policy, --scans and --budget have no part in "
				  "it, as nothing goes");
	o.dry_run = o.record = true;
	return 0;
}

static int act(struct ctl *ctl, int action)
{
	FILE *file = NULL;
	bool record = action == RECORD;
	int err = record ? check_record(ctl) : check_swap(ctl);

	if (err) {
		if (err == -EINVAL)
			hint_usage(ctl);
		return err;
	}
	if (record)
		action = names_process(ctl->argv[1]) ? WATCH : RUN;
	if (!o.seconds)
		o.seconds = record ? 1 : 5;
	if (!o.scans)
		o.scans = o.policy->scans;
	if (path) {
		file = fopen(path, "we");
		if (!file)
			return fail(ctl, -errno, "cannot write '%s': %s", path, strerror(errno));
	}
	err = action == RUN ? mem_run(ctl, &o, batch_kib, file) : mem_watch(ctl, &o, file);
	if (file && fclose(file) && !err)
		err = fail(ctl, -EIO, "cannot write '%s'", path);
	return err;
}

static int run(struct ctl *ctl)
{
	static const char *const actions[] = { "seen", "run", "watch", "record" };
	int action;

	if (need_args(ctl, 1, 1 << 20))
		return -EINVAL;
	action = pick_word(ctl, "action", ctl->argv[0], actions, 4);
	if (action < 0)
		return -EINVAL;
	if (action != SEEN)
		return act(ctl, action);
	if (!given)
		return mem_seen(ctl);
	fail_usage(ctl, "'mem seen' takes no options of its own");
	hint_usage(ctl);
	return -EINVAL;
}

static const struct verb_option interval = { "interval", 0, "SECONDS", take_interval },
				policy = { "policy", 0, "NAME", take_policy },
				scans = { "scans", 0, "N", take_scans },
				budget = { "budget", 0, "N", take_budget },
				batch = { "batch", 0, "KIB", take_batch },
				count = { "count", 0, "N", take_count },
				output = { "output", 'o', "FILE", take_output },
				dry_run = { "dry-run", 0, NULL, take_dry_run };
static const struct verb_option *const options[] = { &interval, &policy,  &scans,   &budget, &batch,
						     &count,	&output,  &dry_run, NULL };

const struct verb verb_mem = {
	"mem", "seen PID [TIME] | watch PID [-o FILE] | run [-o FILE] -- PROGRAM [ARG...] | "
	"record -o FILE PID|PROGRAM [ARG...]",
	"memory that a process does not use: how much it is, and given back to swap",
	options, run
};

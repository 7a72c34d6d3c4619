// SPDX-License-Identifier: BSD-2-Clause
/*
 * cmd_mem.c - shunt mem: its actions and options
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mem_verb.h"
#include "verb.h"

static struct mem_options o = { .seconds = 5, .scans = 3, .budget = 10 };
static unsigned int batch_kib = 256;
static const char *path;
static bool given; /* an option that "seen" has no use for */

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

static int take_scans(struct ctl *ctl, const char *value)
{
	return take_number(ctl, "scans", value, 1, 64, &o.scans);
}

static int take_budget(struct ctl *ctl, const char *value)
{
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

static int act(struct ctl *ctl, int action)
{
	FILE *file = NULL;
	int err = check_swap(ctl);

	if (err)
		return err;
	if (path) {
		file = fopen(path, "we");
		if (!file)
			return fail(ctl, -errno, "cannot write '%s': %s", path, strerror(errno));
	}
	err = action == 1 ? mem_run(ctl, &o, batch_kib, file) : mem_watch(ctl, &o, file);
	if (file && fclose(file) && !err)
		err = fail(ctl, -EIO, "cannot write '%s'", path);
	return err;
}

static int run(struct ctl *ctl)
{
	static const char *const actions[] = { "seen", "run", "watch" };
	int action;

	if (need_args(ctl, 1, 1 << 20))
		return -EINVAL;
	action = pick_word(ctl, "action", ctl->argv[0], actions, 3);
	if (action < 0)
		return -EINVAL;
	if (action)
		return act(ctl, action);
	if (!given)
		return mem_seen(ctl);
	fail_usage(ctl, "'mem seen' takes no options of its own");
	hint_usage(ctl);
	return -EINVAL;
}

static const struct verb_option interval = { "interval", 0, "SECONDS", take_interval },
				scans = { "scans", 0, "N", take_scans },
				budget = { "budget", 0, "N", take_budget },
				batch = { "batch", 0, "KIB", take_batch },
				count = { "count", 0, "N", take_count },
				output = { "output", 'o', "FILE", take_output },
				dry_run = { "dry-run", 0, NULL, take_dry_run };
static const struct verb_option *const options[] = { &interval, &scans,	 &budget, &batch, &count,
						     &output,	&dry_run, NULL };

const struct verb verb_mem = {
	"mem", "seen PID [TIME] | watch PID [-o FILE] | run [-o FILE] -- PROGRAM [ARG...]",
	"memory that a process does not use: how much it is, and given back to swap",
	options, run
};

// SPDX-License-Identifier: BSD-2-Clause
/*
 * mem_seen.c - shunt mem seen: how much of a process's memory is used within a time
 */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "mem/mem.h"
#include "mem_verb.h"
#include "units.h"
#include "verb.h"

#define MOST_US 3600000000u
#define NEEDS "it takes root, or CAP_SYS_PTRACE and CAP_SYS_NICE, and Linux 5.10"

static double mib_at(const json_t *r, const char *key) { return number_at(r, key) / 1024.0; }

static void show(const json_t *r)
{
	printf("process %lld, within %.4g s: of %.1f MiB of its own %.1f MiB were used, %.1f MiB "
	       "were not; %.1f MiB are swapped out\n",
	       number_at(r, "pid"), number_at(r, "interval_us") / 1e6, mib_at(r, "rss_kib"),
	       mib_at(r, "used_kib"), mib_at(r, "cold_kib"), mib_at(r, "swap_kib"));
}

static json_t *mapping(const struct vma *v)
{
	char start[20];

	snprintf(start, sizeof(start), "%#llx", v->start);
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:s}", "start", start, "size_kib",
			 (json_int_t)((v->end - v->start) >> 10), "rss_kib", (json_int_t)v->rss_kib,
			 "used_kib", (json_int_t)v->referenced_kib, "swap_kib",
			 (json_int_t)v->swap_kib, "name", v->name);
}

/* Of the mappings that were made cold, and are still there, as they are now. */
static json_t *result(pid_t pid, __u32 us, const struct vmas *cold, const struct vmas *now)
{
	__u64 rss = 0, used = 0, swap = 0;
	json_t *list = json_array();

	for (int i = 0; i < now->n; i++) {
		const struct vma *v = &now->vma[i], *was = vmas_find(cold, v->start);

		if (!was || !was->cooled)
			continue;
		rss += v->rss_kib;
		used += v->referenced_kib;
		swap += v->swap_kib;
		json_array_append_new(list, mapping(v));
	}
	return json_pack("{s:i, s:I, s:I, s:I, s:I, s:I, s:o}", "pid", pid, "interval_us",
			 (json_int_t)us, "rss_kib", (json_int_t)rss, "used_kib", (json_int_t)used,
			 "cold_kib", (json_int_t)(rss > used ? rss - used : 0), "swap_kib",
			 (json_int_t)swap, "mappings", list);
}

static int measure(struct ctl *ctl, pid_t pid, __u32 us, int pidfd)
{
	struct timespec t = { us / 1000000, us % 1000000 * 1000L };
	struct vmas cold, now;
	int err = vmas_read(&cold, pid, &ctl->why);
	json_t *r = NULL;

	if (err)
		hint(ctl, "%s", NEEDS);
	if (err)
		return err;
	err = vmas_cool(&cold, pidfd, &ctl->why);
	if (err < 0)
		hint(ctl, "%s", NEEDS);
	if (err == 0)
		err = fail(ctl, -ENOENT,
			   "process %d has no memory of its own that can be made cold", pid);
	if (err > 0) {
		nanosleep(&t, NULL);
		err = vmas_read(&now, pid, &ctl->why);
		if (!err) {
			r = result(pid, us, &cold, &now);
			vmas_free(&now);
		}
	}
	vmas_free(&cold);
	return r ? emit(ctl, r, show) : err;
}

int mem_seen(struct ctl *ctl)
{
	struct mem_target t;
	__u32 us = 1000000;
	__u64 pid = 0;
	int err;

	if (need_args(ctl, 2, 3))
		return -EINVAL;
	if (parse_number(ctl->argv[1], 1, 0x7fffffff, &pid, &ctl->why) ||
	    (ctl->argc > 2 && parse_time_upto(ctl->argv[2], MOST_US, &us, &ctl->why)))
		return fail_as_usage(ctl);
	err = mem_target_open(&t, pid, &ctl->why);
	if (err)
		return err;
	err = measure(ctl, pid, us, t.pidfd);
	mem_target_close(&t);
	return err;
}

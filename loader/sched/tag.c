// SPDX-License-Identifier: BSD-2-Clause
/*
 * tag.c - shunt sched tag: a process, or a thread, is put into a class
 *
 * The tag is kept by the kernel with the thread, and goes with it; threads that it starts have it,
 * too.
 */
#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../units.h"
#include "sched.h"

#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL
#endif

/* 0, -ESRCH: there is no such thread (any more). */
static int tag_one(int map, pid_t tid, __u32 tag)
{
	int fd = syscall(SYS_pidfd_open, tid, PIDFD_THREAD), err = 0;

	if (fd < 0)
		return -errno;
	if (tag ? bpf_map_update_elem(map, &fd, &tag, BPF_ANY) : bpf_map_delete_elem(map, &fd))
		err = errno == ENOENT ? 0 : -errno; /* it had no tag */
	close(fd);
	return err;
}

/* The threads that were tagged, or -errno. Those that start meanwhile have the tag of the thread
 * that starts them: the folder is read until nobody is new. */
static int tag_process(int map, pid_t pid, __u32 tag)
{
	char path[64];
	int n = 0, before = -1, err = 0;
	struct dirent *e;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	for (int i = 0; !err && n != before && i < 8; i++) {
		before = n;
		n = 0;
		dir = opendir(path);
		if (!dir)
			return -ESRCH;
		while (!err && (e = readdir(dir))) {
			if (e->d_name[0] == '.')
				continue;
			err = tag_one(map, atoi(e->d_name), tag);
			n += !err;
			if (err == -ESRCH)
				err = 0;
		}
		closedir(dir);
	}
	return err ? err : n ? n : -ESRCH;
}

static int find_class_named(struct ctl *ctl, const struct shunt_sched_cfg *cfg, const char *word)
{
	for (__u32 i = 0; i < cfg->nclasses; i++) {
		if (!strncmp(cfg->class_name[i], word, SHUNT_NAME_LEN))
			return i;
	}
	fail_usage(ctl, "there is no class '%s'", word);
	hint(ctl, "shunt sched status lists the classes; 'none' takes the tag off");
	return -EINVAL;
}

static bool is_leader(pid_t tid)
{
	char line[128], path[64];
	pid_t tgid = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "Tgid: %d", &tgid) == 1)
			break;
	}
	if (f)
		fclose(f);
	return tgid == tid;
}

static void show(const json_t *r)
{
	long long n = number_at(r, "threads");

	printf("%lld %s of %lld: %s\n", n, n == 1 ? "thread" : "threads", number_at(r, "pid"),
	       *text_at(r, "class") ? text_at(r, "class") : "no tag");
}

int sched_tag(struct ctl *ctl, int argc, char **argv)
{
	struct shunt_sched_cfg cfg;
	__u64 pid = 0;
	int cls = -1, map, n, err = sched_get(ctl, "cfg", 0, &cfg);

	if (err)
		return err;
	if (parse_number(argv[0], 1, 0x7fffffff, &pid, &ctl->why))
		return fail_as_usage(ctl);
	if (strcmp(argv[1], "none")) {
		cls = find_class_named(ctl, &cfg, argv[1]);
		if (cls < 0)
			return cls;
	}
	map = sched_map(ctl, "tags");
	if (map < 0)
		return map;
	n = is_leader(pid) ? tag_process(map, pid, cls + 1) : tag_one(map, pid, cls + 1) ?: 1;
	close(map);
	if (n == -ESRCH)
		return fail(ctl, n, "there is no process and no thread %lld", (long long)pid);
	if (n < 0)
		return fail_bpf(ctl, n, "cannot tag %lld", (long long)pid);
	return emit(ctl, json_pack("{s:I, s:i, s:s*}", "pid", (json_int_t)pid, "threads", n,
				   "class", cls < 0 ? NULL : cfg.class_name[cls]), show);
}

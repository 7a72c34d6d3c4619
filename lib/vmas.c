// SPDX-License-Identifier: BSD-2-Clause
/*
 * vmas.c - /proc/PID/smaps, and making pages cold
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "vmas.h"

static struct vma *add(struct vmas *to)
{
	struct vma *more;

	if (to->n == to->room) {
		int room = to->room ? 2 * to->room : 256;

		more = reallocarray(to->vma, room, sizeof(*more));
		if (!more)
			return NULL;
		to->vma = more;
		to->room = room;
	}
	to->vma[to->n] = (struct vma){ 0 };
	return &to->vma[to->n++];
}

/* "START-END PERMISSIONS OFFSET DEVICE INODE NAME" */
static bool is_head(const char *line, struct vma *v)
{
	unsigned long start, end, inode;
	char mode[5];
	int name = 0;

	if (sscanf(line, "%lx-%lx %4s %*x %*x:%*x %lu %n", &start, &end, mode, &inode, &name) != 4)
		return false;
	*v = (struct vma){ .start = start, .end = end, .can_cool = true,
			   .anonymous = mode[3] == 'p' && !inode };
	if (name)
		snprintf(v->name, sizeof(v->name), "%.*s", (int)strcspn(line + name, "\n"),
			 line + name);
	/* the kernel's own pages are in every process */
	if (!strcmp(v->name, "[vvar]") || !strcmp(v->name, "[vdso]") ||
	    !strcmp(v->name, "[vsyscall]"))
		v->can_cool = false;
	return true;
}

/* MADV_COLD refuses these. */
static void read_flags(struct vma *v, const char *flags)
{
	static const char *const none[] = { " lo", " ht", " pf", " io" };

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		v->can_cool &= !strstr(flags, none[i]);
}

static void read_field(struct vma *v, const char *line)
{
	static const struct { const char *name; size_t at; } fields[] = {
		{ "Rss:", offsetof(struct vma, rss_kib) },
		{ "Referenced:", offsetof(struct vma, referenced_kib) },
		{ "Swap:", offsetof(struct vma, swap_kib) },
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		size_t len = strlen(fields[i].name);

		if (!strncmp(line, fields[i].name, len))
			*(__u64 *)((char *)v + fields[i].at) = strtoull(line + len, NULL, 10);
	}
	if (!strncmp(line, "VmFlags:", 8))
		read_flags(v, line + 8);
}

int vmas_read(struct vmas *to, pid_t pid, struct why *why)
{
	char path[40], *line = NULL;
	struct vma head, *now = NULL;
	size_t room = 0;
	FILE *f;
	int err = 0;

	*to = (struct vmas){ 0 };
	snprintf(path, sizeof(path), "/proc/%d/smaps", pid);
	f = fopen(path, "re");
	if (!f)
		return why_fail(why, -errno, "cannot read the memory of process %d: %s", pid,
				strerror(errno));
	while (!err && getline(&line, &room, f) > 0) {
		if (is_head(line, &head)) {
			now = add(to);
			if (now)
				*now = head;
			else
				err = why_fail(why, -ENOMEM, "no memory");
		} else if (now) {
			read_field(now, line);
		}
	}
	/* of a process that ends meanwhile it is an error, or empty */
	if (!err && (ferror(f) || !to->n))
		err = why_fail(why, -ESRCH, "process %d has ended", pid);
	free(line);
	fclose(f);
	if (err)
		vmas_free(to);
	return err;
}

void vmas_free(struct vmas *v)
{
	free(v->vma);
	*v = (struct vmas){ 0 };
}

struct vma *vmas_find(const struct vmas *v, __u64 address)
{
	int low = 0, high = v->n;

	while (low < high) {
		int mid = (low + high) / 2;

		if (v->vma[mid].end <= address)
			low = mid + 1;
		else
			high = mid;
	}
	return low < v->n && v->vma[low].start <= address ? &v->vma[low] : NULL;
}

static bool is_to_cool(const struct vma *v)
{
	return v->anonymous && v->can_cool && v->rss_kib;
}

/* As many of them as the kernel takes; it stops at the first that it does not. */
static int cool_some(struct vma **some, int n, int pidfd)
{
	struct iovec range[IOV_MAX];
	long done;
	int k = 0;

	for (int i = 0; i < n; i++)
		range[i] = (struct iovec){ (void *)some[i]->start, some[i]->end - some[i]->start };
	done = syscall(SYS_process_madvise, pidfd, range, n, MADV_COLD, 0);
	if (done < 0)
		return -errno;
	for (; k < n && done >= (long)range[k].iov_len; k++) {
		done -= range[k].iov_len;
		some[k]->cooled = true;
	}
	return k;
}

int vmas_cool(struct vmas *v, int pidfd, struct why *why)
{
	struct vma *some[IOV_MAX];
	int n = 0, at = 0, cooled = 0, took;

	while (at < v->n || n) {
		for (; at < v->n && n < IOV_MAX; at++) {
			if (is_to_cool(&v->vma[at]))
				some[n++] = &v->vma[at];
		}
		if (!n)
			break;
		took = cool_some(some, n, pidfd);
		if (took < 0 && took != -ENOMEM && took != -EINVAL)
			return why_fail(why, took, "cannot make its pages cold: %s",
					strerror(-took));
		cooled += took > 0 ? took : 0;
		/* what comes next has gone, or is of another kind by now */
		took = took < 0 ? 1 : took < n ? took + 1 : took;
		n -= took;
		memmove(some, some + took, n * sizeof(some[0]));
	}
	return cooled;
}

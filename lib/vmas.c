// SPDX-License-Identifier: BSD-2-Clause
/*
 * vmas.c - /proc/PID/smaps, and making pages cold
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "vmas.h"

#define AT_ONCE 64 /* ranges a call */

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

/* Files that are in memory alone, of which this process may be the only one that has them: actors'
 * memory (hostlib/actor/file.c). What two processes have the kernel leaves alone. */
static bool is_in_memory(const char *name)
{
	return !strncmp(name, "/memfd:shunt-place", 18) || !strncmp(name, "/dev/shm/", 9);
}

/* "START-END PERMISSIONS OFFSET DEVICE INODE NAME" */
static bool is_head(const char *line, struct vma *v)
{
	unsigned long start, end, inode;
	char mode[5];
	int name = 0;

	if (*line >= 'A' && *line <= 'Z') /* as fields begin, which are most lines */
		return false;
	if (sscanf(line, "%lx-%lx %4s %*x %*x:%*x %lu %n", &start, &end, mode, &inode, &name) != 4)
		return false;
	*v = (struct vma){ .start = start, .end = end, .can_cool = true,
			   .anonymous = mode[3] == 'p' && !inode };
	if (name)
		snprintf(v->name, sizeof(v->name), "%.*s", (int)strcspn(line + name, "\n"),
			 line + name);
	if (mode[3] == 's')
		v->anonymous = is_in_memory(v->name);
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

/* Of pages that are there, in bytes: one costs 9 us on its way to zram, 30 ns where only bits are
 * cleared. */
static double at_once(int advice)
{
	return advice == MADV_COLD ? 16 << 20 : 1 << 20;
}

__u64 vma_part(const struct vma_range *range, __u64 done, double *room)
{
	__u64 size = range->end - range->start, left = size - done, most = left;
	double there = range->kib ? range->kib * 1024.0 / size : 1.0 / size;

	if (left * there > *room)
		most = ((__u64)(*room / there) + 4095) & ~4095ULL;
	if (most > left)
		most = left;
	*room -= most * there;
	return most;
}

/* Fills in the pieces that come next, behind done bytes of *range; how many bytes. */
static __u64 gather(struct iovec *at, int *nat, const struct vma_range *range, int n, __u64 done,
		    double room)
{
	__u64 sum = 0, len;

	for (*nat = 0; n && *nat < AT_ONCE && room > 0; range++, n--, done = 0) {
		len = vma_part(range, done, &room);
		at[(*nat)++] = (struct iovec){ (void *)(range->start + done), len };
		sum += len;
	}
	return sum;
}

int vmas_advise(const struct vma_range *range, int n, int pidfd, int advice)
{
	struct iovec at[AT_ONCE];
	__u64 done = 0, asked; /* of range[k] */
	long took;
	int k = 0, nat;

	while (k < n) {
		asked = gather(at, &nat, range + k, n - k, done, at_once(advice));
		took = syscall(SYS_process_madvise, pidfd, at, nat, advice, 0);
		if (took < 0)
			return k ? k : -errno;
		done += took;
		for (; k < n && done >= range[k].end - range[k].start; k++)
			done -= range[k].end - range[k].start;
		if ((__u64)took < asked)
			break;
	}
	return k;
}

static bool is_to_cool(const struct vma *v)
{
	return v->anonymous && v->can_cool && v->rss_kib && !v->is_old;
}

/* As many of them as the kernel takes; it stops at the first that it does not. */
static int cool_some(struct vma **some, int n, int pidfd)
{
	struct vma_range range[AT_ONCE];
	int done;

	for (int i = 0; i < n; i++)
		range[i] = (struct vma_range){ some[i]->start, some[i]->end, some[i]->rss_kib };
	done = vmas_advise(range, n, pidfd, MADV_COLD);
	for (int i = 0; i < done; i++)
		some[i]->cooled = true;
	return done;
}

int vmas_cool(struct vmas *v, int pidfd, struct why *why)
{
	struct vma *some[AT_ONCE];
	int n = 0, at = 0, cooled = 0, took;

	while (at < v->n || n) {
		for (; at < v->n && n < AT_ONCE; at++) {
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

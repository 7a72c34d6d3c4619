// SPDX-License-Identifier: BSD-2-Clause
/*
 * watch.c - the loop: scans, a look of the guard each second, and batches that go or come back
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "mem.h"

#define SECOND 1000000000ULL
#define LOOK_NS SECOND
#define SOON_NS (SECOND / 20)   /* the next look where something comes back */
#define SOME 16                 /* batches at once, or parts of them */
#define SOME_BYTES (4 << 20)
#define REFUSED 16              /* scans without a try, where nothing went */
#define PART_KIB (64 << 10)     /* that go at a look */
#define PART_NS (SECOND / 10)   /* ... and the time that they may take */
#define SHARE 0.01              /* of a CPU, for the scans of a GiB */
#define NEEDS "it takes root, or CAP_SYS_PTRACE and CAP_SYS_NICE, and Linux 5.10"

static double cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void sum_up(struct mem_watch *w)
{
	struct mem_sums *s = &w->sums;

	s->rss_kib = s->used_kib = s->idle_kib = s->swap_kib = s->cold_kib = s->split_kib = 0;
	for (int i = 0; i < w->now.n; i++) {
		const struct mem_batch *b = &w->now.b[i];

		s->rss_kib += b->rss_kib;
		s->used_kib += b->used_kib;
		s->swap_kib += b->swap_kib;
		s->idle_kib += b->idle ? b->rss_kib : 0;
		s->cold_kib += b->goes ? b->rss_kib : 0;
		/* ends of a mapping are up to two batches long, of 2 MiB at most */
		if (b->range.end - b->range.start < 4 << 20)
			s->split_kib += b->rss_kib + b->swap_kib;
	}
	s->batches = w->now.n;
	s->scans++;
}

/* The scans of much memory are further apart. */
static void set_interval(struct mem_watch *w, double took_s)
{
	double gib = (w->sums.rss_kib + w->sums.swap_kib) / 1048576.0;
	double least = took_s / (SHARE * (gib > 1 ? gib : 1));

	w->interval_s = w->o->seconds > least ? w->o->seconds : least;
	w->scan_at_ns = clock_ns() + (__u64)(w->interval_s * SECOND);
}

/* A control group, or a full swap, may let nothing go. */
static void see_what_went(struct mem_watch *w)
{
	__u64 went = w->sums.swap_kib > w->swap_before_kib ?
			     w->sums.swap_kib - w->swap_before_kib : 0;

	if (w->refused)
		w->refused--;
	if (w->asked_kib >= 1024 && went < w->asked_kib / 16)
		w->refused = REFUSED;
	w->asked_kib = 0;
	w->swap_before_kib = w->sums.swap_kib;
}

static int look_at_memory(struct mem_watch *w)
{
	struct mem_batches next;
	double from;
	struct vmas v;
	int err = vmas_read(&v, w->target->pid, w->why);

	if (err)
		return err;
	err = mem_batches_take(&next, &w->now, &v);
	if (err) {
		vmas_free(&v);
		return why_fail(w->why, err, "no memory");
	}
	w->now = next;
	from = cpu_s();
	mem_decide(&w->now, w->o->policy, &w->policy);
	w->sums.policy_s += cpu_s() - from;
	w->sums.scan_s -= cpu_s() - from;
	mem_batches_mark(&w->now, &v);
	err = vmas_cool(&v, w->target->pidfd, w->why);
	mem_batches_cooled(&w->now, &v);
	vmas_free(&v);
	return err < 0 ? err : 0;
}

static int scan(struct mem_watch *w)
{
	double from = cpu_s();
	int err = look_at_memory(w);

	if (err == -ESRCH && mem_target_is_alive(w->target)) { /* it executes another program now */
		why_forget(w->why);
		set_interval(w, 0);
		return 0;
	}
	if (err)
		return mem_target_is_alive(w->target) ? err : -ESRCH;
	sum_up(w);
	see_what_went(w);
	w->out_at = (struct mem_cursor){ 0 };
	if (w->verdict != MEM_ALL) /* all come back, however many scans that takes */
		w->back_at = (struct mem_cursor){ 0 };
	mem_swap_read(&w->swap);
	w->sums.scan_s += cpu_s() - from;
	set_interval(w, cpu_s() - from);
	if (w->tell)
		w->tell(w, w->arg);
	return 0;
}

typedef bool choice(const struct mem_watch *w, const struct mem_batch *b);

/* Advice for the next memory of those batches that chosen() names. How many KiB of it are to go or
 * come back; less than 0: there is no more. */
static long advise_some(struct mem_watch *w, struct mem_cursor *c, choice *chosen, int advice)
{
	struct vma_range range[SOME];
	double room = SOME_BYTES;
	int n = 0;

	while (c->at < w->now.n && n < SOME && room > 0) {
		struct mem_batch *b = &w->now.b[c->at];
		struct vma_range all = b->range;
		__u64 len;

		if (!chosen(w, b) || c->offset >= all.end - all.start) {
			*c = (struct mem_cursor){ c->at + 1, 0 };
			continue;
		}
		all.kib = advice == MADV_PAGEOUT ? b->rss_kib : b->swap_kib;
		len = vma_part(&all, c->offset, &room);
		range[n++] = (struct vma_range){ all.start + c->offset, all.start + c->offset + len,
						 (double)all.kib * len / (all.end - all.start) };
		c->offset += len;
		if (all.start + c->offset >= all.end) {
			b->is_back = advice == MADV_WILLNEED;
			b->went = !b->is_back;
			*c = (struct mem_cursor){ c->at + 1, 0 };
		}
	}
	for (int done = 0, took; done < n; done += took < 0 ? 1 : took + 1) /* that one has gone */
		took = vmas_advise(range + done, n - done, w->target->pidfd, advice);
	return n ? (long)(SOME_BYTES - room) >> 10 : -1;
}

static bool goes(const struct mem_watch *w, const struct mem_batch *b) { return b->goes; }

static bool comes_back(const struct mem_watch *w, const struct mem_batch *b)
{
	return b->swap_kib && !b->is_back && (w->verdict == MEM_ALL || b->came_back);
}

/* A part of what goes, or comes back: true if there may be more. */
static bool act(struct mem_watch *w)
{
	bool out = w->verdict == MEM_GO;
	__u64 end = clock_ns() + PART_NS, kib = 0;
	double from = cpu_s();
	long part = 0;

	while (part >= 0 && kib < PART_KIB && clock_ns() < end) {
		part = out ? advise_some(w, &w->out_at, goes, MADV_PAGEOUT) :
			     advise_some(w, &w->back_at, comes_back, MADV_WILLNEED);
		kib += part > 0 ? part : 0;
	}
	w->asked_kib += out ? kib : 0;
	*(out ? &w->sums.out_kib : &w->sums.back_kib) += kib;
	w->sums.act_s += cpu_s() - from;
	return part >= 0;
}

/* The guard's look, and what follows of it. */
static int look(struct mem_watch *w)
{
	enum mem_verdict before = w->verdict;
	__u64 faults, now = clock_ns();
	bool more = false;
	int err = mem_target_faults(w->target, &faults);

	if (err)
		return mem_target_is_alive(w->target) ? err : -ESRCH;
	/* once all come back, they do until they are back */
	if (before != MEM_ALL || w->back_at.at >= w->now.n)
		w->verdict = mem_guard_look(&w->guard, faults,
					    w->sums.swap_kib || w->asked_kib, now);
	if (w->verdict == MEM_BACK || (w->verdict == MEM_ALL && before != MEM_ALL)) {
		w->back_at = (struct mem_cursor){ 0 };
		err = scan(w); /* which of them came back */
	}
	if (err)
		return err;
	if (w->verdict >= MEM_BACK ||
	    (w->verdict == MEM_GO && !w->o->dry_run && !w->refused &&
	     mem_swap_has_room(&w->swap)))
		more = act(w);
	w->look_at_ns = now + (w->verdict == MEM_ALL && more ? SOON_NS : LOOK_NS);
	return 0;
}

/* Until it is time, or the process has ended (-ESRCH), or a signal came: its number. */
static int rest(struct mem_watch *w, int signals)
{
	struct pollfd fds[] = { { w->target->pidfd, POLLIN, 0 }, { signals, POLLIN, 0 } };
	__u64 at = w->scan_at_ns < w->look_at_ns ? w->scan_at_ns : w->look_at_ns;
	__u64 now = clock_ns(), left = at > now ? at - now : 0;
	struct timespec t = { left / SECOND, left % SECOND };
	struct signalfd_siginfo info;
	int n = ppoll(fds, signals < 0 ? 1 : 2, &t, NULL);

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	if (fds[0].revents)
		return -ESRCH;
	if (n && read(signals, &info, sizeof(info)) == sizeof(info))
		return info.ssi_signo;
	return 0;
}

int mem_watch_begin(struct mem_watch *w)
{
	int err;

	w->began_ns = clock_ns();
	w->verdict = MEM_PAUSE;
	mem_guard_begin(&w->guard, w->o->budget);
	w->o->policy->begin(&w->policy, w->o->scans, w->began_ns);
	err = scan(w);
	if (err == -EPERM || err == -EACCES || err == -ENOSYS)
		why_hint(w->why, "%s", NEEDS);
	w->look_at_ns = clock_ns();
	return err;
}

int mem_watch_run(struct mem_watch *w, int signals)
{
	int err = 0;

	while (!err && (!w->o->count || w->sums.scans < w->o->count)) {
		err = rest(w, signals);
		if (!err && clock_ns() >= w->look_at_ns)
			err = look(w);
		if (!err && clock_ns() >= w->scan_at_ns)
			err = scan(w);
	}
	if (err == -ESRCH) {
		why_forget(w->why);
		err = 0;
	}
	return err;
}

int mem_watch_wait(const struct mem_watch *w, int signals)
{
	struct pollfd fds[] = { { w->target->pidfd, POLLIN, 0 }, { signals, POLLIN, 0 } };
	struct signalfd_siginfo info;

	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return -errno;
		if (fds[1].revents && read(signals, &info, sizeof(info)) == sizeof(info))
			return info.ssi_signo;
		if (fds[0].revents)
			return 0;
	}
}

void mem_watch_end(struct mem_watch *w)
{
	mem_batches_free(&w->now);
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * gap.c - a server's threads note when their CPU was taken away
 *
 * A context of libshunt may be put aside in work() and go on in another thread: each look finds its
 * thread anew, so these functions are not inlined. A signal may do so in the middle of a look; then
 * `last` may go back, and is not believed.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "gap.h"
#include "gap_log.h"

#define GAP_NS 20000    /* the timer's tick takes up to that, in all systems */
#define REPLY_NS 1500   /* replies that wait for one system call make it longer, each by this */
#define SENT_NS 4000    /* a reply from a socket takes up to that, one of many in a call, too */
#define RECEIVED_NS 2000 /* a request from a socket takes up to that, one of many in a call, too */
#define ROW 16          /* at most so many wait */
#define IDLE_LOOKS 3    /* one after the other: no reply waits any more */

static struct gap_log *gaps;

struct watch {
	struct gap_line *line; /* NULL: this thread notes nothing */
	uint64_t last;
	uint32_t row, idle_looks;
};

static __thread struct watch watch;

/* shunt-spin is linked with --wrap=clock_gettime; see below. */
int __real_clock_gettime(clockid_t clock, struct timespec *t) __attribute__((weak));
int __wrap_clock_gettime(clockid_t clock, struct timespec *t);

static uint64_t now_ns(void)
{
	struct timespec t;

	if (__real_clock_gettime)
		__real_clock_gettime(CLOCK_MONOTONIC, &t);
	else
		clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

int gap_open(const char *path, bool whole)
{
	int fd, err;

	if (unlink(path) && errno != ENOENT) /* whoever has the old one keeps it */
		return -errno;
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return -errno;
	err = ftruncate(fd, sizeof(*gaps)) ? -errno : 0;
	gaps = err ? MAP_FAILED : mmap(NULL, sizeof(*gaps), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
				       0);
	if (!err && gaps == MAP_FAILED)
		err = -errno;
	close(fd);
	if (err) {
		gaps = NULL;
		return err;
	}
	gaps->head.whole = whole;
	__atomic_store_n(&gaps->head.magic, GAP_MAGIC, __ATOMIC_RELEASE);
	return 0;
}

void gap_thread(unsigned int nr)
{
	if (!gaps || nr >= GAP_LINES)
		return;
	memset(&gaps->line[nr], 0, sizeof(gaps->line[nr])); /* pages that are there already */
	watch = (struct watch){ .line = &gaps->line[nr], .last = now_ns() };
	watch.line->seen_ns = watch.last;
}

/* The number of gaps goes up after the gap was written: a reader of the number may read the gap. */
static void note(struct watch *w, uint64_t now)
{
	struct gap_line *l = w->line;

	l->gap[l->n % GAP_ROOM] = (struct gap){ w->last, now, w->row };
	__atomic_store_n(&l->n, l->n + 1, __ATOMIC_RELEASE);
}

/* work_ns: so long what was done since the last look may have taken. */
static void look_after(struct watch *w, uint64_t now, uint64_t work_ns)
{
	if ((int64_t)(now - w->last) <= 0)
		return;
	if (now - w->last > GAP_NS + work_ns)
		note(w, now);
	w->last = now;
	__atomic_store_n(&w->line->seen_ns, now, __ATOMIC_RELAXED);
}

static void look(struct watch *w, uint64_t now)
{
	look_after(w, now, w->row * REPLY_NS);
}

static void look_idle(struct watch *w, uint64_t now)
{
	look(w, now);
	if (++w->idle_looks > IDLE_LOOKS)
		w->row = 0;
}

__attribute__((noinline)) void gap_idle(void)
{
	if (watch.line)
		look_idle(&watch, now_ns());
}

__attribute__((noinline)) void gap_work(void)
{
	if (watch.line)
		look(&watch, now_ns());
}

__attribute__((noinline)) void gap_served(void)
{
	if (!watch.line)
		return;
	look(&watch, now_ns());
	watch.idle_looks = 0;
	watch.row += watch.row < ROW;
}

__attribute__((noinline)) void gap_received(unsigned int n)
{
	if (watch.line)
		look_after(&watch, now_ns(), n * RECEIVED_NS);
}

__attribute__((noinline)) void gap_sent(unsigned int n)
{
	if (!watch.line)
		return;
	look_after(&watch, now_ns(), n * SENT_NS);
	watch.row = 0;
}

__attribute__((noinline)) void gap_slept(void)
{
	if (watch.line)
		watch.last = now_ns();
}

/*
 * A core of libshunt with nothing to do reads CLOCK_MONOTONIC once a turn. In shunt-spin each such
 * reading comes by here and is a look: the library has no line for it, and a worker that notes no
 * gaps is the same as ever.
 */
__attribute__((noinline)) int __wrap_clock_gettime(clockid_t clock, struct timespec *t)
{
	int err = __real_clock_gettime(clock, t);

	if (watch.line && clock == CLOCK_MONOTONIC && !err)
		look_idle(&watch, t->tv_sec * 1000000000ULL + t->tv_nsec);
	return err;
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * server_gaps.c - the gaps that the server has noted (--gaps FILE), as far as they can be believed
 *
 * The file is the server's, so nothing is mapped: it may be made shorter at any moment. Gaps are
 * believed if each thread looked at the clock after the last request was due, its gaps follow each
 * other, and none lies in the future.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../gap_log.h"
#include "clock.h"
#include "server_gaps.h"

/* of a millisecond: a thread that has no CPU just now gets it back by then */
#define LOOK_TRIES 200

struct reading {
	int fd;
	uint64_t from, to;
	struct gaps *gaps;
	struct why *why;
};

static int bad(const struct reading *r, const char *what)
{
	return why_fail(r->why, -EINVAL, "%s", what);
}

static int get(const struct reading *r, void *to, size_t n, off_t at)
{
	return pread(r->fd, to, n, at) == (ssize_t)n ? 0 : bad(r, "it is shorter than such a file");
}

static off_t line_at(unsigned int nr)
{
	return offsetof(struct gap_log, line) + (off_t)nr * sizeof(struct gap_line);
}

static int add(const struct reading *r, struct gap g)
{
	struct gaps *all = r->gaps;

	if (!(all->n & (all->n - 1))) { /* a power of two: full */
		struct gap *more = realloc(all->gap, (all->n ? 2 * all->n : 1) * sizeof(*more));

		if (!more)
			return -ENOMEM;
		all->gap = more;
	}
	if (g.from < r->from)
		g.from = r->from;
	all->gap[all->n++] = g;
	return 0;
}

/*
 * Goes from the newest gap back to those that ended before the run began. first: the oldest gap
 * that was not written over.
 */
static int walk(const struct reading *r, const struct gap *ring, uint64_t n, uint64_t first)
{
	uint64_t after = clock_ns();
	int err = 0;

	while (!err && n > first) {
		const struct gap *g = &ring[--n % GAP_ROOM];

		if (g->from > g->to || g->to > after)
			return bad(r, "its gaps cannot be: one ends before it begins, or after the "
				   "next");
		if (g->to <= r->from)
			return 0;
		after = g->from;
		err = add(r, *g);
	}
	return err || !first ? err : bad(r, "more gaps since the run began than it has room for");
}

static int read_ring(const struct reading *r, unsigned int nr, uint64_t n)
{
	struct gap *ring = malloc(GAP_ROOM * sizeof(*ring));
	off_t at = line_at(nr) + offsetof(struct gap_line, gap);
	uint64_t after[2];
	int err = ring ? 0 : -ENOMEM;

	if (!err)
		err = get(r, ring, GAP_ROOM * sizeof(*ring), at);
	/*
	 * Gaps noted while the ring was read have taken the places of the oldest, and one more may
	 * be under way.
	 */
	if (!err)
		err = get(r, after, sizeof(after), line_at(nr));
	if (!err && (after[1] < n || after[1] - n >= GAP_ROOM))
		err = bad(r, "its count of gaps goes back, or runs");
	if (!err)
		err = walk(r, ring, n, after[1] < GAP_ROOM ? 0 : after[1] - GAP_ROOM + 1);
	free(ring);
	return err;
}

/*
 * The line's seen_ns and n, when the thread has looked at the clock after the last request was due.
 */
static int wait_for_look(const struct reading *r, unsigned int nr, uint64_t line[2])
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	int err = get(r, line, 2 * sizeof(*line), line_at(nr));

	for (int i = 0; i < LOOK_TRIES && !err && line[0] && line[0] < r->to; i++) {
		nanosleep(&pause, NULL);
		err = get(r, line, 2 * sizeof(*line), line_at(nr));
	}
	return err;
}

/* 1: there is such a thread, and all is read. */
static int read_line(const struct reading *r, unsigned int nr)
{
	uint64_t line[2];
	int err = wait_for_look(r, nr, line);

	if (err || !line[0])
		return err;
	if (line[0] < r->to)
		return why_fail(r->why, -EINVAL,
				"its thread %u looked at the clock %.1f ms before the last request "
				"was due, and not since: it has ended, or stands still",
				nr, (r->to - line[0]) / 1e6);
	err = line[1] ? read_ring(r, nr, line[1]) : 0;
	return err ? err : 1;
}

static int by_time(const void *a, const void *b)
{
	const struct gap *x = a, *y = b;

	return (x->from > y->from) - (x->from < y->from);
}

static int read_all(const struct reading *r, struct gap_head *head)
{
	int threads = 0, err = get(r, head, sizeof(*head), 0);

	if (!err && head->magic != GAP_MAGIC)
		err = bad(r, "no server has made it with --gaps");
	for (unsigned int i = 0; i < GAP_LINES && err >= 0; i++) {
		err = read_line(r, i);
		threads += err == 1;
	}
	if (err >= 0 && !threads)
		err = bad(r, "no thread notes gaps in it");
	if (r->gaps->n)
		qsort(r->gaps->gap, r->gaps->n, sizeof(*r->gaps->gap), by_time);
	return err < 0 ? err : 0;
}

enum noted server_gaps_read(const char *path, uint64_t from, uint64_t to, struct gaps *gaps,
			    struct why *why)
{
	struct reading r = { .from = from, .to = to, .gaps = gaps, .why = why };
	struct gap_head head = { 0 };
	struct stat st;
	int err;

	*gaps = (struct gaps){ 0 };
	r.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (r.fd < 0 || fstat(r.fd, &st) || !S_ISREG(st.st_mode)) {
		err = bad(&r, r.fd < 0 ? strerror(errno) : "it is no file");
	} else {
		err = read_all(&r, &head);
		if (err == -ENOMEM)
			bad(&r, "no memory for its gaps");
	}
	if (r.fd >= 0)
		close(r.fd);
	if (err) {
		free(gaps->gap);
		*gaps = (struct gaps){ 0 };
	}
	return err ? NOTED_NOT : head.whole == 1 ? NOTED : NOTED_PARTLY;
}

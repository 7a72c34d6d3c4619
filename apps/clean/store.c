// SPDX-License-Identifier: BSD-2-Clause
/*
 * store.c - windows in a file, one behind the other, so that systems that were measured in turns
 * can be compared
 *
 * A window is its head, its replies in eight bytes each, and the gaps of both sides.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../plain_name.h"
#include "clean.h"

#define MAGIC 0x32646e77746e7573ULL /* "suntwnd2" */
#define MOST_REPLIES (1ULL << 24)
#define MOST_GAPS (1ULL << 20)
#define DUE_NS 32 /* unit of when a request was due */
#define DUE_MOST ((1 << 27) - 1)

struct head {
	uint64_t magic, begin, end, replies, client, server, mix;
	double rate;
	uint32_t noted, classes, server_times, pad;
	char name[CLEAN_CLASSES][16];
};

struct packed {
	uint32_t due : 27, late : 1, cls : 4; /* DUE_NS since the window began: up to 4 s */
	uint32_t latency;
};

int store_open(const char *path, struct why *why)
{
	/* O_NONBLOCK: a FIFO without a reader fails at once */
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0644), err;
	struct stat st;

	if (fd < 0 && errno != ENXIO)
		return why_fail(why, -errno, "%s: windows cannot be added there: %s", path,
				strerror(errno));
	if (fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode))
		return fd;
	err = why_fail(why, -EINVAL, "%s: windows are added to a regular file, and this is none",
		       path);
	if (fd >= 0)
		close(fd);
	return err;
}

uint64_t store_mix(const char *text)
{
	uint64_t hash = 14695981039346656037ULL; /* FNV-1a */

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 1099511628211ULL;
	return hash;
}

const char *store_other(const struct offered *a, const struct offered *b)
{
	if (a->classes != b->classes || memcmp(a->name, b->name, sizeof(a->name)))
		return "other classes";
	if (a->mix != b->mix)
		return "another mix";
	if (a->rate != b->rate)
		return "another rate";
	return a->server_times != b->server_times ? "times of the other side" : NULL;
}

static int put_replies(FILE *f, const struct window *w)
{
	for (size_t i = 0; i < w->replies; i++) {
		const struct reply *r = &w->reply[i];
		uint64_t due = r->due > w->begin ? (r->due - w->begin) / DUE_NS : 0;
		struct packed p = { due < DUE_MOST ? due : DUE_MOST, r->late, r->cls, r->latency };

		if (fwrite(&p, sizeof(p), 1, f) != 1)
			return -EIO;
	}
	return 0;
}

static int put(FILE *f, const struct window *w, const struct offered *o)
{
	struct head h = { MAGIC, w->begin, w->end, w->replies, w->client.n, w->server.n, o->mix,
			  o->rate, w->noted, o->classes, o->server_times, 0, { "" } };

	memcpy(h.name, o->name, sizeof(h.name));
	if (fwrite(&h, sizeof(h), 1, f) != 1 || put_replies(f, w))
		return -EIO;
	return fwrite(w->client.gap, sizeof(struct gap), w->client.n, f) == w->client.n &&
	       fwrite(w->server.gap, sizeof(struct gap), w->server.n, f) == w->server.n ? 0 : -EIO;
}

int store_append(const char *path, const struct windows *w, const struct offered *o)
{
	struct why why = { 0 };
	int fd = store_open(path, &why), err = 0;
	FILE *f = fd < 0 ? NULL : fdopen(fd, "a");

	why_forget(&why);
	if (!f) {
		err = fd < 0 ? fd : -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	for (size_t i = 0; i < w->n && !err; i++)
		err = put(f, &w->window[i], o);
	if (fclose(f) && !err)
		err = -errno;
	return err;
}

static int get_replies(FILE *f, struct window *w, uint32_t classes)
{
	for (size_t i = 0; i < w->replies; i++) {
		struct packed p;

		if (fread(&p, sizeof(p), 1, f) != 1 || p.cls >= classes)
			return -EINVAL;
		w->reply[i].due = w->begin + (uint64_t)p.due * DUE_NS;
		w->reply[i].latency = p.latency;
		w->reply[i].cls = p.cls;
		w->reply[i].late = p.late;
	}
	return 0;
}

static int get_gaps(FILE *f, struct gaps *g)
{
	if (fread(g->gap, sizeof(*g->gap), g->n, f) != g->n)
		return -EINVAL;
	for (size_t i = 0; i < g->n; i++) {
		if (g->gap[i].to < g->gap[i].from)
			return -EINVAL;
	}
	return 0;
}

static bool are_names(const char (*names)[16], uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (strnlen(names[i], 16) == 16 || !is_plain_name(names[i]))
			return false;
	}
	return true;
}

static bool sane(const struct head *h)
{
	return h->magic == MAGIC && h->begin < h->end && h->noted <= NOTED &&
	       h->replies <= MOST_REPLIES && h->client <= MOST_GAPS && h->server <= MOST_GAPS &&
	       h->classes && h->classes <= CLEAN_CLASSES && are_names(h->name, h->classes);
}

static int get_window(FILE *f, struct window *w, const struct head *h)
{
	int err;

	*w = (struct window){ .begin = h->begin, .end = h->end, .noted = h->noted,
			      .replies = h->replies,
			      .reply = malloc(h->replies * sizeof(*w->reply) + 1),
			      .client = { malloc(h->client * sizeof(struct gap) + 1), h->client },
			      .server = { malloc(h->server * sizeof(struct gap) + 1), h->server } };
	if (!w->reply || !w->client.gap || !w->server.gap)
		return -ENOMEM;
	err = get_replies(f, w, h->classes);
	err = err ? err : get_gaps(f, &w->client);
	return err ? err : get_gaps(f, &w->server);
}

/* Reads one more window; 1: there is none. */
static int get(FILE *f, struct windows *w, struct head *h)
{
	struct window *more;
	size_t n = fread(h, 1, sizeof(*h), f);

	if (!n)
		return 1;
	if (n != sizeof(*h) || !sane(h))
		return -EINVAL;
	more = realloc(w->window, (w->n + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	w->window = more;
	return get_window(f, &w->window[w->n++], h);
}

static struct offered load_of(const struct head *h)
{
	struct offered o = { h->rate, h->mix, h->server_times, h->classes, { "" } };

	memcpy(o.name, h->name, sizeof(o.name));
	return o;
}

int store_read(const char *path, struct windows *w, struct offered *o, struct why *why)
{
	FILE *f = fopen(path, "re");
	struct head h = { 0 };
	int err;

	*w = (struct windows){ 0 };
	if (!f)
		return why_fail(why, -errno, "%s: %s", path, strerror(errno));
	while (!(err = get(f, w, &h))) {
		struct offered here = load_of(&h);

		if (w->n == 1)
			*o = here;
		if (store_other(o, &here)) {
			err = -EINVAL;
			break;
		}
	}
	fclose(f);
	if (err == 1 && w->n)
		return 0;
	if (err == -ENOMEM)
		why_fail(why, err, "%s: no memory for window %zu", path, w->n);
	else
		err = why_fail(why, -EINVAL,
			       "%s: window %zu is none that this shunt-load writes, or of another "
			       "load than the first",
			       path, w->n + (err == 1));
	windows_free(w);
	return err;
}

void windows_free(struct windows *w)
{
	for (size_t i = 0; i < w->n; i++) {
		free(w->window[i].reply);
		free(w->window[i].client.gap);
		free(w->window[i].server.gap);
	}
	free(w->window);
	*w = (struct windows){ 0 };
}

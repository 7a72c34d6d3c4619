// SPDX-License-Identifier: BSD-2-Clause
/*
 * serve.c - a worker of actors: libshunt brings requests, and looks after messages between them
 */
#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "place.h"

static struct {
	struct place *place;
	struct shunt *_Atomic shunt;
	atomic_int stopping; /* threads in shunt_actor_stop() */
	atomic_bool running, stop;
	int rows_err; /* of the rows of the load that this worker is attached to */
	char text[256];
} self;

static int failed(int err, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int failed(int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(self.text, sizeof(self.text), format, args);
	va_end(args);
	return err;
}

const char *shunt_actor_error(void)
{
	return self.text;
}

/* An actor's handler has its lock, so it is not switched away from. */
static long handle(struct shunt_req *req, void *arg)
{
	long said = SHUNT_NO_REPLY;

	shunt_nopreempt_begin();
	if (req->actor)
		said = place_request(self.place, req->core, req->actor, req);
	else
		place_count(&self.place->head->nobody, 1);
	shunt_nopreempt_end();
	return said;
}

static uint64_t between(unsigned int core, void *arg)
{
	uint64_t next;

	shunt_nopreempt_begin();
	next = place_turn(self.place, core);
	shunt_nopreempt_end();
	return next;
}

/* --- rows ------------------------------------------------------------------------------------- */

static int take_row(struct place *p, const struct shunt_actor_info *row)
{
	int err;

	if (!row->kind[0])
		return failed(-EINVAL, "actor '%s' has no 'kind' in the configuration", row->name);
	err = place_row(p, row->id, row->kind, row->name);
	if (err == -ENOENT)
		return failed(err, "actor '%s' is of kind '%s', which this program does not have",
			      row->name, row->kind);
	if (err == -EEXIST)
		return failed(err, "actor '%s' is of kind '%s' in the configuration, and there is "
				   "one of that name and another kind: give the row another name",
			      row->name, row->kind);
	if (err == -ENOSPC)
		return failed(err, "there is no room for actor '%s': there are %u of them, or "
				   "their memory is used up ('size')", row->name, PLACE_ACTORS);
	if (err)
		return failed(err, "cannot make actor '%s': %s", row->name, shunt_strerror(err));
	return 0;
}

/* No core runs. Before the first request each row of this domain has its actor, so none is served
 * by that of a row of a former load. */
static int take_rows(struct shunt *s, void *arg)
{
	struct shunt_actor_info row = { .sz = sizeof(row) };

	place_forget_rows(self.place);
	self.rows_err = 0;
	for (uint32_t nr = 0; !self.rows_err && !shunt_get_actor(s, nr, &row); nr++) {
		if (row.here)
			self.rows_err = take_row(self.place, &row);
	}
	return self.rows_err;
}

/* --- beginning and end ------------------------------------------------------------------------ */

static int open_place(const struct shunt_actor_opts *opts)
{
	const char *memory = opts->memory ? opts->memory : "";
	int err = place_open(&self.place, opts);

	switch (err) {
	case 0:
		return 0;
	case -EBUSY:
		return failed(err, "'%s' is the memory of another process", memory);
	case -EPERM:
		return failed(err, "'%s' is not a file of this user that others may not write",
			      memory);
	case -EPROTO:
		return failed(err, "'%s' is no memory of actors, or of another version", memory);
	case -EINVAL:
		return failed(err, "a memory of actors has more than %zu bytes ('size')",
			      sizeof(struct place_head));
	default:
		return failed(err, "cannot open the memory of actors%s%s: %s",
			      opts->memory ? " " : "", memory, shunt_strerror(err));
	}
}

static int serve(const struct shunt_actor_opts *opts)
{
	struct shunt_opts worker = { 0 };
	size_t known = opts->worker->sz < sizeof(worker) ? opts->worker->sz : sizeof(worker);
	struct shunt *s = NULL;
	int err;

	memcpy(&worker, opts->worker, known); /* an older caller's is shorter */
	worker.sz = sizeof(worker);
	worker.handler = handle;
	worker.between = between;
	worker.attached = take_rows;
	self.rows_err = 0;
	err = shunt_open(&s, &worker);
	atomic_store(&self.shunt, s);
	if (err)
		return failed(err, "%s", shunt_error(s));
	err = open_place(opts);
	if (err)
		return err;
	err = atomic_load(&self.stop) ? 0 : shunt_run(s);
	if (self.rows_err)
		return self.rows_err;
	return err ? failed(err, "%s", shunt_error(s)) : 0;
}

/* Nobody stops what is closed: a signal may come at any instruction, in any thread. */
static void close_worker(void)
{
	struct shunt *s = atomic_exchange(&self.shunt, NULL);

	while (atomic_load(&self.stopping))
		sched_yield();
	shunt_close(s);
}

/* An older caller's struct is shorter: what it lacks is 0. A newer one's must say nothing new. */
static int take_opts(struct shunt_actor_opts *to, const struct shunt_actor_opts *from)
{
	size_t known = sizeof(*to) < from->sz ? sizeof(*to) : from->sz;
	const struct shunt_actor_kind *kind;
	const char *bad;

	for (size_t i = known; i < from->sz; i++) {
		if (((const char *)from)[i])
			return failed(-E2BIG, "shunt_actor_opts has options that this library "
					      "lacks");
	}
	memset(to, 0, sizeof(*to));
	memcpy(to, from, known);
	if (!to->worker || !to->kinds)
		return failed(-EINVAL, "worker, kinds or sz is missing");
	if (to->worker->sz > sizeof(*to->worker))
		return failed(-E2BIG, "shunt_opts has options that this library lacks");
	bad = place_bad_kind(to->kinds, &kind);
	return bad ? failed(-EINVAL, "kind '%s' %s", kind->name ? kind->name : "", bad) : 0;
}

int shunt_actor_serve(const struct shunt_actor_opts *from)
{
	struct shunt_actor_opts opts;
	int err;

	if (atomic_exchange(&self.running, true))
		return failed(-EBUSY, "this process serves actors already");
	err = take_opts(&opts, from);
	if (!err)
		err = serve(&opts);
	close_worker();
	place_close(self.place);
	self.place = NULL;
	atomic_store(&self.stop, false);
	atomic_store(&self.running, false);
	return err;
}

void shunt_actor_stop(void)
{
	struct shunt *s;

	atomic_fetch_add(&self.stopping, 1);
	atomic_store(&self.stop, true);
	s = atomic_load(&self.shunt);
	if (s)
		shunt_stop(s);
	atomic_fetch_sub(&self.stopping, 1);
}

/* --- for handlers ----------------------------------------------------------------------------- */

/* A fork's child has none. */
static struct place *the_place(void)
{
	return self.place && !self.place->forked ? self.place : NULL;
}

uint32_t shunt_actor_find(const char *name)
{
	return the_place() ? place_find(self.place, name) : 0;
}

int shunt_actor_create(const char *kind, const char *name, const void *arg, size_t len,
		       uint32_t *id)
{
	return the_place() ? place_make(self.place, kind, name, arg, len, id) : -ENOTCONN;
}

int shunt_actor_delete(uint32_t id)
{
	return the_place() ? place_delete(self.place, id) : -ENOTCONN;
}

int shunt_actor_get_stats(struct shunt_actor_stats *out)
{
	struct shunt_actor_stats st;
	size_t sz = out->sz;

	if (!the_place())
		return -ENOTCONN;
	place_stats(self.place, &st);
	st.sz = sz;
	memcpy(out, &st, sz < sizeof(st) ? sz : sizeof(st));
	return 0;
}

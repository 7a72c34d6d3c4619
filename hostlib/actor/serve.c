// SPDX-License-Identifier: BSD-2-Clause
/*
 * serve.c - a worker of actors: libshunt brings requests, and looks after messages between them
 */
#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>

#include "place.h"

static struct {
	struct place *place;
	struct shunt *_Atomic shunt;
	atomic_int stopping; /* threads in shunt_actor_stop() */
	atomic_bool running, stop;
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

/* --- beginning and end ------------------------------------------------------------------------ */

/* The actors that the configuration has here. One whose kind is not ours is somebody's mistake. */
static int make_configured(struct place *p, const struct shunt *s, uint32_t *rows)
{
	struct shunt_actor_info info = { .sz = sizeof(info) };
	int err = 0;

	for (*rows = 0; !err && !shunt_get_actor(s, *rows, &info); ++*rows) {
		if (!info.here)
			continue;
		if (!info.kind[0])
			return failed(-EINVAL, "actor '%s' has no 'kind' in the configuration",
				      info.name);
		err = place_make_at(p, *rows, info.id >> 16, info.kind, info.name);
		if (err == -ENOENT)
			return failed(err, "actor '%s' is of kind '%s', which this program does "
					   "not have", info.name, info.kind);
		if (err)
			return failed(err, "cannot make actor '%s': %s", info.name,
				      shunt_strerror(err));
	}
	return 0;
}

static uint32_t count_rows(const struct shunt *s)
{
	struct shunt_actor_info info = { .sz = sizeof(info) };
	uint32_t n = 0;

	while (!shunt_get_actor(s, n, &info))
		n++;
	return n;
}

static int open_place(const struct shunt_actor_opts *opts, struct shunt *s)
{
	uint32_t rows = count_rows(s);
	int err = place_open(&self.place, opts->memory, opts->size, rows, opts->kinds);

	if (err == -EBUSY)
		return failed(err, "'%s' is the memory of another process", opts->memory);
	if (err == -EPERM)
		return failed(err, "'%s' is not a file of this user that others may not write",
			      opts->memory);
	if (err == -EPROTO)
		return failed(err, "'%s' is no memory of actors, or of another version",
			      opts->memory);
	if (err)
		return failed(err, "cannot open the memory of actors%s%s: %s",
			      opts->memory ? " " : "", opts->memory ? opts->memory : "",
			      shunt_strerror(err));
	return make_configured(self.place, s, &rows);
}

/* Requests come when libshunt runs: the actors are there by then. */
static int serve(const struct shunt_actor_opts *opts)
{
	struct shunt_opts worker = *opts->worker;
	struct shunt *s = NULL;
	int err;

	worker.handler = handle;
	worker.between = between;
	err = shunt_open(&s, &worker);
	atomic_store(&self.shunt, s);
	if (!err)
		err = open_place(opts, s);
	else
		failed(err, "%s", shunt_error(s));
	if (err)
		return err;
	err = atomic_load(&self.stop) ? 0 : shunt_run(s);
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

int shunt_actor_serve(const struct shunt_actor_opts *opts)
{
	int err;

	if (!opts->worker || !opts->kinds || opts->sz < sizeof(*opts))
		return failed(-EINVAL, "worker, kinds or sz is missing");
	if (atomic_exchange(&self.running, true))
		return failed(-EBUSY, "this process serves actors already");
	err = serve(opts);
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

uint32_t shunt_actor_find(const char *name)
{
	return self.place ? place_find(self.place, name) : 0;
}

int shunt_actor_create(const char *kind, const char *name, const void *arg, size_t len,
		       uint32_t *id)
{
	return self.place ? place_make(self.place, kind, name, arg, len, id) : -ENOTCONN;
}

int shunt_actor_delete(uint32_t id)
{
	return self.place ? place_delete(self.place, id) : -ENOTCONN;
}

int shunt_actor_get_stats(struct shunt_actor_stats *out)
{
	struct shunt_actor_stats st;
	size_t sz = out->sz;

	if (!self.place)
		return -ENOTCONN;
	place_stats(self.place, &st);
	st.sz = sz;
	memcpy(out, &st, sz < sizeof(st) ? sz : sizeof(st));
	return 0;
}

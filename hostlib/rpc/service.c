// SPDX-License-Identifier: BSD-2-Clause
/*
 * service.c - a process's one RPC service: a worker whose handler reads heads of calls
 */
#include "service.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "replies.h"

static struct {
	_Atomic _Bool on;
	struct shunt_rpc_opts opts;
	const struct service *by;
	struct shunt *_Atomic worker; /* NULL: not yet, or no longer */
	_Atomic _Bool stop;
	char error[256];
} service;

int shunt_rpc_fail(int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(service.error, sizeof(service.error), format, args);
	va_end(args);
	return err;
}

const char *shunt_rpc_error(void)
{
	return service.error;
}

static long handle(struct shunt_req *req, void *arg)
{
	struct replies_place place = { 0 };
	struct shunt_rpc_call call;
	long len = shunt_rpc_head(&call, req);

	if (len != SHUNT_RPC_CALL)
		return len;
	if (!service.opts.cache)
		return service.by->answer(&call, &service.opts);
	if (!replies_begin(&call, &place, &len))
		return len;
	len = service.by->answer(&call, &service.opts);
	replies_end(&place, len < 0 ? NULL : req->data, len);
	return len;
}

/* A caller's struct of an older version is shorter: what it lacks is 0. */
static int take_opts(const struct shunt_rpc_opts *opts)
{
	size_t known = opts->sz < sizeof(*opts) ? opts->sz : sizeof(*opts);

	for (size_t i = known; i < opts->sz; i++) {
		if (((const char *)opts)[i])
			return shunt_rpc_fail(-E2BIG, "shunt_rpc_opts has options that this "
					      "library lacks");
	}
	memset(&service.opts, 0, sizeof(service.opts));
	memcpy(&service.opts, opts, known);
	return service.opts.worker ? 0 : shunt_rpc_fail(-EINVAL,
							"shunt_rpc_opts.worker is missing");
}

static int open_worker(struct shunt **s)
{
	struct shunt_opts own = { 0 };
	const struct shunt_opts *theirs = service.opts.worker;
	int err;

	if (theirs->sz > sizeof(own))
		return shunt_rpc_fail(-E2BIG, "shunt_opts is of a later version than libshunt-rpc");
	memcpy(&own, theirs, theirs->sz);
	own.sz = sizeof(own);
	own.handler = handle;
	own.arg = NULL;
	err = shunt_open(s, &own);
	return err ? shunt_rpc_fail(err, "%s", *s ? shunt_error(*s) : strerror(-err)) : 0;
}

static int run(void)
{
	struct shunt *s = NULL;
	int err = open_worker(&s);

	if (!err) {
		atomic_store(&service.worker, s);
		/* shunt_rpc_stop() saw no worker yet: it left a word. */
		if (!atomic_load(&service.stop)) {
			err = shunt_run(s);
			if (err)
				shunt_rpc_fail(err, "%s", shunt_error(s));
		}
		atomic_store(&service.worker, NULL);
	}
	shunt_close(s);
	return err;
}

int shunt_rpc_service(const struct shunt_rpc_opts *opts, const struct service *by)
{
	int err;

	if (atomic_exchange(&service.on, 1))
		return -EBUSY;
	service.by = by;
	err = take_opts(opts);
	if (!err && service.opts.cache && replies_open(service.opts.cache))
		err = shunt_rpc_fail(-ENOMEM, "no memory for %u replies", service.opts.cache);
	if (!err && by->begin)
		err = by->begin(&service.opts);
	if (!err) {
		err = run();
		if (by->end)
			by->end();
	}
	replies_close();
	atomic_store(&service.stop, 0);
	atomic_store(&service.on, 0);
	return err;
}

void shunt_rpc_stop(void)
{
	struct shunt *s;

	atomic_store(&service.stop, 1);
	s = atomic_load(&service.worker);
	if (s)
		shunt_stop(s);
}

static long answer_served(struct shunt_rpc_call *call, const struct shunt_rpc_opts *opts)
{
	return shunt_rpc_dispatch(call, opts->served);
}

int shunt_rpc_serve(const struct shunt_rpc_opts *opts)
{
	static const struct service by_versions = { .answer = answer_served };

	if (opts->sz <= offsetof(struct shunt_rpc_opts, served) || !opts->served)
		return shunt_rpc_fail(-EINVAL, "shunt_rpc_opts.served is missing");
	return shunt_rpc_service(opts, &by_versions);
}

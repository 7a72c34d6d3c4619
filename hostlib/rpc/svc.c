// SPDX-License-Identifier: BSD-2-Clause
/*
 * svc.c - calls for the code that rpcgen wrote: libtirpc's dispatch, on a transport of ours
 *
 * What svc_register() notes is libtirpc's own, so libtirpc finds the function of a program and
 * version, too: svc_getreq_common() asks the transport of a descriptor for a call, and that
 * transport (an SVCXPRT) is one of ours, whose operations read and write the request's frame. A
 * transport has one call at a time, and a preempted call may go on while others begin, so there are
 * as many transports as calls at once; each has a descriptor for its number.
 */
#include "svc.h"

#include <errno.h>
#include <rpc/rpc.h>
#include <rpc/svc_auth.h>
#include <rpc/svc_mt.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

struct transport {
	SVCXPRT xprt;
	SVCXPRT_EXT ext;
	const struct shunt_rpc_call *call; /* NULL: none, or it was handed out already */
	long reply;
	struct sockaddr_storage from;
	struct transport *next; /* free: the next that is */
};

static struct {
	_Atomic uint32_t lock;
	struct transport *free;
} transports;

/* --- what libtirpc asks of a transport --------------------------------------------------- */

static struct transport *of(SVCXPRT *xprt)
{
	return xprt->xp_p1;
}

/* libtirpc has given room for credentials and verifier. */
static bool_t give_call(SVCXPRT *xprt, struct rpc_msg *msg)
{
	const struct shunt_rpc_call *call = of(xprt)->call;

	msg->rm_xid = call->xid;
	msg->rm_direction = CALL;
	msg->rm_call.cb_rpcvers = RPC_MSG_VERSION;
	msg->rm_call.cb_prog = call->program;
	msg->rm_call.cb_vers = call->version;
	msg->rm_call.cb_proc = call->procedure;
	msg->rm_call.cb_cred.oa_flavor = call->flavor;
	msg->rm_call.cb_cred.oa_length = call->body.len;
	memcpy(msg->rm_call.cb_cred.oa_base, call->body.data, call->body.len);
	msg->rm_call.cb_verf.oa_flavor = AUTH_NONE;
	msg->rm_call.cb_verf.oa_length = 0;
	return TRUE;
}

static enum xprt_stat has_no_more(SVCXPRT *xprt)
{
	return XPRT_IDLE;
}

static bool_t free_args(SVCXPRT *xprt, xdrproc_t decode, void *args)
{
	XDR xdr = { .x_op = XDR_FREE };

	return decode(&xdr, args);
}

/* What was decoded before the fault is freed here: rpcgen's code frees arguments that are whole. */
static bool_t give_args(SVCXPRT *xprt, xdrproc_t decode, void *args)
{
	const struct shunt_rpc_call *call = of(xprt)->call;
	XDR xdr;

	xdrmem_create(&xdr, (char *)call->args, call->end - call->args, XDR_DECODE);
	if (decode(&xdr, args))
		return TRUE;
	free_args(xprt, decode, args);
	return FALSE;
}

/* The arguments were copied out of the frame. */
static bool_t take_reply(SVCXPRT *xprt, struct rpc_msg *msg)
{
	struct transport *t = of(xprt);
	struct shunt_req *req = t->call->req;
	XDR xdr;

	msg->rm_xid = t->call->xid;
	xdrmem_create(&xdr, req->data, req->room, XDR_ENCODE);
	if (!xdr_replymsg(&xdr, msg))
		return FALSE; /* too long: the caller says SYSTEM_ERR */
	t->reply = xdr_getpos(&xdr);
	return TRUE;
}

static void stays(SVCXPRT *xprt)
{
}

static bool_t has_no_control(SVCXPRT *xprt, const u_int what, void *arg)
{
	return FALSE;
}

static const struct xp_ops ops = {
	.xp_recv = give_call, .xp_stat = has_no_more, .xp_getargs = give_args,
	.xp_reply = take_reply, .xp_freeargs = free_args, .xp_destroy = stays,
};
static const struct xp_ops2 ops2 = { .xp_control = has_no_control };

/* --- transports -------------------------------------------------------------------------- */

static void lock(void)
{
	while (atomic_exchange_explicit(&transports.lock, 1, memory_order_acquire))
		;
}

static void unlock(void)
{
	atomic_store_explicit(&transports.lock, 0, memory_order_release);
}

static struct transport *make(void)
{
	struct transport *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->xprt.xp_fd = eventfd(0, EFD_CLOEXEC); /* never readable, so no poll() finds it */
	if (t->xprt.xp_fd < 0) {
		free(t);
		return NULL;
	}
	t->xprt.xp_ops = &ops;
	t->xprt.xp_ops2 = &ops2;
	t->xprt.xp_p1 = t;
	t->xprt.xp_p3 = &t->ext;
	t->xprt.xp_netid = "udp";
	xprt_register(&t->xprt);
	return t;
}

static void destroy(struct transport *t)
{
	xprt_unregister(&t->xprt);
	close(t->xprt.xp_fd);
	free(t);
}

static struct transport *get(void)
{
	struct transport *t;

	shunt_nopreempt_begin();
	lock();
	t = transports.free;
	if (t)
		transports.free = t->next;
	unlock();
	if (!t)
		t = make();
	shunt_nopreempt_end();
	return t;
}

static void put(struct transport *t)
{
	shunt_nopreempt_begin();
	lock();
	t->next = transports.free;
	transports.free = t;
	unlock();
	shunt_nopreempt_end();
}

/* --- a call ------------------------------------------------------------------------------ */

/* For svc_getrpccaller() and svc_getcaller(). */
static void set_client(struct transport *t)
{
	unsigned int len = sizeof(t->from);

	if (shunt_client(t->call->req, (struct sockaddr *)&t->from, &len))
		len = 0;
	t->xprt.xp_rtaddr = (struct netbuf){ .buf = &t->from, .len = len,
					     .maxlen = sizeof(t->from) };
	t->xprt.xp_addrlen = len;
	if (len <= sizeof(t->xprt.xp_raddr))
		memcpy(&t->xprt.xp_raddr, &t->from, len);
}

long svc_answer(struct shunt_rpc_call *call, const struct shunt_rpc_opts *opts)
{
	struct transport *t = get();
	long len;

	if (!t)
		return shunt_rpc_refuse(call, SHUNT_RPC_SYSTEM_ERR);
	t->call = call;
	t->reply = SHUNT_NO_REPLY;
	set_client(t);
	svc_getreq_common(t->xprt.xp_fd);
	len = t->reply;
	t->call = NULL;
	put(t);
	return len;
}

void svc_end(void)
{
	while (transports.free) {
		struct transport *t = transports.free;

		transports.free = t->next;
		destroy(t);
	}
}

int shunt_rpc_run_mt(const struct shunt_rpc_opts *opts)
{
	static const struct service by_tirpc = { .answer = svc_answer, .end = svc_end };

	return shunt_rpc_service(opts, &by_tirpc);
}

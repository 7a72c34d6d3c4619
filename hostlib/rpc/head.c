// SPDX-License-Identifier: BSD-2-Clause
/*
 * head.c - the head of a call, and every reply that is no result
 *
 * The order of checks is that of RFC 5531's own tree of replies: version of RPC, credentials,
 * program, version, procedure. What does not say that it is a call, or ends before it says which,
 * gets no answer: two services that answered each other's errors would never end.
 */
#include "wire.h"

#include <shunt/rpc.h>

#define SHORT_LEN 12 /* xid, type, version of RPC: enough for an answer */
#define HEAD_LEN 32  /* up to the length of the credentials */

/* Room for a reply of len bytes: its beginning, or NULL. */
static uint8_t *reply_of(const struct shunt_req *req, uint32_t len)
{
	return len <= req->room ? req->data : NULL;
}

/* Its length so far; there is room for the longest. */
static long deny(const struct shunt_req *req, uint32_t xid, enum rpc_reject why)
{
	uint8_t *at = reply_of(req, 24);

	if (!at)
		return SHUNT_NO_REPLY;
	at = rpc_put(rpc_put(at, xid), RPC_REPLY);
	rpc_put(rpc_put(at, RPC_DENIED), why);
	return 16;
}

static long mismatch(const struct shunt_req *req, uint32_t xid)
{
	long len = deny(req, xid, RPC_MISMATCH);

	if (len < 0)
		return len;
	rpc_put(rpc_put((uint8_t *)req->data + len, RPC_VERSION), RPC_VERSION);
	return len + 8;
}

static long deny_auth(const struct shunt_req *req, uint32_t xid, enum rpc_auth why)
{
	long len = deny(req, xid, RPC_AUTH_ERROR);

	if (len < 0)
		return len;
	rpc_put((uint8_t *)req->data + len, why);
	return len + 4;
}

static uint8_t *accept_as(const struct shunt_req *req, uint32_t xid, enum rpc_accept stat,
			  uint32_t more)
{
	uint8_t *at = reply_of(req, RPC_ACCEPTED_LEN + more);

	if (!at)
		return NULL;
	at = rpc_put(rpc_put(at, xid), RPC_REPLY);
	at = rpc_put(rpc_put(at, RPC_ACCEPTED), SHUNT_RPC_AUTH_NONE);
	return rpc_put(rpc_put(at, 0), stat);
}

static long accept_error(const struct shunt_req *req, uint32_t xid, enum rpc_accept stat)
{
	return accept_as(req, xid, stat, 0) ? RPC_ACCEPTED_LEN : SHUNT_NO_REPLY;
}

/* The call's body of AUTH_SYS. False: it is none. */
static int read_sys(struct shunt_rpc_call *call, const uint8_t *at, uint32_t len)
{
	const uint8_t *end = at + len;
	uint32_t name, n;

	if (len < 20)
		return 0;
	name = rpc_get(at + 4); /* behind the stamp */
	if (name > RPC_MACHINE_MAX || 20 + rpc_padded(name) > len)
		return 0;
	call->machine = (struct shunt_rpc_bytes){ (const char *)at + 8, name };
	at += 8 + rpc_padded(name);
	call->uid = rpc_get(at);
	call->gid = rpc_get(at + 4);
	n = rpc_get(at + 8);
	if (n > RPC_GIDS_MAX || 4 * n > (size_t)(end - at - 12))
		return 0;
	call->ngids = n;
	call->gids = at + 12;
	return 1;
}

/* Credentials and verifier: 0, or what is wrong with them. */
static enum rpc_auth read_auth(struct shunt_rpc_call *call, const uint8_t *at)
{
	uint32_t flavor = rpc_get(at), len = rpc_get(at + 4), padded = rpc_padded(len);

	at += 8;
	if (flavor > SHUNT_RPC_AUTH_SYS)
		return RPC_AUTH_REJECTEDCRED;
	if (len > RPC_AUTH_MAX || padded > (size_t)(call->end - at))
		return RPC_AUTH_BADCRED;
	call->flavor = flavor;
	call->body = (struct shunt_rpc_bytes){ (const char *)at, len };
	if (flavor == SHUNT_RPC_AUTH_SYS && !read_sys(call, at, len))
		return RPC_AUTH_BADCRED;
	at += padded;
	if (call->end - at < 8 || rpc_get(at) != SHUNT_RPC_AUTH_NONE || rpc_get(at + 4))
		return RPC_AUTH_BADVERF;
	call->args = at + 8;
	return 0;
}

long shunt_rpc_head(struct shunt_rpc_call *call, struct shunt_req *req)
{
	const uint8_t *at = req->data;
	enum rpc_auth wrong;

	if (req->len < SHORT_LEN || rpc_get(at + 4) != RPC_CALL)
		return SHUNT_NO_REPLY;
	if (rpc_get(at + 8) != RPC_VERSION)
		return mismatch(req, rpc_get(at));
	if (req->len < HEAD_LEN)
		return SHUNT_NO_REPLY;
	*call = (struct shunt_rpc_call){
		.req = req, .xid = rpc_get(at), .program = rpc_get(at + 12),
		.version = rpc_get(at + 16), .procedure = rpc_get(at + 20), .end = at + req->len,
	};
	wrong = read_auth(call, at + 24);
	return wrong ? deny_auth(req, call->xid, wrong) : SHUNT_RPC_CALL;
}

long shunt_rpc_refuse(const struct shunt_rpc_call *call, enum shunt_rpc_stat stat)
{
	switch (stat) {
	case SHUNT_RPC_PROC_UNAVAIL:
		return accept_error(call->req, call->xid, RPC_PROC_UNAVAIL);
	case SHUNT_RPC_GARBAGE_ARGS:
		return accept_error(call->req, call->xid, RPC_GARBAGE_ARGS);
	case SHUNT_RPC_AUTH_BADCRED:
		return deny_auth(call->req, call->xid, RPC_AUTH_BADCRED);
	case SHUNT_RPC_AUTH_TOOWEAK:
		return deny_auth(call->req, call->xid, RPC_AUTH_TOOWEAK);
	case SHUNT_RPC_SILENT:
		return SHUNT_NO_REPLY;
	default: /* a number that no procedure should return is a failure, too */
		return accept_error(call->req, call->xid, RPC_SYSTEM_ERR);
	}
}

uint8_t *shunt_rpc_accept(const struct shunt_rpc_call *call)
{
	return accept_as(call->req, call->xid, RPC_SUCCESS, 0);
}

static long wrong_version(const struct shunt_rpc_call *call, uint32_t low, uint32_t high)
{
	uint8_t *at = accept_as(call->req, call->xid, RPC_PROG_MISMATCH, 8);

	if (!at)
		return SHUNT_NO_REPLY;
	rpc_put(rpc_put(at, low), high);
	return RPC_ACCEPTED_LEN + 8;
}

long shunt_rpc_dispatch(struct shunt_rpc_call *call, const struct shunt_rpc_version *const *served)
{
	uint32_t low = ~0u, high = 0;

	for (; *served; served++) {
		const struct shunt_rpc_version *v = *served;

		if (v->program != call->program)
			continue;
		if (v->version == call->version)
			return v->serve(call);
		low = v->version < low ? v->version : low;
		high = v->version > high ? v->version : high;
	}
	return low <= high ? wrong_version(call, low, high) :
			     accept_error(call->req, call->xid, RPC_PROG_UNAVAIL);
}

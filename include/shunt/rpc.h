/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * rpc.h - writing a worker that serves ONC RPC (RFC 5531) over UDP
 *
 * A server that rpcgen wrote calls shunt_rpc_run() where it called svc_run(). A new one is written
 * with shunt-rpcgen, which makes a table of procedures of FILE.x:
 *
 *   const struct shunt_rpc_version *const served[] = { &calc_1, NULL };
 *   struct shunt_opts worker = { .sz = sizeof(worker), .ifname = "eth0" };
 *   struct shunt_rpc_opts opts = { .sz = sizeof(opts), .worker = &worker, .served = served };
 *
 *   if (shunt_rpc_serve(&opts))
 *           fprintf(stderr, "%s\n", shunt_rpc_error());
 *
 * A process has one RPC service at a time. Calls return 0 or -errno.
 */
#pragma once

#include <shunt/shunt.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* Credentials that are taken; all others are rejected (AUTH_REJECTEDCRED). */
enum shunt_rpc_flavor {
	SHUNT_RPC_AUTH_NONE,
	SHUNT_RPC_AUTH_SYS, /* what the client says of its user: nothing proves it */
};

/* Bytes of a string<> or an opaque<>. In arguments they lie in the request's frame, until the
 * procedure returns. A string has no 0 at its end. */
struct shunt_rpc_bytes {
	const char *data;
	uint32_t len;
};

/* A call, while its procedure runs. */
struct shunt_rpc_call {
	struct shunt_req *req;
	uint32_t xid;          /* the client's number of the call */
	uint32_t program, version, procedure;
	uint32_t flavor;       /* enum shunt_rpc_flavor; of AUTH_SYS: */
	uint32_t uid, gid;
	uint32_t ngids;        /* at most 16; shunt_rpc_gid() */
	const uint8_t *gids;   /* in the frame, as the client sent them */
	struct shunt_rpc_bytes machine; /* the client's name for itself */
	struct shunt_rpc_bytes body;    /* the raw credentials */
	const uint8_t *args, *end; /* the arguments, in the frame */
	char *scratch;         /* SHUNT_RPC_SCRATCH bytes for strings of the results, until the
				* reply is written; NULL where the results have none */
};

#define SHUNT_RPC_SCRATCH 4096

/* One of the ngids groups. */
static inline uint32_t shunt_rpc_gid(const struct shunt_rpc_call *call, uint32_t i)
{
	const uint8_t *p = call->gids + 4 * i;

	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* What a procedure returns: how its call is answered. */
enum shunt_rpc_stat {
	SHUNT_RPC_SUCCESS,      /* by its results */
	SHUNT_RPC_PROC_UNAVAIL, /* "there is no such procedure" */
	SHUNT_RPC_GARBAGE_ARGS, /* "the arguments make no sense" */
	SHUNT_RPC_SYSTEM_ERR,   /* "something failed here" */
	SHUNT_RPC_AUTH_BADCRED, /* "these credentials are wrong" */
	SHUNT_RPC_AUTH_TOOWEAK, /* "these credentials do not suffice" */
	SHUNT_RPC_SILENT,       /* not at all */
};

/* A version of a program, as shunt-rpcgen writes it. */
struct shunt_rpc_version {
	uint32_t program, version;
	/* Answers the call in call->req->data: the length of the reply, or SHUNT_NO_REPLY. */
	long (*serve)(struct shunt_rpc_call *call);
};

struct shunt_rpc_opts {
	size_t sz;                       /* sizeof(struct shunt_rpc_opts) */
	const struct shunt_opts *worker; /* as for shunt_open(); handler and arg are not used */
	const struct shunt_rpc_version *const *served; /* shunt_rpc_serve(): up to a NULL */
	unsigned int cache; /* replies kept for calls that a client sends again; 0: none */
};

/* Serves the versions in opts->served until shunt_rpc_stop(). */
int shunt_rpc_serve(const struct shunt_rpc_opts *opts);

/*
 * In the place of libtirpc's svc_run(): serves all that was registered with svc_register() and its
 * like, one call at a time, on one core, and by another thread on the sockets that libtirpc opened
 * (TCP, and what does not fit a frame). Of the environment: SHUNT_DEV names the interface, if
 * shuntd serves more than one; SHUNT_RPC_CACHE is the number of replies that are kept. A failure is
 * told on standard error, as the caller has no words for it.
 */
int shunt_rpc_run(void);

/* The same for servers whose procedures may run at the same time (rpcgen -M): on as many cores as
 * opts->worker says, with preemption, and without libtirpc's sockets. */
int shunt_rpc_run_mt(const struct shunt_rpc_opts *opts);

/* Ends the service: calls that were steered here are served first. Safe in a signal handler. */
void shunt_rpc_stop(void);

const char *shunt_rpc_error(void); /* the last error, in words */

/* For code that shunt-rpcgen wrote, and for a worker with a handler of its own. */

/* Reads the head of a call. SHUNT_RPC_CALL, or it is answered already: the length of the reply, or
 * SHUNT_NO_REPLY. */
#define SHUNT_RPC_CALL (-2L)
long shunt_rpc_head(struct shunt_rpc_call *call, struct shunt_req *req);
/* Answers the call by one of the versions, up to a NULL. */
long shunt_rpc_dispatch(struct shunt_rpc_call *call, const struct shunt_rpc_version *const *served);
/* Answers a call with an error: the length of the reply. */
long shunt_rpc_refuse(const struct shunt_rpc_call *call, enum shunt_rpc_stat stat);
/* The head of a reply with results, and where these begin; NULL: there is no room. */
uint8_t *shunt_rpc_accept(const struct shunt_rpc_call *call);

#pragma GCC visibility pop

#ifndef SHUNT_RPC_ALONE /* parts of the library, which are tested without libshunt */
/* The program itself needs libshunt.so, not only libshunt-rpc.so: its guards have to come before
 * the C library, in the order in which names are looked up. */
static int (*const shunt_rpc_needs_libshunt)(struct shunt *) __attribute__((used)) = shunt_run;
#endif

#ifdef __cplusplus
}
#endif

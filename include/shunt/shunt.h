/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * shunt.h - writing a worker: a process that serves the requests XDP steers to its cores
 *
 *   static long handle(struct shunt_req *req, void *arg)
 *   {
 *           memcpy(req->data, "pong", 4);
 *           return 4;
 *   }
 *
 *   struct shunt_opts opts = { .sz = sizeof(opts), .ifname = "eth0", .handler = handle };
 *   struct shunt *s;
 *   int err = shunt_open(&s, &opts);
 *
 *   if (!err)
 *           err = shunt_run(s);
 *   if (err)
 *           fprintf(stderr, "%s\n", shunt_error(s));
 *   shunt_close(s);
 *
 * The process needs no privileges: shuntd checks who it is and hands it memory and sockets.
 * Calls return 0 or -errno; the library never prints.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <shunt/preempt.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct shunt; /* one worker process's tie to one domain */

/* A request, while its handler runs. */
struct shunt_req {
	void *data;          /* UDP payload; the reply is written over it */
	uint32_t len;        /* bytes of it */
	uint32_t room;       /* bytes that a reply written there may have */
	uint8_t cls;         /* class, as XDP's rules say */
	uint8_t core;        /* core that runs it */
	uint16_t flags;
	uint32_t turn;       /* the library's: tells shunt_send() this request from a later one */
	uint64_t id;         /* number in its domain: unique */
	uint64_t arrival_ns; /* CLOCK_MONOTONIC */
	uint32_t actor;      /* the id of its actor, as a rule says; 0: it has none */
};

#define SHUNT_NO_REPLY (-1L)

/* Serves a request. Returns the length of the reply in req->data, or SHUNT_NO_REPLY. */
typedef long (*shunt_handler)(struct shunt_req *req, void *arg);

/* How a core waits when it has nothing to do. */
enum shunt_idle {
	SHUNT_IDLE_ADAPTIVE, /* spins for idle_us (default 50), then sleeps in poll() */
	SHUNT_IDLE_SPIN,     /* never gives the CPU away: the fastest, for a CPU of its own */
	SHUNT_IDLE_SLEEP,    /* sleeps at once */
};

enum shunt_flags {
	SHUNT_NO_SIGNALS = 1, /* requests stop at safepoints only: the process is
			       * sent no signal, and gets no handler for it */
	SHUNT_NO_PREEMPT = 2, /* requests are not stopped at all, and run
			       * on the stacks of the cores' threads */
	SHUNT_ABANDON = 4,    /* a preempted request that waited longer than "expire" of its class
			       * is not gone on with: its handler owns nothing that would leak */
};

struct shunt_opts {
	size_t sz;            /* sizeof(struct shunt_opts) */
	const char *ifname;   /* interface; or */
	const char *socket;   /* shuntd's socket, if it is not the usual one of ifname */
	const char *name;     /* of this worker, for shunt status; NULL: the program's */
	int domain;           /* SHUNT_DOMAIN(number) to serve;
			       * SHUNT_DOMAIN_ANY: the first that is free */
	unsigned int cores;   /* threads; 0: as many as the domain has cores */
	enum shunt_idle idle;
	unsigned int idle_us; /* SHUNT_IDLE_ADAPTIVE: how long to spin */
	shunt_handler handler;
	void *arg;                               /* for all three */
	/* in the core's thread, before its first request */
	int (*core_init)(unsigned int core, void *arg);
	void (*core_exit)(unsigned int core, void *arg);
	size_t stack_size; /* bytes that a handler may use where
			    * requests are preempted; 0: 64 KiB */
	int signal;        /* that stops requests where the operator set a grace time; 0: SIGURG */
	unsigned int flags; /* enum shunt_flags */
	/* In the core's thread, between two requests, if not NULL: work of the application's own,
	 * which is short, as requests wait for it. 0: call it again soon; else when to, at the
	 * latest, by CLOCK_MONOTONIC in ns. A core that sleeps does so until then, to a
	 * millisecond. */
	uint64_t (*between)(unsigned int core, void *arg);
	/* In shunt_run(), if not NULL, before the cores' threads begin: at first, and again when
	 * the worker lives through 'shunt unload' and 'shunt load', as actors, classes and cores
	 * may be others by then. Not 0, a -errno: shunt_run() ends with it. */
	int (*attached)(struct shunt *s, void *arg);
};

#define SHUNT_DOMAIN_ANY 0 /* domain D is asked for as D + 1 */
#define SHUNT_DOMAIN(d) ((d) + 1)

/* Ties this process to a domain. On failure *ret is NULL unless there was memory for a text. */
int shunt_open(struct shunt **ret, const struct shunt_opts *opts);

/* Serves requests, a thread a core, until shunt_stop().
 * Outlives shuntd and comes back to a new one. */
int shunt_run(struct shunt *s);

/* Ends shunt_run(): requests already steered here are served first. Safe in a signal handler. */
void shunt_stop(struct shunt *s);

void shunt_close(struct shunt *s); /* NULL is fine */

/*
 * Sends one more datagram to the client, before the reply that the handler returns. data is copied
 * and may be req->data. Only the handler itself may call it, while it runs, with its req or a copy
 * of it. -ESTALE: another thread called it, or another request's handler; -EMSGSIZE: more than
 * req->room; -ENOBUFS: no frame and no room to send for a millisecond; -EADDRNOTAVAIL: it is from a
 * group's address.
 */
int shunt_send(struct shunt_req *req, const void *data, size_t len);

/*
 * The client's address and port, in *from: a sockaddr_in or a sockaddr_in6, as *len says after the
 * call. Only the handler itself may call it, while it runs. -ESTALE: another thread called it, or
 * another request's handler; -EMSGSIZE: *len is less than the address takes.
 */
struct sockaddr;
int shunt_client(const struct shunt_req *req, struct sockaddr *from, unsigned int *len);

/* Counts since the domain was made; those of all its workers. */
struct shunt_stats {
	size_t sz;           /* set by the caller */
	unsigned int cores;
	uint64_t replied[16], noreply[16]; /* a class */
	/* all cores */
	uint64_t busy_ns, kicks, unfed, healed, send_fail, bad_frame, lost_race, slept;
};
int shunt_get_stats(const struct shunt *s, struct shunt_stats *out);

/* An actor of the load ('actors' of the configuration). -ENOENT: there are not so many. */
struct shunt_actor_info {
	size_t sz;       /* set by the caller */
	uint32_t id;
	uint32_t here;   /* 1: its place is this process's domain */
	char name[16], kind[16];
};
int shunt_get_actor(const struct shunt *s, unsigned int nr, struct shunt_actor_info *out);

const char *shunt_class_name(const struct shunt *s, unsigned int cls); /* "" if not configured */
const char *shunt_error(const struct shunt *s);  /* the last error, in words */
const char *shunt_strerror(int err);             /* -errno in words, with what to do about it */
const char *shunt_version(void);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

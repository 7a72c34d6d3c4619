/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * actor.h - writing a worker of actors: state that is found by id, and handlers that have it to
 * themselves
 *
 *   struct count { uint64_t n; };
 *
 *   static long handle(struct shunt_actor *self, struct shunt_message *m)
 *   {
 *           struct count *c = shunt_actor_state(self);
 *
 *           c->n++;
 *           ...
 *   }
 *
 *   static const struct shunt_actor_kind counter = {
 *           .name = "counter", .version = 1, .state = sizeof(struct count), .handle = handle };
 *   static const struct shunt_actor_kind *const kinds[] = { &counter, NULL };
 *   struct shunt_opts worker = { .sz = sizeof(worker), .ifname = "eth0" };
 *   struct shunt_actor_opts opts = { .sz = sizeof(opts), .worker = &worker, .kinds = kinds };
 *
 *   if (shunt_actor_serve(&opts))
 *           fprintf(stderr, "%s\n", shunt_actor_error());
 *
 * Requests come to actors by rules of the configuration ('actors'; man 8 shunt); messages come from
 * other actors of the place, which is this process's memory. An actor's handler runs once at a
 * time, whichever core has the message, and is not preempted. State and objects lie in the place's
 * memory, at offsets: types of a fixed width, no pointers.
 *
 * A process has one place at a time. Calls return 0 or -errno, unless they say otherwise.
 */
#pragma once

#if defined(SHUNT_ACTOR_ALONE) && !defined(SHUNT_KEEP_ERRNO)
#define SHUNT_KEEP_ERRNO
#endif
#include <shunt/shunt.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct shunt_actor; /* an actor, while its handler runs */

/* A message, while its handler runs. */
struct shunt_message {
	struct shunt_req *req; /* a request of a client; NULL: it is from an actor, or its timer */
	void *data;            /* a request's payload, over which the reply is written; or the bytes
				* that the sender gave */
	uint32_t len;
	uint32_t kind;         /* as the sender said; 0: a request */
	uint32_t from;         /* id of the sender; 0: a client */
	uint64_t cookie;       /* of shunt_tell_after() */
};

/* What a handler returns: for a request, the length of the reply in m->data, or SHUNT_NO_REPLY; for
 * a message, anything; and: */
#define SHUNT_LATER (-2L) /* run it again with this message, once others had their turn: a mailbox
			   * that it needs is full. A request for SHUNT_LATER_MS, then without a
			   * reply */
#define SHUNT_FORWARDED (-3L) /* as shunt_forward() returned it */

enum shunt_actor_kind_flags {
	SHUNT_ACTOR_KEEP = 1, /* the state stays as it is where the process died in the handler;
			       * without, such an actor begins anew */
};

struct shunt_actor_kind {
	const char *name;    /* at most 15 characters; rows name it */
	uint32_t version;    /* of the state's layout: an actor of another one is asleep */
	uint32_t state;      /* bytes, all 0 before init() */
	uint32_t memory;     /* of the actor, with its state and objects; 0: SHUNT_ACTOR_MEMORY */
	uint32_t flags;
	/* Before the first message; not 0: there will be none. arg is shunt_actor_create()'s; NULL
	 * for an actor that the configuration names, or that begins anew. It makes no actors. NULL:
	 * nothing is to be done. */
	int (*init)(struct shunt_actor *self, const void *arg, size_t len);
	long (*handle)(struct shunt_actor *self, struct shunt_message *m);
	/* The state is that of a process before this one. May be NULL. */
	void (*resumed)(struct shunt_actor *self);
};

#define SHUNT_ACTOR_MEMORY 65536u
#define SHUNT_MAILBOX 256    /* messages that wait for an actor, at most */
#define SHUNT_TELL_MAX 96    /* bytes of one */
#define SHUNT_TIMERS 8       /* of an actor */
#define SHUNT_LATER_MS 10

struct shunt_actor_opts {
	size_t sz;                       /* sizeof(struct shunt_actor_opts) */
	const struct shunt_opts *worker; /* as for shunt_open(); handler and arg are not used */
	const struct shunt_actor_kind *const *kinds; /* up to a NULL */
	const char *memory; /* file of the place's memory, which outlives the process (in
			     * /dev/shm, say), this user's, and not for others to write; NULL: it
			     * does not */
	size_t size;        /* bytes of it; one that has less grows. 0: those that it has, at first
			     * 64 MiB. Pages are taken as needed */
	void (*notice)(const char *text); /* told, in words, of actors that are asleep, that begin
					   * anew, and that are gone. May be NULL */
};

/* Serves until shunt_actor_stop(). The actors that the configuration has at this domain, of these
 * kinds, are there before the first request; so are those of another load, if the process lives
 * through 'shunt unload' and 'shunt load'. A row's actor is the one of its name. */
int shunt_actor_serve(const struct shunt_actor_opts *opts);
void shunt_actor_stop(void); /* safe in a signal handler */
const char *shunt_actor_error(void); /* the last error, in words */

/* --- for handlers ----------------------------------------------------------------------------- */

/* An id is one actor's for good, in other processes, too: it may be kept in states and objects. (A
 * slot has 65535 ids for the actors that come and go there, and then the first once more.) Calls
 * below take the id of req->actor, too, which is the configuration's: it may be another actor's
 * after another load. */
uint32_t shunt_actor_id(const struct shunt_actor *self);
void *shunt_actor_state(struct shunt_actor *self);
/* An actor's id by its name; 0: there is none. */
uint32_t shunt_actor_find(const char *name);
/* A new one: its id in *id. Of that name and kind, and asleep: it begins anew. -EEXIST: the name is
 * taken; -ENOSPC: 1024 actors, or no memory is left;
 * -ENOENT: no such kind; -EDEADLK: from init(); or what init() returned. */
int shunt_actor_create(const char *kind, const char *name, const void *arg, size_t len,
		       uint32_t *id);
/* Messages that wait for it are counted as lost. -ENOENT: there is no such actor (any more). One
 * that runs, the caller itself, say, ends when its handler has returned. */
int shunt_actor_delete(uint32_t id);

/* The data is copied. -EAGAIN: the mailbox is full; -ENOENT; -EMSGSIZE: more than SHUNT_TELL_MAX.
 * In each case the message is counted as refused. */
int shunt_tell(struct shunt_actor *self, uint32_t to, uint32_t kind, const void *data,
	       uint32_t len);
/* A message to itself after so many ns. -ENOSPC: SHUNT_TIMERS are set. */
int shunt_tell_after(struct shunt_actor *self, uint64_t ns, uint32_t kind, uint64_t cookie);
/* Hands the message on, and a request with its right to be answered: return shunt_forward(…). */
long shunt_forward(struct shunt_actor *self, struct shunt_message *m, uint32_t to);

/* Objects of the actor, by ids that hold wherever its memory is mapped. */
typedef uint32_t shunt_object; /* 0: none */
shunt_object shunt_object_alloc(struct shunt_actor *self, uint32_t bytes); /* 0: no room */
void shunt_object_free(struct shunt_actor *self, shunt_object id);
/* NULL: there is no such object, or it has fewer bytes. */
void *shunt_object_at(struct shunt_actor *self, shunt_object id, uint32_t bytes);

/* Counts of the place since its memory was made. */
struct shunt_actor_stats {
	size_t sz;          /* set by the caller */
	uint64_t told;      /* messages that were put into a mailbox: told = ran + lost + waiting */
	uint64_t ran;       /* that their handler has ended */
	uint64_t lost;      /* that were in mailboxes of deleted actors, or died with a process */
	uint64_t fired;     /* timers that handlers were run for */
	uint64_t refused;   /* shunt_tell(): full, nobody, too long */
	uint64_t requests;  /* requests that handlers were run for */
	uint64_t nobody;    /* requests for an actor that is not here */
	uint64_t later;     /* times that a handler said SHUNT_LATER */
	uint64_t given_up;  /* requests that said so for too long: no reply */
	uint64_t resets;    /* actors that began anew, as a process died in their handler */
	uint64_t gone;      /* actors that were lost, as their memory was damaged, or init() failed
			     * where one had to begin anew */
	uint64_t asleep;    /* actors that are asleep now */
};
int shunt_actor_get_stats(struct shunt_actor_stats *out);

#pragma GCC visibility pop

#ifndef SHUNT_ACTOR_ALONE /* parts of the library, which are tested without libshunt */
/* As with libshunt-rpc: the guards of libshunt come before the C library. */
static int (*const shunt_actor_needs_libshunt)(struct shunt *) __attribute__((used)) = shunt_run;
#endif

#ifdef __cplusplus
}
#endif

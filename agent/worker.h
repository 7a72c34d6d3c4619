/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * worker.h - the process that serves a domain: it comes, works, says goodbye or dies
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <shunt/abi.h>

#include "suspect.h"

struct domain;

/* A worker, and what it has in common with the children that it made. */
struct kin {
	__u32 pid, user; /* user: + 1; 0: not known */
	__u64 began; /* clock ticks after the boot; 0: not known */
	__s32 session;
	char name[SHUNT_NAME_LEN];
};

struct worker {
	int process;                /* its pidfd, the store's; -1: none */
	void *peer;                 /* its connection (broker.c); NULL: there is none */
	__u64 absent_ns;            /* since when there is no connection */
	bool hung_up;               /* it was the worker that ended it */
	bool reported;              /* the operator knows that it hung
				     * up, or lives after its goodbye */
	bool killed;
	bool spared;                /* it has other rights than its user's
				     * (worker_may_be_signalled) */
	bool reclaimed;             /* DOMAIN_LEFT: what it had is taken
				     * back, and it may come again at once */
	__u64 left_ns;              /* DOMAIN_LEFT: since when */
	__u64 ended_ns;             /* when the end of its process was seen; 0: it lives */
	__u64 up;                   /* cores that the worker said are up, with those that hang */
	__u64 hung;
	__u64 beat[SHUNT_CORES];    /* last beat seen */
	__u64 beat_ns[SHUNT_CORES]; /* when the beat moved */
	__u32 user;                 /* the worker's user, + 1; 0: not known */
	struct kin kin;             /* of the last one, too (holders.c) */
	struct suspect suspect;     /* what speaks against the policy */
};

/* The domain is free and pidfd (taken over, even on failure) becomes its worker's. */
int worker_attach(struct domain *d, __u32 pid, uid_t uid, int pidfd, __u32 cores);
/* The former worker comes again after a goodbye. False: the domain is not reclaimed yet. */
bool worker_may_return(struct domain *d, __u64 now_ns);
/* The worker was given nothing after all; had: it was before, and has said goodbye. */
void worker_unwelcome(struct domain *d, bool had, __u64 now_ns);
/* The worker's connection is there (again); kin: as it was before its welcome. */
void worker_here(struct domain *d, void *peer, const struct kin *kin);
void worker_up(struct domain *d, __u32 core, __u64 now_ns);
void worker_down(struct domain *d, __u32 core);
/* The worker said BYE: its rings are drained and unmapped.
 * Until its process has ended, no other process gets them. */
void worker_bye(struct domain *d, __u64 now_ns);
/* The worker's connection ended without a BYE. */
void worker_hung_up(struct domain *d, __u64 now_ns);
/* Has the worker the rights of its user and no others? Else it is let alone, and the
 * operator told: it may have become a set-user-ID program, which its user could not signal. */
bool worker_may_be_signalled(struct domain *d);
/* Looks whether the worker lives and works. */
void worker_check(struct domain *d, __u64 now_ns);

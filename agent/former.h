/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * former.h - the worker that had the rings of before: the
 * queue is in use until it has let go of them
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

struct agent;
struct domain;
struct why;

struct former {
	__u32 pid;       /* the process that may hold former rings, as far as we know; 0: none */
	int process;     /* its pidfd, ours; -1: not known */
	__u32 user;      /* whose it is, + 1; 0: not known */
	bool left;       /* and it had said goodbye */
	bool killed;
	bool spared;     /* see struct worker */
	__u64 since_ns;  /* since when new rings are waited for */
	bool busy;       /* the queue may be in use: it was, and was not seen free since */
	__u64 sought_ns; /* when a child of it that may hold rings was last looked for */
	long sought_at;  /* where in /proc to go on; 0: at the beginning */
	bool sought;     /* all processes were looked at */
	__u32 holder;    /* the child that was found; 0: none */
};

/* Remembers it; pidfd is copied. user: whose it is, + 1; left: it had said goodbye. */
void former_is(struct domain *d, int pidfd, __u32 user, bool left);
void former_forget(struct domain *d);
/* May new rings be made? Not while the former worker may
 * still end requests of the old ones: counts would be wrong. */
bool former_is_gone(const struct domain *d, __u64 now_ns);
/* Kills a former worker that was told to leave, has not,
 * and keeps the queue from others: after drain_ms. */
void former_end(struct domain *d, __u32 drain_ms, __u64 now_ns);
/* The queue is in use: by whom, as far as we know, and what
 * helps. Nothing as long as the process may yet be found. */
void former_explain(const struct agent *a, struct domain *d, struct why *why);

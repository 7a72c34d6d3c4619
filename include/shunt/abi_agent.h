/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * abi_agent.h - what the agent knows, and what it asks
 */
#pragma once

#include <shunt/abi_base.h>

/* The agent's counts and measurements. Pinned as "agent",
 * one value a domain. Written by the agent alone. */
struct shunt_agent_class {
	__u64 lost;       /* requests that died with a worker */
	__u64 replied;    /* replies that a dead worker had sent but not yet counted */
	__u64 refused;    /* redirects that the hold ring refused */
	__u64 expired;    /* waited too long in rings while no worker served */
	__u32 rate;       /* requests ended a second (EWMA) */
	__u32 mean_ns;    /* service time: EWMA of the mean; 0 = not measured yet */
	__u32 sigma_ns;   /* and of the standard deviation */
	__u32 tail_ns;    /* mean + 3 sigma */
	__u64 age_ns;     /* CLOCK_MONOTONIC of the last sample; 0 = none */
	__u32 late_rate;  /* of "rate": requests that ended after their objective (EWMA) */
	__u32 pad;
};
SHUNT_ASSERT(sizeof(struct shunt_agent_class) == SHUNT_LINE, "agent class");

struct shunt_agent_core {
	__u32 load;       /* busy share of time, 1/1000 (EWMA) */
	__u32 hung;       /* times it was found silent */
	__u64 refused;    /* redirects that its ring refused */
};

struct shunt_agent {
	__u64 beat_ns;    /* CLOCK_MONOTONIC of the agent's last turn */
	__u64 workers;    /* worker processes that came */
	__u64 deaths;     /* that died without leave */
	__u64 bad_peers;  /* connections dropped for a bad message, or for their user */
	__u64 frames;     /* of the UMEM; 0 = none made yet */
	__u64 recovered;  /* frames put back after deaths */
	__u32 pid;        /* agent */
	__u32 worker_pid; /* 0: none attached */
	__u64 no_frame;   /* arrivals that found the fill ring empty */
	__u64 marks;      /* running requests that the agent told to yield */
	__u64 signals;    /* running requests that the agent sent a
			   * signal, as no safepoint heeded the mark */
	__u64 published;    /* messages with loads to a card (nfp.h) */
	__u64 publish_failed; /* messages to the card that were refused */
	__u64 publish_equal; /* times that publishing fell behind
			      * and equal loads were sent instead */
	__u32 publish_age_ns; /* how old loads are when the next ones come (EWMA) */
	__u32 message_ns;   /* a message to the card (EWMA) */
	__u64 put_back;   /* sockets that were missing in xsks, and were put there again */
	__u64 policy_stalls; /* times that a policy was put out of
			      * force as a core did not come out of it */
	__u64 policy_faults; /* times that a policy was put out of force as the worker died in it */
	__u32 worker_user;  /* of the worker, + 1; 0: none attached */
	__u32 view_user;    /* whose workers have had the view, + 1; 0: nobody's */
	__u64 plans;        /* times that the policy's plan() was called */
	__u64 plans_refused; /* times that plan() could not run, or its generation was over */
	__u64 cpu_ns;     /* CPU time of its process, until the last second */
	__u64 turns;      /* of its loop until then: times that it woke */
	__u64 woken;      /* times that XDP woke it */
	__u32 cpu_ppm;    /* millionths of a CPU that it took in the last second */
	__u32 turns_100s; /* turns of its loop in 100 s, as many as in the last second */
	__u64 zero_copy;    /* bit k: the sockets of its k-th queue work without copying */
	__u64 need_wakeup;  /* bit k: and its driver says when it wants to be woken */
	__u64 pad[6];
	struct shunt_agent_class cls[SHUNT_CLASSES];
	struct shunt_agent_core core[SHUNT_CORES];
};
SHUNT_ASSERT(sizeof(struct shunt_agent) % SHUNT_LINE == 0, "agent");

/* The agent's request to the program pinned as
 * "sig_aim": the thread that XDP signals on this core. */
struct shunt_aim {
	__u32 domain;
	__u32 core;
	__u32 worker; /* process; in the agent's own numbers, as tid is */
	__u32 tid;    /* one of its threads; 0: nobody */
	__u32 signal;
	__u32 pad;
};

/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * abi_policy.h - a policy as it is loaded, and what it is asked about
 */
#pragma once

#include <shunt/abi_base.h>
#include <shunt/policy_ops.h>

/*
 * A policy as loaded: its descriptor (from the object's section SHUNT_POLICY_SEC) and the native
 * code for workers (from SHUNT_NATIVE_SEC, an ELF shared object that needs nothing).
 * Pinned as "policy", two values: slot cfg.policy_gen & 1 is live; the other has the policy of
 * before, which the agent can put in force again, until the next switch writes it. Written by the
 * loader, gen and put_back by the agent, too, each with the lock of the interface's directory. The
 * XDP program of slot i is pinned as "prog<i>".
 */
#define SHUNT_POLICY_SEC ".shunt.policy"
#define SHUNT_NATIVE_SEC ".shunt.native"
#define SHUNT_NIC_SEC ".shunt.nic" /* a whole BPF object: the same policy
				    * for a NIC that schedules (nic.h) */
#define SHUNT_NATIVE_MAX 65280

enum shunt_policy_flags {
	SHUNT_NEEDS_FLOW = 1,    /* event.flow_hash at steer */
	SHUNT_NEEDS_KEY = 2,     /* event.key_hash at steer */
	SHUNT_NEEDS_RANDOM = 4,  /* event.random at steer */
	SHUNT_NEEDS_NOW = 8,     /* event.now_ns at steer (33 ns more for each request) */
	SHUNT_NEEDS_HEADS = 16,  /* shunt_head_ns, shunt_queued_ns at select */
	SHUNT_IDLE_ONLY = 32,    /* steers to idle cores only: if one is taken meanwhile, hold */
	SHUNT_STEALS = 64,       /* a core with nothing to do takes from other cores' rings */
	SHUNT_PREEMPTS = 128,    /* wants requests preempted when their quantum is used up */
	SHUNT_NEEDS_HINT = 256, /* event.hint at steer */
	SHUNT_TAKES_ANY = 512,   /* select names a class whenever one waits, asked to yield or not,
				  * and changes nothing: it is not asked where only one waits */
};

struct shunt_policy_desc {
	__u32 abi;
	__u32 flags;  /* enum shunt_policy_flags */
	char name[SHUNT_NAME_LEN];
	char text[SHUNT_TEXT_LEN];
	__u64 pad;
};
SHUNT_ASSERT(sizeof(struct shunt_policy_desc) == 128, "policy descriptor");

struct shunt_policy_slot {
	__u64 gen;
	__u32 prog_id;    /* of the XDP program that goes with it */
	__u32 native_len;
	struct shunt_policy_desc desc;
	__u64 put_back; /* the generation that it was put in force in
			 * place of, by the agent; 0: by the loader */
	__u32 slot_at;  /* where the agent writes the slot's number into native code; 0: nowhere */
	__u32 plan_id;  /* of the program that calls plan(), pinned as "plan<i>"; 0: none */
	__u8 pad[96];
	__u8 native[SHUNT_NATIVE_MAX];
};
SHUNT_ASSERT(sizeof(struct shunt_policy_slot) == 65536, "policy slot");

/*
 * Policies that were put out of force: shunt refuses to put one in force again without --force.
 * Pinned as "put_out". An entry is written by the agent, which replaces the oldest, and cleared by
 * the loader, each with the lock of the interface's directory.
 */
#define SHUNT_REFUSED 8

enum shunt_refusal {
	SHUNT_REFUSED_STALL = 1, /* a core did not come out of it for hang_ms */
	SHUNT_REFUSED_FAULT,     /* a worker died in it */
};

struct shunt_refused {
	__u64 hash;   /* shunt_code_hash() of its native code; 0: the entry is free */
	__u64 gen;    /* as which it was in force */
	__u64 time_s; /* since 1970 */
	char name[SHUNT_NAME_LEN];
	__u32 why;    /* enum shunt_refusal */
	__u32 op;     /* enum shunt_ask_op: in which function */
	__u16 domain, core;
	__u32 pid;    /* worker */
	__u32 signal; /* that it died of; 0: not known, or it lives */
	__u32 pad;
};
SHUNT_ASSERT(sizeof(struct shunt_refused) == SHUNT_LINE, "refused");

/* The question to a policy: time and randomness come in from outside,
 * so equal inputs give equal answers in every place a policy runs. */
#define SHUNT_NONE 255

/* Two bytes at the port's key: a core that a reply named,
 * and when (bits of an epoch that the operator counts). */
#define SHUNT_HINT(core, epoch) ((__u16)((core) | (epoch) << 8))

struct shunt_event {
	__u64 now_ns;
	__u64 run_ns;     /* select, asked to yield: arrival of the running
			   * request; requeue, done: of the request */
	__u32 random;
	__u32 flow_hash;
	__u32 key_hash;
	__u16 waiting;    /* select: classes that have something to take, one bit each */
	__u8 cls;         /* steer, requeue, done: class of the request */
	__u8 core;        /* select, requeue, done: the core that asks */
	__u8 run_cls;     /* select, asked to yield: class of the
			   * running request; else SHUNT_NONE */
	__u8 steered;     /* done: core that the request was steered to; SHUNT_NONE: it was held */
	__u16 hint;       /* steer: SHUNT_HINT(core, epoch) as the client
			   * echoes it; SHUNT_NONE: it sent none */
	__u32 service_ns; /* done */
};
SHUNT_ASSERT(sizeof(struct shunt_event) == 40, "event");

/* The program "shunt_planner" calls plan() and puts what it wrote in force: 0; 1: "use" is of
 * another generation. */
struct shunt_plan_ask {
	__u64 gen;    /* in: the generation that the caller takes for live */
	__u32 domain; /* in: the domain whose plan it is */
	__u32 pad;
	struct shunt_event ev; /* in */
};

/* The program "shunt_ask" runs one function of the policy
 * on a recorded view (BPF_PROG_TEST_RUN). */
struct shunt_ask {
	__u32 op;      /* in: enum shunt_ask_op */
	__u32 domain;  /* in: whose view */
	__s32 answer;  /* out */
	__u32 pad;
	struct shunt_event ev; /* in */
};

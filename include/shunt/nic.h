/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * nic.h - the maps of the NIC's XDP program (wire transport), beside those of abi.h
 *
 * Writers: "XDP" is the program on the NIC's port, which runs on one CPU at a time; "agent" is
 * shuntd on the NIC; "loader" is the shunt command. Each value has one writer. The agent asks for
 * changes of the state in the map "nic_cmd", and XDP makes them with the next frame: so there are
 * no locks.
 */
#pragma once

#include <shunt/wire.h>

#define SHUNT_NIC_GROUPS 4     /* worker processes (hosts) that a NIC feeds: tokens of one each */
#define SHUNT_NIC_SLOTS 1024   /* unless set; slot 0 is none */
#define SHUNT_NIC_FRAME 1536   /* bytes of a slot, unless set */
#define SHUNT_NIC_RESERVE 64   /* slots that requests leave to tokens */

/* Pinned as "nic_cfg", one value. Written by the loader. */
enum shunt_nic_flags {
	SHUNT_NIC_KEEP = 1, /* keep a copy of steered requests, too, until they are taken */
};

struct shunt_nic_cfg {
	__u32 flags;      /* enum shunt_nic_flags */
	__u32 k;          /* outstanding requests a core; 0: SHUNT_WIRE_K */
	__u32 slots;      /* entries of nic_slots in use; 0: all but none */
	__u32 late_ns;    /* a request sent longer ago than this and not taken is skipped */
	__u16 credit;     /* bytes that a credit must have; 0: any */
	__u8 mac[6];      /* of the NIC's port: the source of its frames */
	__u32 actors;     /* digest of names and kinds; 0: there are no actors */
	__u32 pad;
};
SHUNT_ASSERT(sizeof(struct shunt_nic_cfg) == 32, "nic cfg");

/* A core as configured. Pinned as "nic_ports", one value a core. Written by the loader, before
 * there is an agent; then by the agent. */
struct shunt_nic_port {
	__u64 cookie;     /* for its next epoch; fresh: not equal to the one in use */
	__u8 mac[6];      /* of its virtual function */
	__u8 group;       /* below SHUNT_NIC_GROUPS */
	__u8 on;
	struct shunt_key key; /* the host's: proves HELLOs, and the answers to them */
};
SHUNT_ASSERT(sizeof(struct shunt_nic_port) == 32, "nic port");

/* The agent's requests to XDP, and values that it measured. Pinned
 * as "nic_cmd", one value. Of a request, "nr" is written last. */
enum shunt_nic_op {
	SHUNT_NIC_OFF = 1, /* end the core's epoch: it is silent */
	SHUNT_NIC_FENCED,  /* the same, and its host vouches that it takes nothing more: requeue */
};

struct shunt_nic_cmd {
	__u64 nr;         /* done when nic.cmd is equal */
	__u32 op;
	__u32 core;
	__u32 varied;     /* classes whose service times vary more than an
			   * exponential distribution's, one bit each */
	__u32 pad;
};

/* A slot. Array "nic_slots"; the bytes of a request are in "nic_data" under the same number. */
enum shunt_nic_slot_state { SHUNT_SLOT_FREE, SHUNT_SLOT_QUEUED, SHUNT_SLOT_LENT };

struct shunt_nic_slot {
	__u32 next;       /* in its queue, or in the list of free ones; 0: the last */
	__u16 len;        /* bytes of the packet; 0: a token */
	__u8 cls;
	__u8 queue;       /* 0: requests; g + 1: tokens of group g */
	__u64 first_ns;   /* arrival at the NIC */
	__u64 queue_ns;   /* when it came into its queue; HEAD keeps it */
	__u64 token;
	__u16 payload, payload_len;
	__u8 flags;       /* enum shunt_meta_flags */
	__u8 state;       /* enum shunt_nic_slot_state */
	__u8 as;          /* class that it is queued as: cls, or the one it was demoted to */
	__u8 steered;     /* core that it was steered to when it arrived; SHUNT_NONE: it was held */
	__u32 quanta;     /* used up as one of that class */
	__u16 actor;      /* its actor's row, + 1, and maybe SHUNT_NIC_EXCLUSIVE; 0: it has none */
	__u16 pad;
};
SHUNT_ASSERT(sizeof(struct shunt_nic_slot) == 48, "nic slot");

/* A request, or token, that was sent to a core. */
enum shunt_nic_out_state {
	SHUNT_OUT_NONE,
	SHUNT_OUT_SENT,   /* the core has not said yet whether it took it */
	SHUNT_OUT_TAKEN,
	SHUNT_OUT_PARKED, /* its token is queued; the core may not know */
};

struct shunt_nic_out {
	__u64 id;
	__u64 first_ns;
	__u32 seq;
	__u32 slot;       /* copy that is kept until it is taken; 0: there is none */
	__u8 state;
	__u8 cls;
	__u8 as;          /* this and what follows as in struct shunt_nic_slot */
	__u8 steered;
	__u16 quanta;     /* or as many as that are at least */
	__u16 actor;
};
SHUNT_ASSERT(sizeof(struct shunt_nic_out) == 32, "nic out");

/* The last credit's sums of a class, in this epoch. */
struct shunt_nic_said {
	__u64 service_ns;
	__u64 service_sq;
	__u32 timed;
	__u32 sent;       /* the core's last number at that time: no more
			   * can have ended since than were sent since */
};
SHUNT_ASSERT(sizeof(struct shunt_nic_said) == 24, "nic said");

/* A core as it stands. Pinned as "nic_cores", one value a core, mmapable. Written by XDP. */
struct shunt_nic_core {
	__u64 cookie;     /* 0: no epoch, the core is off */
	__u64 nonce;      /* of the HELLO that began the epoch */
	__u64 process;
	__u32 epoch;      /* of the core so far: the next one is one more */
	__u32 load;       /* sent or taken, and not ended */
	__u32 sent;       /* last number sent */
	__u32 nr;         /* number of the last credit */
	__u32 high;       /* "high" of the last credit */
	__u32 run;
	__u32 group;
	__u32 leaving;    /* it said so: no more requests */
	__u64 run_id;     /* of the running request; 0: none, or unknown */
	__u64 run_ns;     /* since when, as far as the NIC can tell */
	__u32 run_cls;
	__u32 done;       /* as the last credit said, in this epoch */
	__u64 sent_ns;    /* of the last number, or when the epoch began */
	__u64 heard_ns;   /* last HELLO or CREDIT that was right */
	__u64 busy_ns;    /* as the last credit said, in this epoch */
	__u64 credits;    /* that were right */
	__u64 told;       /* run_id that a PREEMPT was sent for on an arrival */
	__u32 found;      /* as the last credit said, in this epoch */
	__u32 found_late;
	__u64 ended_ns;   /* mean service time of the requests whose
			   * end the last credit newly told; 0: none */
	__u32 ended_cls;  /* the class of those requests */
	__u32 granted;    /* as in a slot: the exclusive actor whose ticket it took last; 0: none */
	__u32 pad[12];
	struct shunt_nic_out out[SHUNT_WIRE_WINDOW];
	struct shunt_nic_said said[SHUNT_CLASSES];
};
SHUNT_ASSERT(sizeof(struct shunt_nic_core) % SHUNT_LINE == 0, "nic core");

struct shunt_nic_fifo {  /* the requests and tokens that are queued as one class */
	__u32 head, tail;  /* slots; 0: empty */
	__u32 count;
	__u32 pad;
	__u64 first_ns;    /* of the head */
	__u64 queue_ns;
};

/*
 * Per class, always, that it has and not that it is queued as: arrived = rejected + dropped +
 * passed (map "ingress") + expired (view.core[0])
 *   + done + lost + in its queues + sent or taken.
 */
struct shunt_nic_class {
	__u64 sent;       /* REQUESTs and RESUMEs */
	__u64 done;       /* ended, as the cores say */
	__u64 noreply;    /* of done: without a reply */
	__u64 lost;       /* of the wire, or of a core or process that is gone */
	__u64 requeued;   /* sent, not taken, and queued again */
	__u64 parked;     /* tokens queued */
	__u64 resumed;    /* tokens sent */
	__u64 kept;       /* steered requests of which a copy was kept */
	__u32 tokens[SHUNT_NIC_GROUPS]; /* of requests of this class that are
					 * queued, whatever they are queued as */
	__u32 pad[16 - SHUNT_NIC_GROUPS];
};
SHUNT_ASSERT(sizeof(struct shunt_nic_class) == 2 * SHUNT_LINE, "nic class");

/*
 * What became of an actor's requests at the NIC. Map "nic_actors", one value an actor, pinned.
 * Written by XDP. Per actor, always: arrived = rejected + dropped + passed (map "actor_in")
 *   + done + lost + expired + in queues + sent or taken.
 */
struct shunt_nic_actor {
	__u64 done;       /* ended, as the cores say */
	__u64 noreply;    /* of done: without a reply */
	__u64 lost;       /* of the wire, or of a core or process that is gone */
	__u64 expired;    /* waited too long */
	/* Of an exclusive actor. Its first request that waits is its ticket, in the queue of its
	 * class; the others wait here. */
	__u32 head, tail; /* slots; 0: none waits here */
	__u32 count;
	__u8 core;        /* that has it, + 1; 0: none has, or a request of it is parked */
	__u8 out;         /* its requests that were sent and have not ended */
	__u8 grant;       /* how many more its core may have by the ticket that it took */
	__u8 ticket;      /* 1: there is one */
	__u32 last;       /* the core that had it last, + 1; 0: none yet */
	__u32 moved;      /* times that it was another core than before */
	__u64 pad;
} __shunt_line;
SHUNT_ASSERT(sizeof(struct shunt_nic_actor) == SHUNT_LINE, "nic actor");

/* In "actor" of a slot and of what was sent, beside the row: it is one of those that the exclusive
 * actor's "out" counts, whatever its row says by now. */
#define SHUNT_NIC_EXCLUSIVE 0x8000
SHUNT_ASSERT(SHUNT_ACTORS < SHUNT_NIC_EXCLUSIVE, "rows leave that bit free");

enum shunt_nic_event {
	SHUNT_NIC_EV_SHORT,      /* control frame shorter than its type */
	SHUNT_NIC_EV_VERSION,
	SHUNT_NIC_EV_TYPE,       /* no type that a core sends */
	SHUNT_NIC_EV_CORE,       /* no such core, or not from its MAC */
	SHUNT_NIC_EV_KEY,        /* HELLO without a proof of the core's key */
	SHUNT_NIC_EV_OLDER,      /* HELLO that knows the life, but is not for the
				  * next epoch or process, or is of another life */
	SHUNT_NIC_EV_COOKIE,     /* right epoch, wrong cookie: forged */
	SHUNT_NIC_EV_EPOCH,      /* another epoch: late */
	SHUNT_NIC_EV_OLD,        /* credit that is not newer than the last: duplicate or late */
	SHUNT_NIC_EV_BAD,        /* credit with impossible values */
	SHUNT_NIC_EV_TOKEN,      /* token of a request that the core does not have */
	SHUNT_NIC_EV_NO_SLOT,    /* neither request nor token could be queued */
	SHUNT_NIC_EV_NO_ROOM,    /* frame could not be made long enough */
	SHUNT_NIC_EV_LONG,       /* request longer than a slot */
	SHUNT_NIC_EV_WINDOW,     /* core below k, but its window is used up */
	SHUNT_NIC_EV_HELLO,      /* epochs begun */
	SHUNT_NIC_EV_SKIP,       /* NOTEs to skip requests that are late */
	SHUNT_NIC_EV_NOTE,       /* NOTEs that acknowledge a token */
	SHUNT_NIC_EV_OFF,        /* epochs ended */
	SHUNT_NIC_EV_BAD_SELECT, /* policy named a class that does not wait */
	SHUNT_NIC_EV_NEEDLESS,   /* a request was preempted, and nothing
				  * waited that could go on instead */
	SHUNT_NIC_EV_SERVICE,    /* service times, or waits beside an idle
				  * core, that cannot be: left out */
	SHUNT_NIC_EV_ACTORS,     /* HELLO of a host with other actors */
	SHUNT_NIC_NR_EV,
};

/* The scheduler's state. Pinned as "nic", one value, mmapable. Written by XDP. */
struct shunt_nic {
	__u32 free;       /* first free slot that was used before */
	__u32 nfree;      /* how many free slots were used before */
	__u32 fresh;      /* slots used so far: the rest are free, too */
	__u32 queued;     /* slots in queues */
	__u64 cmd;        /* nr of the last command done */
	__u64 id;         /* of the last sending */
	__u32 waiting[1 + SHUNT_NIC_GROUPS]; /* classes with something in
					      * this queue, one bit each */
	__u32 life;       /* at random, at the first HELLO */
	__u32 stranger;   /* core * 256 + version of the last HELLO
			   * of another version; 0: there was none */
	__u32 keyless;    /* core + 1 of the last HELLO without a proof; 0: there was none */
	__u32 gone;       /* where rules name actors: the first of the tokens of processes that
			   * are gone, of which each frame gives back some; 0: there are none */
	__u32 misfit;     /* core + 1 of the last HELLO with other actors; 0: there was none */
	__u64 process[SHUNT_NIC_GROUPS];     /* the process whose tokens
					      * are in the group's queues */
	__u64 level[SHUNT_WIRE_K_MAX + 1];   /* cores that are up, by load */
	__u64 ev[SHUNT_NIC_NR_EV];
	__u64 signalled;  /* tokens queued of requests that a signal stopped */
	__u64 serve_from_ns; /* set when a first core came up: requests
			      * that arrived earlier expire; 0: done */
	struct shunt_nic_fifo fifo[SHUNT_CLASSES][1 + SHUNT_NIC_GROUPS];
	__u32 behind[SHUNT_CLASSES]; /* requests of the class that wait behind actors' tickets */
	struct shunt_nic_class cls[SHUNT_CLASSES] __shunt_line;
};
SHUNT_ASSERT(sizeof(struct shunt_nic) % SHUNT_LINE == 0, "nic");

// SPDX-License-Identifier: BSD-2-Clause
/*
 * presets.c - what things cost in the systems of the literature, and in shunt
 */
#include "sim.h"

#define ROOM .ring = 1 << 20, .hold = 1 << 20, .nic_queue = 1 << 16
/* [I] iPipe (SIGCOMM '19), LiquidIOII CN2350 */
#define ACTORS { .actors = 8, \
	.drr_quantum_us = 9.8, /* [I] the headroom for 1024 bytes */ \
	.tail_us = 52.8,       /* [I] */ \
	.mean_us = 40, .hysteresis = 0.2, .mailbox = 64, .migrate_us = 1000, /* [a] */ \
	.forward_ns = 1870,    /* [I] Table 3: echo */ \
	.host_cores = 12,      /* [I] */ \
	.host_speed = 1.5, .host_ns = 1500 /* [a] */ }

/*
 * Where a number comes from: [S] Shinjuku (NSDI '19) at 2 GHz, [O] Shinjuku-Offload (HotNets '19),
 * [Z] ZygOS as [S] describes it, [m] measured on shunt's build machine, [a] assumed.
 */
const struct costs cost_presets[] = {
	{ .name = "ideal",
	  .policy = "fcfs",
	  .text = "nothing costs anything",
	  ROOM,
	  .actors = ACTORS },
	{
		.name = "shinjuku",
		.policy = "sq",
		.text = "Shinjuku: a dispatcher (5 M/s) and a networking thread, posted interrupts",
		.nic_ns = 200,    /* [S] 5 M requests a second and dispatcher */
		.deliver_ns = 53, /* [S] half of the round trip of 211 cycles */
		.feedback_ns = 53,
		.pop_ns = 0,
		.mark_ns = 391,  /* [S] 1993 cycles in all, less the receiver's 1212 */
		.yield_ns = 606, /* [S] 1212 cycles at the receiver */
		.switch_ns = 55, /* [S] 110 cycles */
		.start_ns = 55,
		.quantum_us = 5,
		.reserved = 2,
		.ring = 1024,
		.hold = 1 << 20,
		.nic_queue = 4096,
	},
	{
		.name = "shinjuku-offload",
		.policy = "jbsq",
		.text = "Shinjuku-Offload: dispatcher on the SmartNIC, 2.56 us each way, k "
			"outstanding",
		.transport = TRANSPORT_WIRE,
		/* [S], [O]: a scheduling core does 5 M requests a second */
		.nic_ns = 200,
		.credit_ns = 200,
		.deliver_ns = 2360,  /* [O] 2.56 us one way, making the packet included */
		.end_ns = 750,       /* of the core's 2.56 us, what keeps
				     * it busy: fitted to [O] Figure 3 */
		.feedback_ns = 1810, /* and the rest */
		.yield_ns = 636,     /* [O] a timer interrupt takes 1272 cycles */
		.switch_ns = 55,
		.quantum_us = 10,
		.marker = MARK_TIMER,
		.outstanding = 5,
		.ring = 1024,
		.hold = 1 << 20,
		.nic_queue = 4096,
	},
	{
		.name = "ix",
		.policy = "rss",
		.text = "IX: RSS to each core's own queue, run to completion",
		.start_ns = 100,
		ROOM, /* [a] */
	},
	{
		.name = "zygos",
		.policy = "steal",
		.text = "ZygOS: as IX, and idle cores steal, by interrupts",
		.start_ns = 250,
		/* [S] TCP costs up to 0.25 us more */
		/* Two interrupts: the home core looks at its queue for the thief, and sends the
		 * reply. [S] Table 1, the vanilla one of Dune: 2081 cycles for who sends it, 2662
		 * for who gets it. */
		.steal_ns = 2081,
		.steal_home_ns = 2662,
		ROOM,
	},
	{
		.name = "nanopu",
		.policy = "jbsq",
		.text = "nanoPU-like: JBSQ in hardware beside the cores",
		/* [a] */
		.nic_ns = 5,
		.deliver_ns = 20,
		.feedback_ns = 20,
		.start_ns = 10,
		.outstanding = 1,
		ROOM,
	},
	{
		.name = "shared",
		.policy = "mq",
		.text = "shunt, shared memory, as measured on its build machine",
		.nic_ns = 60,
		/* [m] steer 23, hold 56 ns over XDP_DROP, and the driver */
		.deliver_ns = 600, /* [m] XDP to the worker's ring: 0.56 to 0.9 us */
		.feedback_ns = 55, /* [m] a cache line */
		.start_ns = 60,    /* [a] pop and look at the request */
		.end_ns = 800,     /* [m] a reply's kick, with RPS */
		.pop_ns = 131,     /* [m] a pop across CPUs */
		.steal_ns = 131,
		.mark_ns = 55,
		.safepoint_ns = 10,
		.yield_ns = 70,
		.switch_ns = 30,
		.quantum_us = 5,
		.ring = 1024,
		.hold = 4096 - 64,
		.nic_queue = 4096,
	},
	{
		.name = "wire",
		.policy = "sq",
		.text = "shunt, wire: selection on a SmartNIC, credits, k = 2",
		.transport = TRANSPORT_WIRE,
		.nic_ns = 100,
		.credit_ns = 100,
		.deliver_ns = 2500,
		.feedback_ns = 2000,
		.start_ns = 60,
		.end_ns = 500,
		.mark_ns = 2600,
		.safepoint_ns = 10,
		.yield_ns = 70,
		.switch_ns = 30,
		.quantum_us = 10,
		.outstanding = 2,
		.ring = 1024,
		.hold = 4096,
		.nic_queue = 4096,
	},
	{
		.name = "nfp",
		.policy = "p2c",
		.text = "shunt on Netronome: loads that the host publishes",
		.transport = TRANSPORT_PUBLISHED,
		.deliver_ns = 1000,
		.publish_ns = 100000,
		.publish_delay_ns = 25000,
		.start_ns = 60,
		.end_ns = 500,
		.ring = 4096,
		.hold = 1 << 20,
		.nic_queue = 4096,
	},
	{
		.name = "stale",
		.policy = "p2c",
		.text = "nothing but loads every 100 us that are 25 us old",
		.transport = TRANSPORT_PUBLISHED,
		.publish_ns = 100000,
		.publish_delay_ns = 25000,
		ROOM,
	},
	/*
	 * [W] Wave (ASPLOS '25): what a switch between threads costs, asked for and prestaged, and
	 * a decision. Asked for, it takes the decision and the way there and back more: half each.
	 */
	{
		.name = "ghost",
		.policy = "fcfs",
		.text = "ghOSt: threads by an agent on a core of the host, decisions prestaged",
		.transport = TRANSPORT_PRESTAGED,
		.decide_ns = 770,   /* [W] */
		.start_ns = 2500,   /* [W] 2-3 us prestaged */
		.feedback_ns = 615, /* [W] 4-5 us asked for */
		.deliver_ns = 615,
		.stage = 1,
		.reserved = 1,
		.fallback = "none",
		ROOM,
	},
	{
		.name = "wave",
		.policy = "fcfs",
		.text = "Wave: threads by an agent on a SmartNIC, decisions prestaged and "
			"prefetched",
		.transport = TRANSPORT_PRESTAGED,
		.decide_ns = 426,    /* [W] */
		.start_ns = 3500,    /* [W] 3-4 us prestaged */
		.feedback_ns = 1287, /* [W] 6-7 us asked for */
		.deliver_ns = 1287,
		.stage = 1,
		.fallback = "none",
		ROOM,
	},
	{
		.name = "ipipe",
		.policy = "ipipe",
		.text = "iPipe: actors on a SmartNIC's cores and a host's, FCFS and DRR",
		ROOM,
		.actors = ACTORS,
	},
};
const int ncost_presets = sizeof(cost_presets) / sizeof(cost_presets[0]);

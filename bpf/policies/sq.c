// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * sq - one queue for all cores; a request that used up its
 * quantum goes to its tail (Shinjuku single queue)
 *
 * Like fcfs, but a request that ran for its class's quantum while others wait makes room and queues
 * again: with short quanta this comes close to processor sharing. The best choice when service
 * times vary much and are not known. Where all service times are alike, fcfs is better.
 */
#include <shunt/policy.h>

SHUNT_POLICY("sq", SHUNT_IDLE_ONLY | SHUNT_NEEDS_HEADS | SHUNT_TAKES_ANY | SHUNT_PREEMPTS,
	     "one queue, preempted requests to its tail (Shinjuku single queue)");

static int steer(shunt_view *v, shunt_event *ev)
{
	__u64 idle = shunt_idle(v);

	return idle ? shunt_first(idle) : SHUNT_HOLD;
}

static int select(shunt_view *v, shunt_event *ev)
{
	return shunt_oldest(v, ev);
}

#define SHUNT_HAS_REQUEUE
static int requeue(shunt_view *v, shunt_event *ev)
{
	return SHUNT_TAIL;
}

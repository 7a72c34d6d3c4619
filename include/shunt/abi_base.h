/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * abi_base.h - how much there is of everything, and what the other parts of the ABI are written in
 */
#pragma once

#include <linux/types.h>

#define SHUNT_CLASSES 16   /* kinds of request an interface can tell apart */
#define SHUNT_CORES 64     /* worker cores of one domain: one word of idle bits */
#define SHUNT_DOMAINS 16   /* domains of one interface */
#define SHUNT_QUEUES 128   /* its receive queues that shunt may serve: 0 to 127 */
#define SHUNT_RULES 256    /* rules of all ports together */
#define SHUNT_PORT_RULES 32 /* rules of one port */
#define SHUNT_KEY_MAX 32   /* bytes of a key that are hashed */
#define SHUNT_OFFSET_MAX 0xfff /* of a rule or a key in the payload */
#define SHUNT_KNOBS 16
#define SHUNT_STATES 16
#define SHUNT_CORE_STATES 8 /* and of each core: a line */
#define SHUNT_PLANS 64
#define SHUNT_POLICY_SLOTS 2 /* of generation g: g & 1 */
#define SHUNT_NAME_LEN 16
#define SHUNT_TEXT_LEN 96
#define SHUNT_SLO_MAX_US 10000000u
#define SHUNT_WORKERS 2    /* processes that may have one domain at a
			    * time: one that goes, and the next one */
#define SHUNT_PARKED 256   /* preempted requests that one domain may have at most */
#define SHUNT_LINE 64      /* bytes of a cache line: the unit of "one writer" */
#define SHUNT_SIGNAL 23     /* SIGURG, which processes ignore by default: stops a request without
			     * safepoints, unless the worker names another signal */
#define SHUNT_SIGNAL_MAX 64

/* Sockets of domain D in the map "xsks": D * SHUNT_SLOTS + core, or + SHUNT_HOLD_SLOT + class. */
#define SHUNT_HOLD_SLOT SHUNT_CORES
#define SHUNT_SLOTS (SHUNT_CORES + SHUNT_CLASSES)

/* Room that a hold limit leaves in its ring for the rest of a burst. */
#define SHUNT_RING_MARGIN 64

#define __shunt_line __attribute__((aligned(SHUNT_LINE)))

#ifdef __cplusplus
#define SHUNT_ASSERT(cond, text) static_assert(cond, text)
#else
#define SHUNT_ASSERT(cond, text) _Static_assert(cond, text)
#endif

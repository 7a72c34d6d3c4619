/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wire.h - a core's end of the link to a NIC that shares no memory with it (docs/wire.md)
 *
 * Written by the core's thread alone.
 */
#pragma once

#include <shunt/wire.h>

#include "broker.h"
#include "ring.h"

#define WIRE_REPEAT_NS 50000ULL    /* a CREDIT is said again after this (if it was
				    * lost, we idle so long), then ever more seldom */
#define WIRE_SILENT_NS 50000000ULL /* nothing heard of the NIC for so long:
				    * shuntd is to ask whether it is there */
#define WIRE_TODO 32 /* taken and not begun; the NIC has at most SHUNT_WIRE_WINDOW numbers open */

/* A number that was taken. */
struct wire_todo {
	uint32_t seq;
	bool resume;
	bool held;       /* it waited at the NIC */
	bool first;      /* it goes before the running request, once that used up its quantum */
	uint32_t len;    /* the packet's */
	uint64_t addr;   /* of the packet; RESUME: the token */
	uint64_t id;     /* of this sending: a PREEMPT names it */
};

/* A parked request that the NIC is not known to have queued. */
struct wire_park {
	uint32_t seq;
	bool by_signal;
	uint64_t token;
};

/* How long requests of a class took: as in struct shunt_core_class. */
struct wire_service {
	uint32_t timed;
	uint64_t ns, sq;
};

struct wire {
	uint8_t mac[6], nic[6];
	uint8_t number;      /* of the core, on the NIC */
	struct shunt_wire_epoch *shown; /* shared with shuntd and the virtual function's program */
	uint32_t asked;
	uint64_t heard;      /* WELCOMEs, as last seen */

	uint64_t cookie;     /* of the epoch; 0: there is none */
	uint32_t epoch, life;
	uint32_t k, credit;  /* requests at once; bytes of a CREDIT */
	uint32_t nr, high, taken, open, silent, run, done;
	uint64_t busy_ns;
	uint8_t cls;         /* of the request that ended last */
	struct wire_service service[SHUNT_CLASSES]; /* of the requests that ended in this epoch */
	uint64_t found, found_late; /* the core's counts when it began */

	struct wire_todo todo[WIRE_TODO];
	uint32_t head, tail; /* of todo, mod 2^32 */
	uint32_t nfirst;     /* of these, such as go first */
	struct wire_park parks[WIRE_TODO];
	uint32_t nparks;

	bool owed;           /* a CREDIT found no frame */
	bool leaving;        /* this core ends */
	bool left;           /* and the NIC knows */
	uint64_t heard_ns;   /* anything of the NIC, or when shuntd was asked whether it is there */
	uint64_t said_ns;    /* the last CREDIT */
	uint64_t repeat_ns;  /* it is said again after this */
	uint64_t leave_ns;   /* since when it is leaving */
};

/* The cores' part of the wire transport. */
struct wires {
	struct shunt_msg_wire msg;
	struct shunt_wire_epoch *epochs; /* the map: one for each core */
	struct wire core[SHUNT_CORES];
	uint64_t turn; /* makes tokens different; with the lock of the parked requests */
};

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ledger_inside.h - the parts of the ledger's world to each other
 */
#pragma once

#include <setjmp.h>

#include "hostlib/internal.h"
#include "ledger_world.h"

#define REGIONS 7
#define SOCK 1000 /* + core: what sendto() is called with */

/* ledger_world.c: processes share all but their own memory. */
extern struct shunt world_proc[SHUNT_WORKERS];
extern unsigned int world_nproc;
extern uint8_t world_slot_of[CORES];

struct core *world_core(unsigned int i);
/* What a core's thread does first. */
void world_start_core(unsigned int i);

/* What a life of the worker changes: of the first two all but the frames themselves decides what
 * comes next. */
enum { FRAMES_REGION, RINGS_REGION, VIEW_REGION, PROCESS_REGION /* two of each */ };
struct region {
	char *at, *saved, *tried; /* tried: as it is while it is tried what a death would mean */
	size_t len;
	bool state;
};
extern struct region world_region[REGIONS];

/* ledger_core.c: cores as contexts. */
struct actor {
	struct ctx *ctx;
	const char *script;
	bool done, blocked;
};
extern struct actor world_actor[CORES];

/* ledger_death.c: stores until the agent dies; 0: it does not. */
extern unsigned int world_agent_steps;
extern jmp_buf world_agent_end;

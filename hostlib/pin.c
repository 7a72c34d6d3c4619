// SPDX-License-Identifier: BSD-2-Clause
/*
 * pin.c - keeps a core's thread on its CPU
 *
 * When a CPU is taken offline the kernel moves the threads that are pinned to it to another one,
 * and leaves them there when the CPU is back.
 */
#include <errno.h>
#include <sched.h>

#include "internal.h"

int core_pin(struct core *c)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(c->s->cpu[c->id], &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

bool core_is_home(struct core *c)
{
	return sched_getcpu() == c->s->cpu[c->id] || !core_pin(c);
}

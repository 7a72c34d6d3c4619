// SPDX-License-Identifier: BSD-2-Clause
/*
 * nicd.c - shuntd on a NIC that schedules: what load.c and watch.c do where memory is shared
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "nic.h"
#include "nicd.h"

#define MEMORY_NS 1e9 /* after this, a sample counts for 1/e: as in load.c */

struct nicd {
	struct nic nic;
	__u64 at_ns;                 /* of the last tick; 0: there was none */
	__u64 busy[SHUNT_CORES];
	__u32 epoch[SHUNT_CORES];    /* that busy is of */
	double share[SHUNT_CORES];
	__u64 done[SHUNT_CLASSES];
	double rate[SHUNT_CLASSES];
	__u64 up;                    /* as last told */
};

int nicd_begin(struct agent *a, char *why, size_t len)
{
	int err;

	a->nicd = calloc(1, sizeof(*a->nicd));
	if (!a->nicd) {
		snprintf(why, len, "out of memory");
		return -ENOMEM;
	}
	err = nic_open(&a->nicd->nic, &a->pins, a->ifindex, a->maps.cfg.hang_ms, why, len);
	if (err) {
		free(a->nicd);
		a->nicd = NULL;
	}
	return err;
}

void nicd_end(struct agent *a)
{
	if (!a->nicd)
		return;
	nic_unload(&a->nicd->nic);
	free(a->nicd);
	a->nicd = NULL;
}

void nicd_watch(struct agent *a)
{
	const struct shunt_view *v = a->nicd->nic.view;
	bool on = a->maps.cfg.flags & SHUNT_CFG_PREEMPT;
	__u64 quantum_ns[SHUNT_CLASSES] = { 0 }, was = a->nicd->nic.preempts;

	for (int i = 0; on && i < SHUNT_CLASSES; i++)
		quantum_ns[i] = peek(v->quantum_us[i]) * 1000ULL;
	nic_tick(&a->nicd->nic, a->now_ns, quantum_ns);
	a->maps.agent[0].marks += a->nicd->nic.preempts - was;
	a->watch_ns = a->now_ns + (on && a->maps.cfg.watch_us ? a->maps.cfg.watch_us * 1000ULL :
				   a->opts.tick_ms * 1000000ULL);
}

static __u32 to_u32(double x)
{
	return x < 0 ? 0 : x > 4294967295.0 ? ~0u : (__u32)x;
}

/* Busy time as its credits said: one that runs for long says nothing meanwhile. */
static void core_tick(struct agent *a, __u32 i, double dt_ns, double keep)
{
	struct nicd *d = a->nicd;
	const volatile struct shunt_nic_core *c = &d->nic.core[i];
	__u64 busy = c->busy_ns;
	double more = c->epoch == d->epoch[i] ? (double)busy - (double)d->busy[i] : 0;
	double share = more < 0 ? 0 : more > dt_ns ? 1 : more / dt_ns;

	d->busy[i] = busy;
	d->epoch[i] = c->epoch;
	d->share[i] = d->share[i] * keep + share * (1 - keep);
	poke(a->maps.agent[0].core[i].load, to_u32(d->share[i] * 1000 + 0.5));
}

static void class_tick(struct agent *a, int i, double dt_ns, double keep)
{
	struct nicd *d = a->nicd;
	__u64 done = peek(d->nic.state->cls[i].done), more = done - d->done[i];

	d->done[i] = done;
	d->rate[i] = d->rate[i] * keep + more / dt_ns * 1e9 * (1 - keep);
	poke(a->maps.agent[0].cls[i].rate, to_u32(d->rate[i] + 0.5));
}

static void learn(struct nicd *d)
{
	for (int i = 0; i < SHUNT_CLASSES; i++)
		d->done[i] = peek(d->nic.state->cls[i].done);
	for (int i = 0; i < SHUNT_CORES; i++) {
		d->busy[i] = d->nic.core[i].busy_ns;
		d->epoch[i] = d->nic.core[i].epoch;
	}
}

static void tell_changes(struct agent *a)
{
	__u64 up = peek(a->nicd->nic.view->up), changed = up ^ a->nicd->up;

	for (int i = 0; i < SHUNT_CORES; i++) {
		if (changed >> i & 1)
			say(LOG_INFO, "core %d is %s", i, up >> i & 1 ? "up" : "off");
	}
	a->nicd->up = up;
	poke(a->maps.domains[0].up, up);
}

void nicd_tick(struct agent *a)
{
	struct nicd *d = a->nicd;
	double dt_ns = a->now_ns - d->at_ns, keep = exp(-dt_ns / MEMORY_NS);

	poke(a->maps.agent[0].beat_ns, a->now_ns);
	poke(a->maps.agent[0].pid, getpid());
	load_publish(a, 0, d->nic.view);
	tell_changes(a);
	if (!d->at_ns)
		learn(d);
	for (int i = 0; d->at_ns && i < SHUNT_CORES; i++)
		core_tick(a, i, dt_ns, keep);
	for (int i = 0; d->at_ns && i < SHUNT_CLASSES; i++)
		class_tick(a, i, dt_ns, keep);
	d->at_ns = a->now_ns;
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * nicd.c - shuntd on a NIC that schedules: what load.c and watch.c do where memory is shared
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "due.h"
#include "load.h"
#include "log.h"
#include "nic.h"
#include "nicd.h"
#include "plan.h"
#include "service.h"

#define COMPLAIN_NS 60000000000ULL /* between two lines on the same */

/* Something that the program counts, told once in a while. */
struct complaint {
	__u64 count;
	__u64 again_ns;
};

struct nicd {
	struct nic nic;
	__u64 at_ns;                 /* of the last tick; 0: there was none */
	__u64 busy[SHUNT_CORES];
	__u32 epoch[SHUNT_CORES];    /* that busy is of */
	double share[SHUNT_CORES];
	struct service cls[SHUNT_CLASSES];
	__u64 up;                    /* as last told */
	struct complaint strangers, keyless, misfits;
	struct planner planner;
};

int nicd_begin(struct agent *a, struct why *why)
{
	struct nicd *d = calloc(1, sizeof(*d));
	int err;

	if (!d)
		return why_fail(why, -ENOMEM, "out of memory");
	err = nic_open(&d->nic, &a->pins, a->ifindex, a->maps.cfg.hang_ms, why);
	planner_none(&d->planner);
	if (err)
		free(d);
	else
		a->own = d;
	return err;
}

void nicd_end(struct agent *a)
{
	struct nicd *d = a->own;

	planner_forget(&d->planner);
	nic_unload(&d->nic);
	free(d);
	a->own = NULL;
}

void nicd_watch(struct agent *a)
{
	struct nic *nic = &((struct nicd *)a->own)->nic;
	const struct shunt_view *v = nic->view;
	bool on = a->maps.cfg.flags & SHUNT_CFG_PREEMPT;
	__u64 quantum_ns[SHUNT_CLASSES] = { 0 }, was = nic->preempts;

	for (int i = 0; on && i < SHUNT_CLASSES; i++)
		quantum_ns[i] = peek(v->quantum_us[i]) * 1000ULL;
	nic_tick(nic, a->now_ns, quantum_ns);
	a->maps.agent[0].marks += nic->preempts - was;
	a->watch_ns = a->now_ns + (on && a->maps.cfg.watch_us ? a->maps.cfg.watch_us * 1000ULL :
				   DUE_SOON_NS);
}

/* Busy time as its credits said: one that runs for long says nothing meanwhile. */
static void core_tick(struct agent *a, __u32 i, double dt_ns, double keep)
{
	struct nicd *d = a->own;
	const volatile struct shunt_nic_core *c = &d->nic.core[i];
	__u64 busy = c->busy_ns;
	double more = c->epoch == d->epoch[i] ? (double)busy - (double)d->busy[i] : 0;
	double share = more < 0 ? 0 : more > dt_ns ? 1 : more / dt_ns;

	d->busy[i] = busy;
	d->epoch[i] = c->epoch;
	d->share[i] = d->share[i] * keep + share * (1 - keep);
	poke(a->maps.agent[0].core[i].load, to_u32(d->share[i] * 1000 + 0.5));
}

/* The sums of a class: the count of the NIC's program, and the times that cores report. */
static struct sums class_sums(const struct nicd *d, int i)
{
	struct sums s = service_sums(d->nic.view, SHUNT_CORES, i);

	s.ended = peek(d->nic.state->cls[i].done);
	return s;
}

static void learn(struct nicd *d)
{
	d->strangers.count = d->nic.state->ev[SHUNT_NIC_EV_VERSION];
	d->keyless.count = d->nic.state->ev[SHUNT_NIC_EV_KEY];
	d->misfits.count = d->nic.state->ev[SHUNT_NIC_EV_ACTORS];
	for (int i = 0; i < SHUNT_CLASSES; i++)
		d->cls[i].before = class_sums(d, i);
	for (int i = 0; i < SHUNT_CORES; i++) {
		d->busy[i] = d->nic.core[i].busy_ns;
		d->epoch[i] = d->nic.core[i].epoch;
	}
}

/* Classes within which turns pay. */
static void tell_varied(struct agent *a)
{
	struct nicd *d = a->own;
	__u32 varied = 0;

	for (int i = 0; i < SHUNT_CLASSES; i++)
		varied |= (__u32)service_varies(&a->maps.agent[0].cls[i]) << i;
	poke(d->nic.cmd->varied, varied);
}

/* Has the complaint been counted anew, and was it last told long ago? */
static bool is_news(struct agent *a, struct complaint *c, __u64 count)
{
	if (count == c->count || a->now_ns < c->again_ns)
		return false;
	c->count = count;
	c->again_ns = a->now_ns + COMPLAIN_NS;
	return true;
}

/* Logs the HELLOs that the NIC's program refused. */
static void tell_refusals(struct agent *a)
{
	struct nicd *d = a->own;
	const struct shunt_nic *n = d->nic.state;
	__u32 stranger = peek(n->stranger), core = (peek(n->keyless) - 1) % SHUNT_CORES;
	__u32 misfit = (peek(n->misfit) - 1) % SHUNT_CORES;

	if (is_news(a, &d->strangers, peek(n->ev[SHUNT_NIC_EV_VERSION])) && stranger)
		log_say(LOG_WARNING,
			"the host of core %u speaks version %u of the wire, and this NIC version "
			"%u: use one version of shunt on both", stranger >> 8, stranger & 0xff,
			SHUNT_WIRE);
	if (is_news(a, &d->keyless, peek(n->ev[SHUNT_NIC_EV_KEY])))
		log_say(LOG_WARNING,
			"a HELLO for core %u, of host %u, without a proof of that host's key: if "
			"it was not forged, give that host's shuntd with --key the key that 'wire' "
			"has here", core, d->nic.cores[core].group);
	if (is_news(a, &d->misfits, peek(n->ev[SHUNT_NIC_EV_ACTORS])))
		log_say(LOG_WARNING,
			"host %u, of core %u, has other actors than those that are loaded here: "
			"it is not served. Give its shuntd with --actors what 'shunt actor rows' "
			"prints here", d->nic.cores[misfit].group, misfit);
}

static void tell_changes(struct agent *a)
{
	struct nicd *d = a->own;
	__u64 up = peek(d->nic.view->up), changed = up ^ d->up;

	for (int i = 0; i < SHUNT_CORES; i++) {
		if (changed >> i & 1)
			log_say(LOG_INFO, "core %d is %s", i, up >> i & 1 ? "up" : "off");
	}
	d->up = up;
	poke(a->maps.domains[0].up, up);
}

/* Logs which cores were given up though they send. */
static void tell_deaf(struct agent *a)
{
	struct nic *nic = &((struct nicd *)a->own)->nic;

	for (int i = 0; nic->deaf; i++, nic->deaf >>= 1) {
		if (nic->deaf & 1)
			log_say(LOG_WARNING,
				"core %d sends credits, but takes nothing that is sent to it, so "
				"it is off: is there a shuntd on host %u? With the next one it "
				"serves again", i, nic->cores[i].group);
	}
}

static void plan(struct agent *a)
{
	struct nicd *d = a->own;
	__u64 ended = 0;

	for (int c = 0; c < SHUNT_CLASSES; c++)
		ended += d->cls[c].before.ended;
	planner_follow(&d->planner, a, peek(d->nic.view->policy_gen));
	planner_tick(&d->planner, a, 0, d->nic.view, ended);
}

bool nicd_plans(const struct agent *a)
{
	return ((struct nicd *)a->own)->planner.prog >= 0;
}

void nicd_tick(struct agent *a)
{
	struct nicd *d = a->own;
	double dt_ns = a->now_ns - d->at_ns, keep = exp(-dt_ns / MEMORY_NS);

	poke(a->maps.agent[0].beat_ns, a->now_ns);
	poke(a->maps.agent[0].pid, a->pid);
	load_publish(a, 0, d->nic.view);
	tell_changes(a);
	if (!d->at_ns)
		learn(d);
	tell_refusals(a);
	tell_deaf(a);
	for (int i = 0; d->at_ns && i < SHUNT_CORES; i++)
		core_tick(a, i, dt_ns, keep);
	for (int i = 0; d->at_ns && i < SHUNT_CLASSES; i++)
		service_tick(&d->cls[i], class_sums(d, i), dt_ns, a->now_ns,
			     &a->maps.agent[0].cls[i]);
	tell_varied(a);
	plan(a);
	d->at_ns = a->now_ns;
}

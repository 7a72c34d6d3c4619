// SPDX-License-Identifier: BSD-2-Clause
/*
 * wire_stats.c - what a NIC that schedules tells: requests
 * and tokens that wait, what its cores have, its events
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "count_names.h"
#include "maps.h"
#include "wire.h"

/* Ended, lost, waiting, parked, of each class. The view's
 * backlog counts tokens, too: it is set right. */
static void add_classes(struct sums *s, const struct shunt_nic *n)
{
	for (__u32 c = 0; c < SHUNT_CLASSES; c++) {
		struct class_sums *t = &s->cls[c];

		t->replied += n->cls[c].done - n->cls[c].noreply;
		t->noreply += n->cls[c].noreply;
		t->lost += n->cls[c].lost;
		t->waiting = n->fifo[c][0].count + n->behind[c];
		t->running = 0;
		for (int g = 1; g <= SHUNT_NIC_GROUPS; g++)
			t->parked += n->cls[c].tokens[g - 1];
		s->preempt.n.yielded[SHUNT_BY_SAFEPOINT] += n->cls[c].parked;
		s->preempt.n.resumed += n->cls[c].resumed;
		s->preempt.parked_held += t->parked;
	}
	s->preempt.n.yielded[SHUNT_BY_SIGNAL] += n->signalled;
	s->preempt.n.yielded[SHUNT_BY_SAFEPOINT] -= n->signalled;
}

static __u32 add_out(struct sums *s, const struct shunt_nic_core *core)
{
	__u32 n = 0;

	for (int i = 0; i < SHUNT_WIRE_WINDOW; i++) {
		const struct shunt_nic_out *o = &core->out[i];

		if (o->state != SHUNT_OUT_SENT && o->state != SHUNT_OUT_TAKEN)
			continue;
		n++;
		s->cls[o->cls % SHUNT_CLASSES].running++;
	}
	return n;
}

static json_t *core_json(const struct shunt_nic_port *port, const struct shunt_nic_core *core,
			 __u32 i, __u32 out)
{
	json_t *j = json_pack("{s:i, s:i, s:b, s:i, s:I, s:i}", "core", i, "host", port->group,
			      "up", core->cookie && !core->leaving, "epoch", (int)core->epoch,
			      "credits", (json_int_t)core->credits, "out", (int)out);

	if (core->cookie)
		json_object_set_new(j, "heard_ms", json_integer((clock_ns() > core->heard_ns ?
				    clock_ns() - core->heard_ns : 0) / 1000000));
	return j;
}

static int add_cores(struct ctl *ctl, struct sums *s, json_t *cores)
{
	s->on_cores = 0;
	for (__u32 i = 0; i < SHUNT_CORES; i++) {
		struct shunt_nic_core core;
		struct shunt_nic_port port;
		int err = map_get(ctl, "nic_ports", i, &port, sizeof(port));
		__u32 out;

		if (!err)
			err = map_get(ctl, "nic_cores", i, &core, sizeof(core));
		if (err)
			return err;
		if (!port.on)
			continue;
		out = add_out(s, &core);
		s->on_cores += out;
		json_array_append_new(cores, core_json(&port, &core, i, out));
	}
	return 0;
}

/* The scheduler's state at one moment, as far as its parts
 * can tell: read again until nothing moved. */
int wire_add_sums(struct ctl *ctl, struct sums *s)
{
	struct shunt_nic *n = aligned_alloc(SHUNT_LINE, sizeof(*n));
	json_t *cores = json_array(), *events = json_object(), *hosts = NULL;
	struct shunt_nic_cfg cfg;
	int err = n ? map_get(ctl, "nic", 0, n, sizeof(*n)) : fail(ctl, -ENOMEM, "no memory");

	if (!err)
		err = map_get(ctl, "nic_cfg", 0, &cfg, sizeof(cfg));
	if (!err) {
		add_classes(s, n);
		err = add_cores(ctl, s, cores);
	}
	if (!err) {
		hosts = wire_hosts(ctl);
		err = hosts ? 0 : -EIO;
	}
	for (int i = 0; !err && i < SHUNT_NIC_NR_EV; i++)
		json_object_set_new(events, nic_event_name(i), json_integer(n->ev[i]));
	if (!err)
		s->wire = json_pack("{s:i, s:b, s:i, s:I, s:I, s:O, s:O, s:O}", "k", (int)cfg.k,
				    "keep", !!(cfg.flags & SHUNT_NIC_KEEP), "late_us",
				    (int)(cfg.late_ns / 1000), "slots_queued",
				    (json_int_t)n->queued, "needless_preemptions",
				    (json_int_t)n->ev[SHUNT_NIC_EV_NEEDLESS], "hosts", hosts,
				    "core", cores, "events", events);
	json_decref(hosts);
	json_decref(cores);
	json_decref(events);
	free(n);
	return err;
}

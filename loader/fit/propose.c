// SPDX-License-Identifier: BSD-2-Clause
/*
 * propose.c - how many domains and queues, and which settings of the NIC lead there
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../iface.h"
#include "../metadata.h"
#include "plan.h"

#define STEPS_MOST (SHUNT_QUEUES + FIT_PORTS + 16)

/* A step, unless the value is that already. */
static struct fit_step *step(struct fit_plan *plan, const struct fit_nic *nic, const char *setting,
			     const char *want, const char *reason)
{
	static struct fit_step none;
	struct fit_step *s = &plan->step[plan->nsteps];

	if (plan->nsteps == STEPS_MOST || fit_setting_is(nic, setting, want))
		return &none;
	snprintf(s->setting, sizeof(s->setting), "%s", setting);
	snprintf(s->want, sizeof(s->want), "%s", want);
	s->reason = reason;
	plan->nsteps++;
	return s;
}

static bool is_driver(const struct fit_nic *nic, const char *name)
{
	return !strcmp(nic->driver, name);
}

/* Receive queues that the NIC can have while XDP is on it. */
static int most_queues(const struct fit_nic *nic, struct fit_plan *plan)
{
	int most = nic->most[FIT_COMBINED] ? nic->most[FIT_COMBINED] : nic->most[FIT_RX];

	if ((is_driver(nic, "ena") || is_driver(nic, "bnxt_en")) && most > 1) {
		most /= 2;
		fit_note(plan, "%s runs XDP on at most half of its queues, which is %d: the other "
			       "half sends for it",
			 nic->driver, most);
	}
	if (!most)
		most = fit_nic_queues(nic);
	return most < SHUNT_QUEUES ? most : SHUNT_QUEUES;
}

/* As few domains as there can be: the fewer there are, the more cores share one hold queue. */
static void choose_counts(struct fit_plan *plan, const struct fit_nic *nic,
			  const struct fit_machine *m, const struct fit_wish *wish)
{
	int cores = fit_cores_near(nic, m), most = most_queues(nic, plan);

	plan->by_queue = wish->by_queue;
	plan->ndomains = 1;
	if (wish->domains)
		plan->ndomains = wish->domains;
	else if (!plan->by_queue && cores - 1 > SHUNT_CORES && !wish->cores)
		plan->ndomains = (cores - 2) / SHUNT_CORES + 1;
	if (plan->ndomains > SHUNT_DOMAINS)
		plan->ndomains = SHUNT_DOMAINS;
	plan->nqueues = plan->by_queue ? SHUNT_CORES : plan->ndomains;
	if (most && plan->nqueues > most) {
		if (!plan->by_queue)
			fit_note(plan, "the NIC has %d receive queues at most: so many domains",
				 most);
		plan->nqueues = most;
	}
	if (!plan->by_queue)
		plan->ndomains = plan->nqueues;
}

/* "rx 0 tx 0 combined 4": each kind that the NIC has. */
static void want_channels(const struct fit_nic *nic, int n, char want[FIT_VALUE])
{
	size_t at = 0;

	want[0] = '\0';
	for (int c = 0; c < FIT_CHANNELS; c++) {
		if (nic->most[c])
			at += snprintf(want + at, FIT_VALUE - at, "%s%s %d", at ? " " : "",
				       fit_channel_names[c],
				       c == FIT_COMBINED || !nic->most[FIT_COMBINED] ? n : 0);
	}
}

/* Which queue each hash goes to: as many of them to each domain as it has cores. */
static void want_table(const struct fit_plan *plan, char want[FIT_VALUE])
{
	bool same = true;
	size_t at;

	for (int d = 1; d < plan->ndomains; d++)
		same &= plan->domain[d].ncpus == plan->domain[0].ncpus;
	if (same || plan->by_queue) {
		snprintf(want, FIT_VALUE, "equal %d", plan->nqueues);
		return;
	}
	at = snprintf(want, FIT_VALUE, "weight");
	for (int d = 0; d < plan->ndomains; d++)
		at += snprintf(want + at, FIT_VALUE - at, " %d", plan->domain[d].ncpus);
}

static void propose_queues(struct fit_plan *plan, const struct fit_nic *nic)
{
	int now = fit_nic_queues(nic), n = plan->nqueues;
	char channels[FIT_VALUE], table[FIT_VALUE];
	bool first = nic->rings && n < now && !fit_table_is_default(nic);

	want_channels(nic, n, channels);
	want_table(plan, table);
	if (first)
		step(plan, nic, "table", table,
		     "first, as the kernel takes no queue away that a table of somebody's own "
		     "names");
	if (*channels)
		step(plan, nic, "channels", channels,
		     plan->by_queue ? "a receive queue for each core"
				    : "a receive queue for each domain: what arrives on others is "
				      "left to the kernel");
	if (nic->rings && !first && (n >= now || strncmp(table, "equal", 5)))
		step(plan, nic, "table", table,
		     "requests go to all queues that are served, as many as their cores can take")
			->check = n != now;
	else if (nic->rings && !first)
		fit_note(plan, "the driver spreads over the queues that remain by itself; if "
			       "'ethtool -x' shows others: ethtool -X IF %s", table);
	if (!*channels && !nic->rings && n != now)
		fit_note(plan, "the number of queues (%d) cannot be changed here: %s", now,
			 fit_nic_unknown(nic, FIT_PART_QUEUES));
}

/* What the fewer queues, and their change, mean for the rest of the traffic. */
static void tell_of_queues(struct fit_plan *plan, const struct fit_nic *nic)
{
	bool changes = false;

	for (int i = 0; i < plan->nsteps; i++)
		changes |= !strcmp(plan->step[i].setting, "channels");
	if (changes && !is_driver(nic, "veth"))
		fit_note(plan, "-L restarts the queues: for seconds the link may be down, for all "
			       "that goes through it");
	if (plan->nqueues < fit_nic_queues(nic))
		fit_note(plan, "all other traffic of the interface comes to %s, too",
			 plan->nqueues == 1 ? "that one queue" : "these queues");
}

/* The NIC says that it hashes nothing, or says nothing of it. */
static void note_no_hash(struct fit_plan *plan, const char *why)
{
	if (*why)
		fit_note(plan, "which fields the NIC hashes cannot be read (%s): if the requests "
			       "of one client all come to one queue, so it hashes addresses only",
			 why);
	else
		fit_note(plan, "the NIC hashes nothing of UDP: the device that feeds its queues, "
			       "such as a hypervisor, chooses among them");
}

static void propose_hash(struct fit_plan *plan, const struct fit_nic *nic)
{
	static const char *const names[] = { "hash-udp4", "hash-udp6" };

	for (int v = 0; v < 2 && plan->nqueues > 1; v++) {
		if (!*nic->hash[v] && !v)
			note_no_hash(plan, fit_nic_unknown(nic, FIT_PART_HASH));
		if (*nic->hash[v] && !(strchr(nic->hash[v], 'f') && strchr(nic->hash[v], 'n')))
			step(plan, nic, names[v], "sdfn",
			     "addresses alone are hashed: all requests of a client would come to "
			     "one queue");
	}
}

static void note_rules(struct fit_plan *plan, const struct fit_nic *nic, int port)
{
	int place[FIT_RULES], n = 0;
	char list[FIT_RULES * 12];

	for (int i = 0; i < nic->nrules; i++) {
		if (nic->rule[i].port == port)
			place[n++] = nic->rule[i].id;
	}
	fit_note(plan, "port %d has %d rules (%s), and the driver decides which counts: leave one "
		       "of them (ethtool -N IF delete %d), then fit again", port, n,
		 fit_number_list(place, n, list, sizeof(list)), place[n - 1]);
}

/* A port to each domain's queue, where more than one is named. */
static void propose_rules(struct fit_plan *plan, const struct fit_nic *nic,
			  const struct fit_wish *wish)
{
	char setting[32], want[32];

	if (plan->ndomains < 2 || wish->nports < 2)
		return;
	if (!nic->ntuple.known || (nic->ntuple.fixed && !nic->ntuple.on)) {
		fit_note(plan, "this NIC cannot steer ports to queues (ntuple-filters): each "
			       "domain serves every port");
		return;
	}
	step(plan, nic, "ntuple", "on", "rules by port need it");
	for (int i = 0; i < wish->nports; i++) {
		if (fit_rules_of(nic, wish->port[i]) > 1) {
			note_rules(plan, nic, wish->port[i]);
			continue;
		}
		snprintf(setting, sizeof(setting), "rule-%d", wish->port[i]);
		snprintf(want, sizeof(want), "queue %d", i % plan->nqueues);
		step(plan, nic, setting, want, "requests of this port go to the domain of the "
					       "queue, with IPv4; IPv6 goes by the table");
	}
}

static void propose_features(struct fit_plan *plan, const struct fit_nic *nic)
{
	if (nic->lro.on && !nic->lro.fixed)
		step(plan, nic, "lro", "off", "drivers refuse XDP while packets are merged");
	if (nic->rxvlan.on && !nic->rxvlan.fixed)
		step(plan, nic, "rxvlan", "off",
		     "the NIC takes VLAN tags out of packets before XDP sees them, so replies "
		     "would lack them");
	else if (nic->rxvlan.on)
		fit_note(plan, "VLAN tags are taken out of packets before XDP sees them, and this "
			       "NIC cannot be told not to (rxvlan): serve no VLANs on it");
}

static const char *why_there(const struct fit_plan *plan, int cpu)
{
	if (plan->by_queue)
		return "the interrupt, and so XDP, beside the core that it feeds";
	for (int d = 0; d < plan->ndomains; d++) {
		for (int c = 0; c < plan->domain[d].ncpus; c++) {
			if (plan->domain[d].cpu[c] == cpu)
				return "the interrupt, and so XDP, beside the domain that it feeds";
		}
	}
	return "the interrupt, and so XDP, near the NIC and on no worker's CPU";
}

static void propose_interrupts(struct fit_plan *plan, const struct fit_nic *nic)
{
	char setting[32], want[16];

	if (!nic->has_irqs) {
		fit_note(plan, "interrupts are left as they are: %s%s",
			 fit_nic_unknown(nic, FIT_PART_IRQS),
			 is_driver(nic, "veth") ? " (a veth has none: XDP runs where its peer "
						  "sends)" : "");
		return;
	}
	for (int d = 0; d < plan->ndomains; d++) {
		for (int q = 0; q < plan->domain[d].nqueues; q++) {
			snprintf(setting, sizeof(setting), "interrupt-%d",
				 plan->domain[d].queue[q]);
			snprintf(want, sizeof(want), "%d", plan->domain[d].irq_cpu[q]);
			step(plan, nic, setting, want,
			     why_there(plan, plan->domain[d].irq_cpu[q]));
		}
	}
}

static void propose_coalesce(struct fit_plan *plan, const struct fit_nic *nic)
{
	char want[FIT_VALUE];

	if ((nic->adaptive <= 0 && nic->rx_usecs <= 0))
		return;
	snprintf(want, sizeof(want), "%s%s%s", nic->adaptive >= 0 ? "adaptive-rx off" : "",
		 nic->adaptive >= 0 && nic->rx_usecs >= 0 ? " " : "",
		 nic->rx_usecs >= 0 ? "rx-usecs 0" : "");
	step(plan, nic, "coalesce", want,
	     "no packet waits for others before its interrupt; the cost: an interrupt a packet, "
	     "so that its CPU is busy at a fraction of the rate")
		->choice = true;
}

static void tell_what_drivers_want(struct fit_plan *plan, const struct fit_nic *nic)
{
	if (metadata_doubt(nic->driver))
		fit_note(plan, "%s: shunt cannot serve without; 'shunt status' tells after the "
			       "first request",
			 metadata_doubt(nic->driver));
	if (is_driver(nic, "ice"))
		fit_note(plan, "if ice answers \"Resource busy\" to -L, the module irdma holds the "
			       "queues: rmmod irdma, or leave -L out and spread by -X alone");
	if (is_driver(nic, "veth"))
		fit_note(plan, IFACE_VETH_PEER, plan->nqueues);
	if (is_driver(nic, "bnxt_en") && !nic->now[FIT_COMBINED] && nic->now[FIT_RX])
		fit_note(plan, "bnxt_en takes XDP with combined queues only");
	if (nic->has_irqs)
		fit_note(plan, "interrupts may get other numbers by -L: --apply looks again; where "
			       "irqbalance runs, it moves them: systemctl stop irqbalance");
}

int fit_propose(struct ctl *ctl, const struct fit_nic *nic, const struct fit_machine *m,
		const struct fit_wish *wish, struct fit_plan *plan)
{
	memset(plan, 0, sizeof(*plan));
	plan->notes = json_array();
	plan->step = calloc(STEPS_MOST, sizeof(*plan->step));
	if (!plan->step)
		return fail(ctl, -ENOMEM, "no memory");
	choose_counts(plan, nic, m, wish);
	if (!plan->nqueues)
		plan->nqueues = plan->ndomains = 1;
	fit_seat(nic, m, wish, plan);
	propose_queues(plan, nic);
	propose_hash(plan, nic);
	propose_rules(plan, nic, wish);
	propose_features(plan, nic);
	propose_interrupts(plan, nic);
	propose_coalesce(plan, nic);
	tell_of_queues(plan, nic);
	tell_what_drivers_want(plan, nic);
	return 0;
}

void fit_plan_free(struct fit_plan *plan)
{
	json_decref(plan->notes);
	free(plan->step);
}

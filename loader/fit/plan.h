/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plan.h - what shunt fit proposes: domains with queues and CPUs, and the settings of the NIC
 *
 * A setting is a thing that the NIC has one value of, named by a word ("channels", "hash-udp4",
 * "interrupt-3"); its value is text, as one command takes it ("combined 4", "sdfn"). So what was
 * there before is put back by the command that changed it.
 */
#pragma once

#include "facts.h"

#define FIT_PORTS 16
#define FIT_VALUE 1024 /* the weights of 128 queues */
/* The table's value as the driver has it, over all queues: it follows their number, which a table
 * that was set does not. */
#define FIT_TABLE_DEFAULT "default"

/* --- setting.c -------------------------------------------------------------------------------- */

/* The part of the NIC that tells the setting's value. */
enum fit_part fit_setting_part(const char *setting);
/* Its value by what was read; false: it is not known. */
bool fit_setting_value(const struct fit_nic *nic, const char *setting, char value[FIT_VALUE]);
/* Does it look as the driver's own does? One that was set may, too. */
bool fit_table_is_default(const struct fit_nic *nic);
/* Is this the value now? Weights may be rounded. */
bool fit_setting_is(const struct fit_nic *nic, const char *setting, const char *value);
/* Sets the value; 0, or -errno, and why says the reason. */
int fit_setting_set(const struct fit_nic *nic, const char *ifname, const char *setting,
		    const char *value, struct why *why);
/* The same as a line for a shell. */
const char *fit_setting_line(const struct fit_nic *nic, const char *ifname, const char *setting,
			     const char *value, char *line, size_t len);

/* Rules that send all of a port to a queue. */
int fit_rules_of(const struct fit_nic *nic, int port);

/* --- the proposal ----------------------------------------------------------------------------- */

struct fit_wish { /* by options */
	int domains;      /* 0: as few as there can be */
	int cores;        /* workers' cores in all; 0: all that are there */
	bool by_queue;    /* one domain of several queues, a core each */
	bool no_coalesce; /* --apply does this, too */
	int nports;
	int port[FIT_PORTS];
};

struct fit_domain {
	int nqueues, ncpus;
	int cpu[SHUNT_CORES];
	int irq_cpu[SHUNT_CORES]; /* by queue */
	int queue[SHUNT_CORES];
};

struct fit_step {
	char setting[32], want[FIT_VALUE];
	const char *reason;
	bool choice; /* nobody needs it: it is done if it is asked for */
	bool check;  /* done only if the value is another then */
};

struct fit_plan {
	bool by_queue;
	int ndomains, nqueues;
	struct fit_domain domain[SHUNT_DOMAINS];
	int nsteps;
	struct fit_step *step;
	json_t *notes; /* what is not known, cannot be done, or must be known */
};

/* propose.c: 0, or fails. The caller frees steps and notes with fit_plan_free(). */
int fit_propose(struct ctl *ctl, const struct fit_nic *nic, const struct fit_machine *m,
		const struct fit_wish *wish, struct fit_plan *plan);
void fit_plan_free(struct fit_plan *plan);
/* seats.c: gives CPUs to the domains and to the interrupts of their queues; there may be fewer
 * domains or queues then. */
void fit_seat(const struct fit_nic *nic, const struct fit_machine *m, const struct fit_wish *wish,
	      struct fit_plan *plan);
/* How many physical cores there are for workers and interrupts. */
int fit_cores_near(const struct fit_nic *nic, const struct fit_machine *m);
/* note.c */
void fit_note(struct fit_plan *plan, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* yaml.c: the configuration of `shunt load`, to be freed. */
char *fit_yaml(const struct fit_nic *nic, const char *ifname, const struct fit_wish *wish,
	       const struct fit_plan *plan);

/* --- apply.c ---------------------------------------------------------------------------------- */

/* Does the steps one by one, notes before each what was there, and stops at the first failure. done
 * is a list that gets each. */
int fit_apply(struct ctl *ctl, struct fit_source *s, const struct fit_wish *wish,
	      const struct fit_plan *plan, json_t *done);
/* Puts back what was there, the last first; but queues come first where there are to be more, last
 * where there are to be fewer, as tables and rules name only queues that are there. */
int fit_undo(struct ctl *ctl, struct fit_source *s, json_t *done);

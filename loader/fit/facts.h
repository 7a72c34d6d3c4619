/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * facts.h - the NIC and the machine, as ethtool(8), lscpu(1), /proc and /sys tell of them
 *
 * Each text is had by its name: from the program or file that says it now, or from a file of that
 * name in a folder, where somebody has kept it. One parser reads both.
 */
#pragma once

#include <stdbool.h>

#include "../ctl.h"

#define FIT_CPUS 4096
#define FIT_TABLE_QUEUES 2048 /* of a table: more than shunt serves */
#define FIT_NUMBER_MOST (1 << 20) /* a larger count, in a text, is taken for none */
#define FIT_RULES 64 /* of the NIC, for a UDP port alone */

struct fit_source {
	const char *folder; /* NULL: this machine, now */
	const char *ifname;
	char bus[32];       /* the NIC's PCI address; "": not known, or none */
};

/* The decimal number that the text begins with; none: there is none, or it is above most. */
int fit_number(const char *text, int most, int none);

/* The text of that name, to be freed; NULL: there is none, and why says the reason. */
char *fit_text(const struct fit_source *s, const char *name, struct why *why);

enum fit_channel { FIT_RX, FIT_TX, FIT_COMBINED, FIT_CHANNELS };
extern const char *const fit_channel_names[FIT_CHANNELS];

/* The feature's state as `ethtool -k` has it. */
struct fit_feature {
	bool known, on, fixed;
};

enum fit_part { /* of a NIC: each is read by a text of its own */
	FIT_PART_QUEUES = 1, FIT_PART_TABLE = 2, FIT_PART_HASH = 4, FIT_PART_FEATURES = 8,
	FIT_PART_COALESCE = 16, FIT_PART_RULES = 32, FIT_PART_IRQS = 64, FIT_PART_ALL = 127,
};

struct fit_nic {
	char driver[32], bus[32];
	bool here;               /* of this machine, not of a folder */
	int node;                /* NUMA node; -1: not said */
	bool has_queues;
	int most[FIT_CHANNELS];  /* 0: none of this kind */
	int now[FIT_CHANNELS];
	int rings;               /* receive queues that the table may name; 0: there is no table */
	int entries;             /* of the table */
	int equal;               /* so many queues have the same share; 0: it is another table */
	int weight[FIT_TABLE_QUEUES]; /* entries that name each queue */
	char hash[2][16];        /* UDP over IPv4, IPv6: fields by ethtool's letters; "": unknown */
	struct fit_feature rxvlan, lro, ntuple;
	int rx_usecs;            /* -1: the driver does not say */
	int adaptive;            /* 1: on; -1: the driver does not say */
	bool has_rules;
	int nrules, nrules6;
	struct fit_rule {
		int id, port, queue;
	} rule[FIT_RULES], rule6[FIT_RULES]; /* IPv4 and IPv6 */
	int irq[SHUNT_QUEUES];   /* -1: not known */
	bool has_irqs;           /* one, at least */
	struct why why[7];       /* by the bit of the part: why it is not known */
};

/* nic.c: reads the parts (bits of enum fit_part), and driver and bus always; of others, nothing is
 * known then. nic: { 0 }, or as it was read before. */
void fit_nic_read(struct fit_source *s, struct fit_nic *nic, unsigned int parts);
void fit_nic_forget(struct fit_nic *nic);
/* Why the part is not known; no text: it is, or was not read. */
struct why *fit_nic_why(struct fit_nic *nic, enum fit_part part);
/* The same as a text for a message; "": there is none. */
const char *fit_nic_unknown(const struct fit_nic *nic, enum fit_part part);
/* Receive queues that there are now; 0: not known. */
int fit_nic_queues(const struct fit_nic *nic);
/* table.c: the indirection table by the text of `ethtool -x`. */
void fit_table_read(struct fit_nic *nic, const char *text);
/* irqs.c: the interrupt of each receive queue; why: where none can be told. */
void fit_irqs_read(const struct fit_source *s, struct fit_nic *nic, struct why *why);

struct fit_core { /* a physical core */
	int id, node;
	int ncpus;
	int cpu[16];    /* its threads that are online, the lowest first */
	bool isolated;  /* the scheduler keeps other programs off its first thread */
};

struct fit_machine {
	int ncpus, ncores, nnodes, threads; /* threads: of the core that has most */
	struct fit_core *core;              /* by their first CPUs */
};

/* machine.c: fails where CPUs cannot be read. */
int fit_machine_read(struct ctl *ctl, const struct fit_source *s, struct fit_machine *m);
/* "3, 5-7" of a list of CPUs in ascending order. */
const char *fit_cpu_list(const int *cpu, int n, char *out, size_t len);
/* "3, 5, 6, 7", in any order. */
const char *fit_number_list(const int *number, int n, char *out, size_t len);

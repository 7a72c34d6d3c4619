/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nic.h - the NIC's side of the wire transport: its program loaded, attached and fed
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <bpf/libbpf.h>

#include <shunt/nic.h>

#include "nicsize.h"
#include "pins.h"

struct nic_opts {
	const char *object;   /* build/nic/POLICY.o */
	struct shunt_nic_sizes sizes;
	__u32 silent_ms;      /* a core that is unheard, or hears nothing, for so long is off; 0:
			       * never */
};

/* The last number that a core said it had seen, as the agent found it. */
struct nic_hearing {
	__u32 epoch, high;
	__u64 since_ns; /* it stands still since then, though there are greater ones */
};

struct nic {
	struct bpf_object *obj;        /* NULL: nic_open()'s maps are pinned */
	struct shunt_pins pins;
	int link;                      /* bpf_link, attached while it is open; -1: none */
	int prog, view_fd, sock;
	struct nic_opts opts;
	struct shunt_nic *state;       /* mapped, as the next five */
	struct shunt_nic_core *core;
	struct shunt_nic_cmd *cmd;
	struct shunt_ingress *in;
	struct shunt_view *view;
	struct shunt_port *port;       /* service ports */
	struct shunt_nic_cfg cfg;
	struct shunt_nic_port cores[SHUNT_CORES];
	__u64 marked[SHUNT_CORES];     /* id that a PREEMPT was last sent for */
	__u64 marked_ns[SHUNT_CORES];  /* when that PREEMPT was sent */
	struct nic_hearing hearing[SHUNT_CORES];
	__u64 deaf;                    /* cores that hear nothing, since this was last cleared */
	__u64 silent, preempts;
};

/* Takes over the pinned maps of a NIC's port that shunt loaded. */
int nic_open(struct nic *nic, const struct shunt_pins *pins, int ifindex, __u32 silent_ms,
	     struct why *why);
/* Loads the object and makes its view. -errno, with the reason in "why". */
int nic_load(struct nic *nic, const struct nic_opts *opts, struct why *why);
int nic_configure(struct nic *nic, const struct shunt_cfg *cfg,
		  const struct shunt_nic_cfg *nic_cfg);
/* A core: its virtual function's MAC, the process group that it belongs to, and that one's key. */
int nic_set_core(struct nic *nic, __u32 core, const __u8 *mac, __u32 group, struct shunt_key key);
/* Native mode only: the program relies on running on one CPU at a time. */
int nic_attach(struct nic *nic, int ifindex, struct why *why);
/* Asks the program to end a core's epoch with its next
 * frame. False: it has not done the last yet. */
bool nic_ask(struct nic *nic, enum shunt_nic_op op, __u32 core);
/*
 * At the agent's pace: fresh cookies, cores that are silent or deaf, and PREEMPTs for requests that
 * are over their class's quantum (ns; 0: none) while something waits that their core may run.
 */
void nic_tick(struct nic *nic, __u64 now_ns, const __u64 quantum_ns[SHUNT_CLASSES]);
void nic_unload(struct nic *nic);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * setup.h - everything that load writes into the maps of an interface, before it is written
 */
#pragma once

#include <stdbool.h>

#include "ctl.h"
#include "wire.h"

#define SETUP_PORTS 64 /* service ports that one configuration may name */

/* The operator's word on checksums; "auto" goes by the driver. */
enum setup_verify { SETUP_VERIFY_AUTO, SETUP_VERIFY_OFF, SETUP_VERIFY_IP, SETUP_VERIFY_UDP };

struct setup {
	struct shunt_cfg cfg;
	enum setup_verify verify;
	bool auto_domains; /* fit_domains() gives them before they are written */
	struct shunt_class classes[SHUNT_CLASSES];
	__u32 slo_us[SHUNT_CLASSES];
	__u32 quantum_us[SHUNT_CLASSES];
	__u32 hold_limit[SHUNT_CLASSES];
	__u32 admit[SHUNT_CLASSES];
	__u32 least[SHUNT_CLASSES];
	__u64 knobs[SHUNT_KNOBS];
	struct shunt_domain domains[SHUNT_DOMAINS];
	struct shunt_queue queues[SHUNT_QUEUES];
	struct shunt_seats seats;
	struct shunt_rule rules[SHUNT_RULES];
	__u32 nrules;
	struct {
		__u16 port;
		struct shunt_port value;
	} ports[SETUP_PORTS];
	__u32 nports;
	struct shunt_actor_row actors[SHUNT_ACTORS]; /* cfg.nactors of them */
	struct shunt_refuse refuse[SHUNT_REFUSALS]; /* from 1 on */
	__u32 nrefusals;
	struct shunt_program programs[SHUNT_PROGRAMS];
	__u32 nprograms;
	struct wire_setup wire;
};

/* The largest MTU whose packets a frame holds: AF_XDP's headroom of 256 bytes, of every driver,
 * and Ethernet with two VLAN tags come before it. */
static inline unsigned int setup_mtu(__u32 chunk)
{
	return chunk - 256 - (14 + 2 * 4);
}

/* Does a domain serve the queue? */
static inline bool setup_serves(const struct setup *s, __u32 queue)
{
	return s->queues[queue].domain;
}

/* config.c: from --config FILE. Failures carry the line. */
int setup_from_file(struct ctl *ctl, const char *path, struct setup *s);
/* setup.c: from --port and --cores: one class, one domain. */
int setup_simple(struct ctl *ctl, __u32 port, __u32 cores, struct setup *s);
/* fit/auto.c: the domains, where the file leaves them to the NIC's queues and the machine. */
int fit_domains(struct ctl *ctl, struct setup *s);
/* setup.c: one more queue of a domain. Where the NIC chooses among them, it is the next core's. */
void setup_join(struct setup *s, __u32 domain, __u32 queue);
/* setup.c: the same where a card chooses the queue: one
 * core on each, as many as there are (or cores). */
int setup_queues(struct ctl *ctl, __u32 port, __u32 cores, __u32 rx_queues, struct setup *s);
/* setup.c: the defaults of a configuration. */
void setup_init(struct setup *s);
/* setup.c: gives CPUs to the domains that name none (bit i of dom_bare): all but CPU 0, shared
 * out in turn. */
int setup_cpus(struct ctl *ctl, struct setup *s, __u32 dom_bare);
/* setup.c: against the interface: queues, MTU, CPUs. Only where it exists. */
int setup_check(struct ctl *ctl, const struct setup *s);
/* setup.c: does the driver hand on what this machine's
 * kernel sent, whose UDP checksums nobody has filled in? */
bool setup_has_local_senders(const char *driver);
/* The warning of load and doctor where such checksums are verified all the same. */
#define VERIFY_UNFILLED                                                                           \
	"'verify: udp' on '%s' (driver %s): what this machine's own kernel sends comes with its " \
	"UDP "                                                                                    \
	"checksum unfilled, and is denied as a bad one"
#define VERIFY_CURE                                                                              \
	"say 'verify: auto' or 'verify: ip', or have the senders fill checksums in: ethtool -K " \
	"THEIR-INTERFACE tx off"
/* setup.c: which checksums XDP verifies, into cfg. Only where the interface exists. */
int setup_decide_verify(struct ctl *ctl, struct setup *s);
/* setup.c: the frames that a driver without copying may hold, into cfg. Only where the interface
 * exists. */
int setup_decide_frames(struct ctl *ctl, struct setup *s);
/* write.c: into the interface's pinned maps, cfg and ports last. */
int setup_write(struct ctl *ctl, const struct setup *s);

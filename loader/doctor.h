/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * doctor.h - findings of shunt doctor, and who makes them
 */
#pragma once

#include "ctl.h"

enum level { LEVEL_OK, LEVEL_WARN, LEVEL_FAIL };

struct findings {
	const char *ifname; /* stands for IF in fixes */
	json_t *list;
	int count[LEVEL_FAIL + 1];
};

/* doctor_finding.c: adds one; fix is NULL or what to do. text is a format. */
void finding(struct findings *f, const char *check, enum level level, const char *fix,
	     const char *text, ...) __printf(5, 6);

/* doctor_host.c: kernel, rights, bpffs, memlock, JIT, idle states, huge pages. */
void doctor_host(struct ctl *ctl, struct findings *f);
/* doctor_tools.c: what 'shunt build' needs. */
void doctor_tools(struct findings *f);
/* doctor_iface.c: driver, modes, queues, other programs, MTU, offloads. */
void doctor_iface(struct ctl *ctl, struct findings *f);
/* doctor_loaded.c: what is loaded there: ABI, link, agent, cores. */
void doctor_loaded(struct ctl *ctl, struct findings *f);
/* doctor_irqs.c: the NIC's interrupts, and workers on their CPUs. */
void doctor_irqs(struct ctl *ctl, struct findings *f, const struct shunt_cfg *cfg);
/* doctor_services.c: does the NIC bring each service's port to its queue? */
void doctor_services(struct ctl *ctl, struct findings *f, const struct shunt_cfg *cfg);
/* doctor_sockets.c: processes that may keep a queue in use. */
void doctor_sockets(struct ctl *ctl, struct findings *f);

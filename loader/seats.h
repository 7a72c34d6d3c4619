/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * seats.h - the CPUs that services share: what the loader puts there for shuntd and workers
 */
#pragma once

#include "setup.h"

/* Writes and freezes the map "seats", and pins the programs that move them. Before the XDP program
 * is attached. */
int seats_enable(struct ctl *ctl, const struct setup *s);
/* May any process load BPF programs? One that was given the seats could write them by its own. Then
 * what is said of that, and the cure. */
bool seats_are_open(void);
#define SEATS_OPEN \
	"any process may load BPF programs (kernel.unprivileged_bpf_disabled is 0): by one of " \
	"its own, a worker could write which service is on"
#define SEATS_CLOSE "sysctl kernel.unprivileged_bpf_disabled=1"
/* seats_show.c: each seat: who is on, who wants it, how often it changed hands; NULL: there are
 * none. */
json_t *seats_json(struct ctl *ctl, const struct shunt_cfg *cfg);
void seats_show(const json_t *list);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * record.h - the file that notes what was there before shunt fit --apply changed it
 *
 * One of each interface of each network namespace, below /run/shunt: it is gone after a reboot, as
 * the settings are. It names a setting before that is changed, so what a process that was killed
 * has done is in it. Who has it open is alone.
 */
#pragma once

#include "facts.h"

struct record {
	int lock;
	char path[128];
	/* {"interface", "bus", "driver", "mac", "steps": [{"setting", "was", "want"}]} */
	json_t *all;
};

/* Waits for others; a record that is not there yet has no steps. Fails where there is one of
 * another NIC: another PCI address or driver or, without such an address, another MAC. */
int record_open(struct ctl *ctl, const struct fit_nic *nic, struct record *r);
void record_close(struct record *r);
json_t *record_steps(const struct record *r);
/* The value of before that is noted already; NULL: the setting is not in it. */
const char *record_was(const struct record *r, const char *setting);
/* Adds a step, on disk when it returns. */
int record_add(struct ctl *ctl, struct record *r, const char *setting, const char *was,
	       const char *want);
/* Takes step i away; with the last one the file goes. */
int record_drop(struct ctl *ctl, struct record *r, size_t i);

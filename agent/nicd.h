/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nicd.h - shuntd on a NIC that schedules: feeds its program, watches its cores
 */
#pragma once

struct agent;
struct why;

/* The interface's pins are open (a->maps): takes the NIC's. */
int nicd_begin(struct agent *a, struct why *why);
void nicd_end(struct agent *a);
/* Cookies, silent cores, preemption: as often as preempt.watch says, and at each tick. */
void nicd_watch(struct agent *a);
/* Loads into the map "agent", tunables into the view. */
void nicd_tick(struct agent *a);
/* Has the policy in force a plan()? */
bool nicd_plans(const struct agent *a);

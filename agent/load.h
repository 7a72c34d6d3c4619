/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * load.h - measured loads, and tunables, into the map and the views that policies look at
 */
#pragma once

struct agent;
struct shunt_view;

/* At each tick: loads of cores and classes into the map, tunables into the views. */
void load_tick(struct agent *a);
/* Reads the tunables that the next ticks publish. */
void load_read(struct agent *a);
/* Begins to measure anew. 0, or -ENOMEM. */
int load_reset(struct agent *a);
/* Tunables into the view of a domain. */
void load_publish(struct agent *a, int domain, struct shunt_view *v);

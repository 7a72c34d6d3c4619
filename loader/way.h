/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * way.h - how a policy's program comes before an interface's packets: by a link of shunt's own, or
 * behind a stub among other programs in libxdp's dispatcher
 *
 * way.c has the table. A load keeps its way until it is unloaded; the pin tells it.
 */
#pragma once

#include "ctl.h"

/* The program before the packets, as it is now. */
struct link_state {
	const struct way *way;
	unsigned int id;      /* of the link; 0: there is none */
	unsigned int ifindex; /* 0: the interface is gone, or the program was detached from it */
	unsigned int prog_id; /* the program that sees packets now */
	struct {              /* behind a stub */
		unsigned int place, programs; /* 1: the first of so many */
		unsigned int priority;
	} stub;
};

struct way {
	const char *name;
	const char *pin; /* there while a load goes this way */
	/* Fails if another program is on the interface that leaves no place;
	 * own_prog, shunt's, does not count. */
	int (*check)(struct ctl *ctl, unsigned int own_prog);
	/* Puts the program before the interface's packets, and pins. 0, or -errno without a
	 * failure noted if the interface's driver or the kernel refuses. */
	int (*attach)(struct ctl *ctl, int prog);
	/* pin: open. 0, or -errno. */
	int (*look)(struct ctl *ctl, int pin, struct link_state *state);
	/* At once, whoever else has it open. 0, or -errno: it is still before packets. */
	int (*detach)(struct ctl *ctl, int pin);
};

extern const struct way way_link, way_stub;

/* The way of what is loaded, with its pin open, or NULL: neither pin is there.
 * *pin: to be closed, or -errno. */
const struct way *way_loaded(struct ctl *ctl, int *pin);
/* Opens no pin. NULL: neither is there. */
const struct way *way_there(struct ctl *ctl);

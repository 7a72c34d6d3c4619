/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * options.h - how shuntd was started
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "host_opts.h"

#define ALLOW_MAX 16

struct role;

struct options {
	const struct role *role;
	struct host_opts host; /* with --role host */
	const char *ifname; /* or, of a role that serves the machine, what it is about */
	const char *pins;   /* the folder of what it serves, as struct shunt_pins has it */
	const char *bpffs;  /* NULL: the usual place */
	char socket[108];
	unsigned int tick_ms;
	unsigned int publish_us; /* between loads published to a card; 0: as services ask for */
	unsigned int card_delay_us; /* an emulated card's: how long a message takes */
	bool verbose;
	bool once;          /* fail rather than wait for shunt load */
	bool replace;       /* take the place of the shuntd that serves */
	bool end;           /* only end the shuntd that serves */
	unsigned int linger_s; /* how long memory and sockets are kept after the end */
	uid_t user[ALLOW_MAX];
	unsigned int nusers;
	gid_t group[ALLOW_MAX];
	unsigned int ngroups;
};

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rpcbind.h - the programs of ONC RPC that an interface serves, and what rpcbind is told of them
 */
#pragma once

#include <stdbool.h>

#include <shunt/abi.h>

#include "pins.h"

#define RPCBIND_SOCKET "/run/rpcbind.sock"

struct rpcbind_program {
	__u32 program, version;
	__u16 port;
};

/* The programs in the maps of what is loaded: how many, or -errno. */
int rpcbind_list(const struct shunt_pins *pins, struct rpcbind_program list[SHUNT_PROGRAMS]);

/* Has rpcbind name our ports for the programs, whatever it named before. How many it does name so
 * now, or -errno: -ENOENT, -ECONNREFUSED: there is none. Waits for a tenth of a second at most. */
int rpcbind_set(const struct rpcbind_program *list, int n);

/* Has rpcbind forget those for which it names our ports. How many, or -errno, as above. */
int rpcbind_unset(const struct rpcbind_program *list, int n);

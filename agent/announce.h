/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * announce.h - rpcbind is told of the programs of ONC RPC that workers serve
 */
#pragma once

#include <stdbool.h>

#include "pins.h"

#define ANNOUNCE_TRIES 10 /* a second apart: rpcbind has a tenth of a second for each */

/* False: rpcbind was too slow, so it is to be told again. */
bool announce(const struct shunt_pins *pins);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mapping.h - memory, view and rings that the agent hands over with WELCOME
 */
#pragma once

#include <stdbool.h>

#include "broker.h"

struct shunt;

/* Takes what came with WELCOME. The sockets stay open; memory and view are mapped and closed. */
int mapping_take(struct shunt *s, const struct shunt_msg_welcome *w, const int *fd, int nfd);
/* Gives back rings and sockets, cores and parked places. */
void mapping_drop_rings(struct shunt *s);
/* After the transport has let go of it: memory and view. */
void mapping_drop_memory(struct shunt *s);

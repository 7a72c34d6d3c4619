/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * state.h - may we go on with what another shuntd remembered of a domain?
 *
 * That one may be another version of the same ABI. So the file has room from the start, fields are
 * only ever appended, and what a newer version wrote behind those that we know stays as it is.
 */
#pragma once

#include "domain.h"

#define STATE_ROOM 16384 /* bytes of the file: for all versions of an ABI */
#define STATE_MIN                                                                                  \
	sizeof(struct domain_state) /* what all versions of this ABI have: up to and with the last \
				       field of the first */

/* NULL: yes; else why not, in words that follow "it". */
const char *state_misfit(int fd, const struct domain_state *s, __u32 map_id, unsigned int ifindex);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * state.h - may we go on with what another shuntd remembered of a domain?
 *
 * That one may be another version of the same ABI. So the file has room from the start, fields are
 * only ever appended, and what a newer version wrote behind those that we know stays as it is.
 */
#pragma once

#include "domain.h"

/* Bytes of the file: for all versions of an ABI. */
#define STATE_ROOM 16384
/* What all versions of this ABI have. Once a field is appended: offsetof() of the first such one. */
#define STATE_MIN sizeof(struct domain_state)

/* NULL: yes; else why not, in words that follow "it". */
const char *state_misfit(int fd, const struct domain_state *s, __u32 map_id, unsigned int ifindex);

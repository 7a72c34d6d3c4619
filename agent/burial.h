/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * burial.h - what became of the requests of a worker that is dead
 */
#pragma once

#include "rings.h"

struct verdict {
	__u64 lost[SHUNT_CLASSES];    /* neither answered nor waiting any more */
	__u64 replied[SHUNT_CLASSES]; /* the reply is in the send ring, but was not counted */
};

/* Reads rings, run lines and owner tags. The process is dead: nothing moves but XDP's producers. */
void burial_decide(const struct rings *r, struct verdict *v);
/* Nobody runs anything: what the dead wrote must not be read again. */
void burial_clear(struct rings *r);

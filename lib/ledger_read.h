/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ledger_read.h - what became of the requests of a worker that is dead, from the stores of ledger.h
 */
#pragma once

#include "rings.h"

struct verdict {
	__u64 lost[SHUNT_CLASSES];    /* neither answered nor waiting any more */
	__u64 replied[SHUNT_CLASSES]; /* the reply is in the send ring, but was not counted */
};

/* Reads rings, run lines and owner tags. The process is dead: nothing moves but XDP's producers. */
void ledger_read(const struct rings *r, struct verdict *v);
/* Nobody runs anything: what the dead process wrote must not be read again. */
void ledger_clear(struct rings *r);

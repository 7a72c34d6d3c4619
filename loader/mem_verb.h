/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mem_verb.h - the actions of shunt mem
 */
#pragma once

#include "ctl.h"
#include "mem/mem.h"

/* mem_seen.c: "seen PID [TIME]", in ctl's arguments. */
int mem_seen(struct ctl *ctl);
/* mem_live.c: "watch PID"; "run PROGRAM [ARG...]". Lines go to file, as JSON, or a record (as o
 * says); NULL: to none. */
int mem_watch(struct ctl *ctl, const struct mem_options *o, FILE *file);
int mem_run(struct ctl *ctl, const struct mem_options *o, unsigned int batch_kib, FILE *file);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * origin.h - from an instruction to the line of the policy's own source that it came from
 */
#pragma once

#include "bundle/bundle.h"
#include "ctl.h"
#include "../offload/nfp/lint/lint.h"

/* One of a bundle's objects: for hosts, with shunt_ingress
 * and shunt_ask; for a NIC, with shunt_nic; or for threads. */
enum part { PART_HOST, PART_NIC, PART_SCHED };

/* Reads one of the bundle's objects; origin_free() afterwards, whatever it returned. */
int origin_read(struct ctl *ctl, const struct bundle *b, enum part part, struct lint_object *o);
void origin_free(struct lint_object *o);

const struct lint_prog *origin_prog(const struct lint_object *o, const char *name);
/* The line that an instruction of the program came from; NULL: not known. */
const struct lint_line *origin_line(const struct lint_object *o, const struct lint_prog *p,
				    __u32 insn);
/* Is the line the policy's author's, not of shunt's programs and headers? */
bool origin_is_own(const struct lint_object *o, const struct lint_line *line);
/* "TEXT (FILE:LINE)", or "FILE:LINE" where the source was not kept. */
const char *origin_show(const struct lint_line *line, char *out, size_t len);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * log.h - why the kernel did not take a program: libbpf's and the verifier's words, shortened
 */
#pragma once

#include "bundle/bundle.h"
#include "ctl.h"
#include "origin.h"

#define LOG_LEN (1 << 20) /* of the kernel's verifier */

/* Begins to keep libbpf's messages for explanations; with -v they are printed, too. */
void log_start(bool verbose);
/* Notes the failure to load a program of b, from the verifier's log (may be empty) and errno. */
int log_explain(struct ctl *ctl, const struct bundle *b, enum part part, const char *prog, int err,
		const char *log);
/* Notes that libbpf cannot read b. */
int log_explain_open(struct ctl *ctl, const struct bundle *b, int err);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * said.h - what a compiler said of a policy: for its author, with the next step
 */
#pragma once

#include "ctl.h"

/* The compiler's messages without those about our own files, to be freed; the policy's file, which
 * the compiler knows as copy, is called source. Cuts up text. */
char *said_tidy(char *text, const char *copy, const char *source);
/* Notes the next step. closed: compilers may open no file of the policy's folder. */
void said_advise(struct ctl *ctl, const char *said, const char *source, bool closed);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * card_log.h - why a card refused a program: its part of the verifier tells the verifier's log, its
 * JIT and what makes its maps tell the kernel's
 */
#pragma once

#include <stddef.h>

/* The kernel's log from now on, or -errno. */
int card_log_open(void);
/* The refusal in the card's own words, "" if there are
 * none. Closes kmsg; cuts the verifier's log into lines. */
void card_log_reason(int kmsg, char *verifier_log, char *out, size_t len);

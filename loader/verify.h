/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * verify.h - a policy's functions before the kernel's verifier, and what that cost it
 */
#pragma once

#include <bpf/libbpf.h>

#include "bundle/bundle.h"
#include "ctl.h"

#define VERIFY_ASK "shunt_ask" /* the program that calls every function of a policy */

/*
 * Loads the program that calls every function of the policy and nothing else, and drops it:
 * select(), requeue() and done() run as native code in workers, and what the verifier refuses must
 * not. insns, unless NULL: instructions that the verifier followed; 0: this kernel does not say
 * (before 5.16).
 */
int verify_functions(struct ctl *ctl, const struct bundle *b, __u32 *insns);
/* Says what of the policy means nothing on a NIC that schedules. */
void verify_warn_nic(const struct bundle *b);
/* The same where there are actors. */
void verify_warn_actors(const struct bundle *b);
/* Names of the functions that the policy has. */
json_t *functions_json(const struct bundle *b);
/* The cost of a loaded program to the verifier, or 0. */
__u32 verify_cost(int prog_fd);
/* Of an object's programs, that one is to be loaded, and
 * the other one (unless NULL) if it has it. */
int verify_select(struct ctl *ctl, const struct bundle *b, struct bpf_object *obj, const char *name,
		  const char *other);

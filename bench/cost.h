/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cost.h - what cost.c measures and cost_report.c tells
 */
#pragma once

#include "tests/prog/ingress.h"

#define CORES 16
#define CLASSES 4
#define POLICIES_MAX 32
#define ROUNDS_MAX 1000

enum path { STEER, HOLD, REJECT, VERIFY, REFUSE, PLAIN, RPC, PATHS };

extern const char *const path_name[PATHS];

/* Times of a path, or of XDP_DROP beside it; a value a round. */
struct times {
	double ns[ROUNDS_MAX];    /* of a further packet */
	double first[ROUNDS_MAX]; /* of the first */
};

struct policy {
	char name[SHUNT_NAME_LEN];
	struct ingress *g, *reject;
	struct times path[PATHS], drop[PATHS];
};

extern struct policy policies[POLICIES_MAX];
extern int npolicies;
extern __u32 rounds, batches; /* batches of a round */

/* cost_report.c */
void write_json(const char *path);
void print_table(void);

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

/* The steps of least.bpf.c. */
#define LEAST 5

struct least {
	struct ingress g;
	__u32 action; /* of a request that went through all its steps */
	struct times all, drop; /* of the steps up to this one; of XDP_DROP beside it */
};

extern const char *const least_name[LEAST];
extern struct least least[LEAST];
extern struct policy policies[POLICIES_MAX];
extern int npolicies;
extern __u32 rounds, batches; /* batches of a round */

/* cost.c: the program is in the kernel's dispatcher as long as a namespace of its own lives. */
void keep_known(int prog);

/* cost_least.c */
void load_least(void);
void free_least(void);

/* cost_report.c */
void write_json(const char *path);
void print_table(void);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bundle.h - a policy as a file: the BPF object with its descriptor and its native code
 */
#pragma once

#include <stddef.h>

#include "ctl.h"

struct bundle {
	char *path; /* as messages call it */
	void *data;
	size_t len;
	struct shunt_policy_desc desc;
	const void *native; /* inside data */
	size_t native_len;
	const void *nic;    /* the program for a NIC that schedules, inside data; NULL: there is none */
	size_t nic_len;
};

/* Finds the built-in policy of that name, or takes the file (FILE.shunt, FILE.o), or compiles it
 * (FILE.c); reads and checks it. */
int bundle_open(struct ctl *ctl, const char *policy, struct bundle *b);
/* Reads and checks one file; messages call it by name. */
int bundle_read(struct ctl *ctl, const char *path, const char *name, struct bundle *b);
void bundle_close(struct bundle *b);

/* The directories that built-in policies are looked for in, in order; "" when there is no such. */
#define BUNDLE_DIRS 4
const char *bundle_dir(int i, char *buf, size_t len);

/* "x86_64" or "aarch64": names the section of the native code. */
const char *bundle_arch(void);

/* native.c: may this shared object run in a worker? */
int native_check(struct ctl *ctl, const char *path, const void *data, size_t len);

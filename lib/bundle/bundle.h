/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bundle.h - a policy as a file: the BPF object with its descriptor and its native code
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <shunt/abi.h>

#include "native.h"
#include "why.h"

struct bundle {
	char *path; /* as messages call it */
	void *data;
	size_t len;
	struct shunt_policy_desc desc;
	const void *native; /* inside data */
	size_t native_len;
	struct native_found found; /* in it */
	const void *nic;    /* the program for a NIC that schedules,
			     * inside data; NULL: there is none */
	size_t nic_len;
	const void *sched;  /* the same for threads (sched.h) */
	size_t sched_len;
};

/* The file of a built-in policy. */
int bundle_find(struct why *why, const char *name, char *path, size_t len);
/* Does the name of a policy say that it is a bundle's file, or C? */
bool bundle_is_file(const char *policy);
bool bundle_is_source(const char *policy);
/* Reads one file and checks that it is a bundle whose
 * native code may run here; messages call it by name. */
int bundle_read(struct why *why, const char *path, const char *name, struct bundle *b);
void bundle_close(struct bundle *b);

/* The directories that built-in policies are looked for in, in order; "" when there is no such. */
#define BUNDLE_DIRS 4
const char *bundle_dir(int i, char *buf, size_t len);

/* "x86_64" or "aarch64": names the section of the native code. */
const char *bundle_arch(void);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * native.h - the native code that a policy's object carries, loaded as workers load it
 */
#pragma once

#include <shunt/native.h>

struct native {
	void *handle;
	const struct shunt_policy_desc *desc;
	SHUNT_POLICY_FNS;
};

void native_load(struct native *n, const char *object);
void native_free(struct native *n);

/* The answer; -1000 if the policy has no such function. */
int native_ask(const struct native *n, enum shunt_ask_op op, struct shunt_view *v,
	       const struct shunt_event *ev);

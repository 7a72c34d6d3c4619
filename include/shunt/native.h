/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * native.h - a policy compiled to native code: its symbols, and its functions once they are found
 */
#pragma once

#include <stddef.h>

#include <shunt/abi.h>

#define SHUNT_SYM_DESC "shunt_policy" /* const struct shunt_policy_desc */
#define SHUNT_SYM_SLOT "shunt_policy_slot" /* const volatile __u32; 0, but in workers' copies */
#define SHUNT_SYM(name) "shunt_policy_" #name

typedef int (*shunt_policy_fn)(struct shunt_view *view, const struct shunt_event *ev);

/* Members of a struct, a function each: as .steer, .select, … and
 * by enum shunt_ask_op as .fn[]. NULL: the policy has none. */
#define SHUNT_POLICY_MEMBER(OP, name, type, need, targets, text)                                   \
	type (*name)(struct shunt_view *view, const struct shunt_event *ev);
#define SHUNT_POLICY_FNS                                                                           \
	union {                                                                                    \
		struct {                                                                           \
			SHUNT_POLICY_OPS(SHUNT_POLICY_MEMBER)                                      \
		};                                                                                 \
		void *fn[SHUNT_NR_OPS];                                                            \
	}

/* A function that some transport does not call must be
 * refused or warned of there (loader/verify.c). */
#define SHUNT_OP(OP, name, type, need, targets, text)                \
	SHUNT_ASSERT(((targets) & (SHUNT_OP_HOST | SHUNT_OP_NIC)) == \
			     (SHUNT_OP_HOST | SHUNT_OP_NIC),         \
		     #name "() is dropped in silence by some target");
SHUNT_POLICY_OPS(SHUNT_OP)
#undef SHUNT_OP

/* A row of the list, for loops over it. */
struct policy_op {
	const char *name, *symbol, *text;
	int need;
	unsigned int targets;
};

/* The row of a function; NULL: there is no such. */
static inline const struct policy_op *shunt_op(unsigned int op)
{
#define SHUNT_OP(OP, name, type, need, targets, text) \
	{ #name, SHUNT_SYM(name), text, need, targets },
	static const struct policy_op ops[] = { SHUNT_POLICY_OPS(SHUNT_OP) };
#undef SHUNT_OP

	return op < SHUNT_NR_OPS ? &ops[op] : NULL;
}

/* Finds them all, "find" being dlsym. NULL, or the name of
 * one that every policy has and this has not. */
static inline const char *shunt_policy_find(void *(*find)(void *handle, const char *symbol),
					    void *handle, void *fn[SHUNT_NR_OPS])
{
	const char *lacks = NULL;

	for (unsigned int i = 0; i < SHUNT_NR_OPS; i++) {
		fn[i] = find(handle, shunt_op(i)->symbol);
		if (!fn[i] && shunt_op(i)->need)
			lacks = shunt_op(i)->name;
	}
	return lacks;
}

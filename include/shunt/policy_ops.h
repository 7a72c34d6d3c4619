/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * policy_ops.h - the functions of a policy, a row each:
 * every place that binds them is made from this list
 *
 * X(OP, name, type, need, targets, text):
 *
 *   OP       SHUNT_ASK_OP numbers the function; an optional one
 *            is there if its file says #define SHUNT_HAS_OP
 *   name     of the function in the policy's file; native code has it as shunt_policy_NAME
 *   type     int: it answers; void: it is told
 *   need     1: every policy has it; 0: optional, and what
 *            its callers do without it is their default
 *   targets  its callers (enum shunt_op_targets); the loader warns of a policy with a function that
 *            is not called where it is loaded
 *   text     when it is called
 *
 * A new function is a row here, its caller, and a sentence in docs/policies.md.
 */
#pragma once

#define SHUNT_POLICY_OPS(X)                                                                        \
	X(STEER, steer, int, 1, SHUNT_OP_HOST | SHUNT_OP_NIC | SHUNT_OP_CARD, "a request arrives") \
	X(SELECT, select, int, 1, SHUNT_OP_HOST | SHUNT_OP_NIC,                                    \
	  "a core is free, or asked to yield")                                                     \
	X(REQUEUE, requeue, int, 0, SHUNT_OP_HOST | SHUNT_OP_NIC, "a request was preempted")       \
	X(DONE, done, void, 0, SHUNT_OP_HOST | SHUNT_OP_NIC, "a request ended")                    \
	X(PLAN, plan, void, 0, SHUNT_OP_HOST | SHUNT_OP_NIC, "10 ms went by, and requests ended")

enum shunt_op_targets {
	SHUNT_OP_HOST = 1, /* XDP and workers that share memory */
	SHUNT_OP_NIC = 2,  /* a NIC that schedules (wire) */
	SHUNT_OP_CARD = 4, /* a card's program; the functions that it does not call, workers call */
};

enum shunt_ask_op {
#define SHUNT_OP(OP, name, type, need, targets, text) SHUNT_ASK_##OP,
	SHUNT_POLICY_OPS(SHUNT_OP)
#undef SHUNT_OP
	SHUNT_NR_OPS
};

/* Does the file that was included say #define SHUNT_HAS_OP
 * (empty, or 1)? 1 or 0, for the preprocessor to go on with. */
#define SHUNT_HAS_VALUE_ ~,
#define SHUNT_HAS_VALUE_1 ~,
#define SHUNT_SECOND(a, b, ...) b
#define SHUNT_IS_SAID(x) SHUNT_SECOND(x 1, 0, ~)
#define SHUNT_HAS_SAID(value) SHUNT_IS_SAID(SHUNT_HAS_VALUE_##value)
#define SHUNT_HAS_EXPANDED(value) SHUNT_HAS_SAID(value)
#define SHUNT_HAS(OP) SHUNT_HAS_EXPANDED(SHUNT_HAS_##OP)
#define SHUNT_HAS_STEER
#define SHUNT_HAS_SELECT

/* SHUNT_IF(0 or 1)(text): text, or nothing. */
#define SHUNT_IF_0(...)
#define SHUNT_IF_1(...) __VA_ARGS__
#define SHUNT_IF_PASTED(bit) SHUNT_IF_##bit
#define SHUNT_IF(bit) SHUNT_IF_PASTED(bit)

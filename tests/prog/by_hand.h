/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * by_hand.h - views made by hand, to ask a policy about; every question goes to BPF and to native
 * code, which must answer alike
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ingress.h"
#include "native.h"

#define NOW 5000000000000ULL
#define US 1000ULL
#define HOLD (-1)
#define REJECT (-2)
#define GO_ON (-1)

extern struct ingress *g;
extern __u64 now; /* NOW, unless a test goes on */
extern struct shunt_view *v; /* the one in BPF's map; native code reads it too */

/* Load the policy that *state names, and let go of it. */
int load(void **state);
int unload(void **state);
__u32 policy_flags(void);

/* Of functions that are told something both tell it: twice in all. */
int ask(enum shunt_ask_op op, struct shunt_event ev);
int steer(struct shunt_event ev);
/* The class that core selects of those in "waiting". */
int selects(__u16 waiting, __u8 core);

/* The head of a class arrived at ns, and was not preempted. All cores see that. */
void head_is(int cls, __u64 ns);
/* The head of a class has waited so long. */
void waited(int cls, __u64 ns);
void load_is(int core, __u32 load);
/* So many requests of the class are held. */
void backlog_is(int cls, __u32 n);
/* Requests of the class end at that rate a second, and take us each. */
void served(int cls, __u32 rate, __u32 us);
/* Word i of the plan, once the policy has planned. */
__u64 planned(int i);

#define POLICY_TEST(policy, test)                                                                  \
	{ #test, test, load, unload, policy }

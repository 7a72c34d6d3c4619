/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arrive.h - a request that has its class arrives at a
 * policy that says what it is told, one packet at a time
 *
 * The policies "says" and "saysidle" answer what knob 0 says, so each answer can be had.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <linux/bpf.h>

#include "ingress.h"
#include "packet.h"

#define CORES 4
#define CLASSES 3
#define CLS 1 /* of every packet here */
#define HOLD (-1)
#define REJECT (-2)
#define DROP (-3)

extern struct ingress *g;
extern struct packet packet;
extern struct verdict v;         /* of the last packet */
extern struct shunt_ingress was; /* before it */

/* Each test has maps of its own: these are its setup and teardown. */
int load(void **state);
int unload(void **state);

#define SAYS "build/tests/bpf/says.o"
#define SAYS_IDLE "build/tests/bpf/saysidle.o"
#define INGRESS_TEST(test, object) { #test, test, load, unload, object }

void policy_says(int answer);
void set_u32(const char *map, __u32 key, __u32 value);
struct shunt_cfg cfg(void);
void set_cfg(struct shunt_cfg c);

/* Sends one packet and returns its action, having checked the sum of the class's counts. */
__u32 arrive(void);

/* The last packet added one to this count, or nothing. */
#define assert_counted(field) assert_int_equal(g->in->field, was.field + 1)
#define assert_not_counted(field) assert_int_equal(g->in->field, was.field)

void assert_held(void);
void assert_steered(int core);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nic_run.h - for tests of the NIC's program: it is loaded with two cores of one host, and run
 * frame by frame
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/nic.h"

#define FRAME 2048

extern struct nic n;
extern struct shunt_nic_sizes nic_sizes; /* of the next nic_setup() */
extern const __u8 mac[2][6];          /* of the cores */
extern const struct shunt_key key[2]; /* the first is theirs */
extern __u8 out[FRAME];               /* the frame that came back from the last run */
extern __u32 out_len;
extern __u32 nr[2]; /* of each core's last credit */

__u64 random_word(void);
/* *state names the object. */
int nic_setup(void **state);
int nic_teardown(void **state);
/* The program's verdict. */
__u32 run(const void *frame, __u32 len);
const struct shunt_wire_request *answer(void);

/* For the next epoch of the core, in the present process. */
struct shunt_wire_hello next_hello(__u32 core);
__u32 send_hello(struct shunt_wire_hello *h, const struct shunt_key *with);
/* The answer is of this type and has a proof under the cores' key. */
void assert_proved(__u8 type);
/* The core's next epoch, whatever the NIC's life. */
void say_hello(__u32 core);
struct shunt_wire_credit credit(__u32 core, __u32 high, __u32 taken, __u32 open);
__u32 send_credit(const struct shunt_wire_credit *c);
/* A core that has heard its WELCOME, and says so. */
void join(__u32 core);

/* A request of the class whose payload begins with the mark. */
__u32 arrive(int cls, __u8 mark);
/* The mark of the request that came back. */
int mark(void);
__u64 slots_missing(void);
/* The NIC's state that a control frame may not change; counters of events are cleared. */
struct shunt_nic nic_read(void);

/* A word of one of the program's maps; and whether requests are preempted. */
void nic_tune(const char *map, __u32 key, __u32 value);
void nic_preempt(bool on);

/* A test with that object; with the one that copies by
 * helpers, and the one that copies by a loop. */
#define NIC_TEST(name, object) \
	{ #name " (" object ")", name, nic_setup, nic_teardown, (void *)("build/" object ".o") }
#define NIC_BOTH(name, policy) NIC_TEST(name, "nic/" policy), NIC_TEST(name, "nic-loop/" policy)
/* Runs an array of them in a network namespace of their own; the program's exit status. */
#define NIC_RUN(tests) (nic_begin() ? 77 : cmocka_run_group_tests(tests, NULL, NULL))
int nic_begin(void);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * inforce.h - what shunt and shuntd share about putting a policy in force
 *
 * In this order, by whoever holds the lock of the interface's directory: the slot that is not live,
 * with its programs pinned beside it, and its policy's memory in the views zeroed; the link;
 * cfg.policy_gen, which makes the slot live and tells the workers.
 */
#pragma once

#include <shunt/abi.h>

#include "pins.h"

/* The pin of the XDP program that belongs to a generation's slot. */
const char *shunt_prog_pin(__u64 gen);
/* A descriptor of that program, or -errno (-ESTALE: it is not the one that the slot names). */
int shunt_prog_open(const struct shunt_pins *pins, __u64 gen, __u32 prog_id);

/* The pin of the program that calls plan(), and a descriptor of it, as above. */
const char *shunt_plan_pin(__u64 gen);
int shunt_plan_open(const struct shunt_pins *pins, __u64 gen, __u32 plan_id);

/* Makes the program the one that steers, in one step: no packet meets none. The program goes into
 * shunt's link, or behind its stub. 0, or -errno. */
int shunt_steer_by(const struct shunt_pins *pins, int prog);

/* Before that generation is put in force: its slot's policy remembers nothing in any view, and has
 * planned nothing. 0, or -errno, also in errno. */
int shunt_slot_clear(const struct shunt_pins *pins, __u64 gen);
/* In this view that generation has planned nothing, and it may. */
void shunt_plan_clear(struct shunt_view *view, __u64 gen);

/* Are requests preempted under this policy? Sets cfg's flag. */
void shunt_preempt_decide(struct shunt_cfg *cfg, __u32 policy_flags);

/* Tells a policy's native code from others; never 0. */
__u64 shunt_code_hash(const void *code, size_t len);
/* The entry of the map "put_out" for that hash, and its number; -1: there is none. */
int shunt_refused_find(int map, __u64 hash, struct shunt_refused *out);
/* The number of a free entry, or of the oldest. */
__u32 shunt_refused_place(int map);

/* "it stalled core 1 of queue 0 in select()": why a policy was put out of force. */
const char *shunt_refused_why(const struct shunt_refused *r, char *out, size_t len);
/* "select()", or "the policy" for what no enum shunt_ask_op is. */
const char *shunt_ask_name(__u32 op);

/* Is another program of shunt changing what is loaded? A
 * descriptor that holds the lock until it is closed, or -errno. */
int shunt_try_lock(const struct shunt_pins *pins);

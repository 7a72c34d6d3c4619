/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * count.h - counting the card's instructions: what count.c and the kinds of instructions share
 */
#pragma once

#include "walk.h"

struct count {
	struct walk *w;
	__u32 depth; /* of the current function's stack, as a multiple of 4 */
	bool main;
};

/* count_alu.c */
__u32 load_const(__u32 v);
__u32 count_alu(const struct count *c, const struct bpf_insn *i, const struct seen *s);
__u32 count_wide(const struct walk *w, __u32 at);
/* count_memory.c */
__u32 count_load(const struct count *c, const struct bpf_insn *i, const struct seen *s);
__u32 count_store(const struct count *c, const struct bpf_insn *i, const struct seen *s);
__u32 count_atomic(const struct bpf_insn *i, const struct seen *s);
/* count_jump.c */
__u32 count_jump(const struct count *c, __u32 at, const struct seen *s);

/* An operand of 8 bits is part of the instruction; so is
 * one of 5 or 8 bits of those that take less. */
static inline __u32 operand(__u32 v)
{
	return v <= 0xff ? 0 : load_const(v);
}

static inline __u32 short_operand(__u32 v)
{
	return v <= 0x7f ? 0 : load_const(v);
}

static inline __u32 zero_extend(const struct seen *s)
{
	return s->zero_extends;
}

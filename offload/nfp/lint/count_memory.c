// SPDX-License-Identifier: BSD-2-Clause
/*
 * count_memory.c - how many of the card's instructions loads, stores and atomics become
 */
#include <stdlib.h>

#include "count.h"

/* Words of the stack at off, of a register: each piece is moved by itself. */
static __u32 stack_pieces(__s32 off, int size, bool load, bool far, bool moving)
{
	__u32 n = 0, byte = 0, reg = 0, before = 255;
	bool first = true;

	while (size) {
		int slice = (4 - (off & 3)) < 4 - (int)byte ? 4 - (off & 3) : 4 - (int)byte;
		bool fresh, last, step, high;

		slice = slice < size ? slice : size;
		last = slice == size;
		fresh = reg != before;
		if (moving)
			off = off & 3;
		step = moving && fresh && !last;
		high = off / 4 > 7; /* such a word is copied to be taken apart */
		if (slice == 4) {
			n++;
		} else if (load) {
			n += 1 + (high && (first || !fresh)) + step;
		} else {
			n += 1 + (high && (first || last));
			if (fresh || last)
				n += high + step;
		}
		before = reg;
		first = false;
		byte += slice;
		if (byte >= 4) {
			byte -= 4;
			reg++;
		}
		size -= slice;
		off += slice;
	}
	return n;
}

static __u32 count_stack(const struct count *c, const struct bpf_insn *i, const struct seen *s)
{
	int size = access_size(i->code);
	__s32 off = c->depth + i->off + s->ptr.off + (__s32)s->ptr.var.bits.value;
	bool load = is_load(i), narrow = load && size < 8, far = true, moving = false;
	__u32 n = 0;

	if (s->moves || s->caller_frame) {
		n = operand(i->off) + 1;
		moving = true;
	} else if (off + size <= 64) {
		far = false;
	} else if ((off & ~31) == ((off + size - 1) & ~31)) {
		n = operand(off & ~31) + 1;
		off &= 31;
	} else {
		n = operand(off & ~3) + 1;
		moving = true;
	}
	if (far)
		n += 1 + (narrow && s->zero_extends ? 2 : 3);
	if (narrow)
		n += zero_extend(s);
	return n + stack_pieces(off, size, load, far, moving);
}

static __u32 add_offset(__u32 off)
{
	return short_operand(off) + (off ? 2 : 0);
}

static __u32 move_words(int size)
{
	return size == 8 ? 2 : 1;
}

/* A copy: read all, write all, and leave in the register what the last load left there. */
static __u32 count_copy(const struct seen *s)
{
	__u32 len = abs(s->gather), words = (len + 3) / 4;
	__s32 to = s->copy_to;
	__u32 n = s->ptr.type == R_VALUE ? add_offset(s->copy_from) : short_operand(s->copy_from);

	n += (len > 32) + 1 + words + short_operand(to);
	if (len <= 8 || (len <= 32 && len % 4 == 0))
		n += 1;
	else if (len <= 32 || len % 4 == 0)
		n += 2;
	else if (len <= 40)
		n += 2 + short_operand(to + 32);
	else
		n += 3 + short_operand((__u8)(to + (words - 1) * 4));
	return n + 2; /* both halves */
}

static __u32 fill_cache(const struct seen *s)
{
	return short_operand(s->cache_start) + (s->cache_end - s->cache_start > 32) + 1;
}

static __u32 from_cache(const struct bpf_insn *i, const struct seen *s, int size)
{
	int off = (i->off - s->cache_start) & 3;

	if (!off)
		return size == 8 ? 2 : 1 + zero_extend(s);
	if (size == 8)
		return 4;
	return (size > 4 - off ? 2 : 1) + zero_extend(s);
}

__u32 count_load(const struct count *c, const struct bpf_insn *i, const struct seen *s)
{
	int size = access_size(i->code);
	__u32 zext = size < 8 ? zero_extend(s) : 0;

	if (s->gather)
		return count_copy(s);
	switch (s->ptr.type) {
	case R_CTX:
		return 2;
	case R_STACK:
		return count_stack(c, i, s);
	case R_VALUE:
		return add_offset(i->off) + 1 + move_words(size) + zext;
	default:
		if (s->cache_end)
			return (s->cache_fill ? fill_cache(s) : 0) + from_cache(i, s, size);
		return short_operand(i->off) + 1 + move_words(size) + zext;
	}
}

__u32 count_store(const struct count *c, const struct bpf_insn *i, const struct seen *s)
{
	switch (s->ptr.type) {
	case R_CTX:
		return 5;
	case R_STACK:
		return count_stack(c, i, s);
	default:
		return short_operand(i->off) + move_words(access_size(i->code)) + 1;
	}
}

/* An addition of at most 16 bits is part of the command; what may be more has code for both. */
__u32 count_atomic(const struct bpf_insn *i, const struct seen *s)
{
	__u32 n = operand(i->off) + (i->off ? 2 : 0);

	if (s->add_small)
		n += 3;
	if (s->add_large)
		n += BPF_SIZE(i->code) == BPF_DW ? 3 : 2;
	if (s->add_small && s->add_large)
		n += 5;
	return n;
}

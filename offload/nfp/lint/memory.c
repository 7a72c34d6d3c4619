// SPDX-License-Identifier: BSD-2-Clause
/*
 * memory.c - loads, stores and atomics: on the context, the packet, the stack and map values
 */
#include <stddef.h>
#include <string.h>

#include "walk.h"

static enum step spoil(struct walk *w, int r)
{
	*reg_of(w, r) = reg_spoilt();
	return STEP_NEXT;
}

/* --- one kind of memory each: false, and said, where an access is not allowed ----------------- */

static bool packet_access(struct walk *w, const struct reg *r, int off, int size)
{
	__s64 at = (__s64)r->off + off;
	__u64 last = at + r->var.umax + size - 1;

	if (r->var.smin < 0 || r->range < 0 || at < 0 || at + size > r->range) {
		complain(w, RULE_PACKET_BOUNDS, "%d byte%s at %lld of the packet may not be there",
			 size, size == 1 ? "" : "s", (long long)at);
		return false;
	}
	if (last > w->p->packet_end && last <= UINT32_MAX)
		w->p->packet_end = last;
	return true;
}

static bool stack_access(struct walk *w, const struct reg *r, int off, int size, bool aligned)
{
	__s64 at = (__s64)r->off + off + (__s64)r->var.bits.value;
	struct frame *f = w->state->frames[r->frame];
	__u32 *depth = &w->stack_depth[f->start];

	if (!scalar_is_const(&r->var)) {
		complain(w, RULE_STACK_OFFSET, "the place on the stack is variable");
		return false;
	}
	if (at < -8 * SLOTS || at + size > 0 || (aligned && at % size)) {
		complain(w, RULE_STACK_BOUNDS, "%d bytes at %lld of the stack", size,
			 (long long)at);
		return false;
	}
	if (*depth < -at)
		*depth = (-at + 7) & ~7; /* as the kernel counts it */
	return true;
}

static bool value_access(struct walk *w, const struct reg *r, int off, int size)
{
	const struct lint_map *m = &w->o->maps[r->map];
	__s64 at = (__s64)r->off + off;

	if (r->var.smin < 0 || at + r->var.smin < 0 || r->var.umax > UINT32_MAX ||
	    at + (__s64)r->var.umax + size > m->value_size) {
		complain(w, RULE_MAP_BOUNDS,
			 "%d bytes at %lld of a value of map '%s', which has %u", size,
			 (long long)at, m->name, m->value_size);
		return false;
	}
	return true;
}

/* A word is read by all programs, or added to by all. */
static bool use_words(struct walk *w, const struct reg *r, int off, int size, enum lint_use use)
{
	struct lint_map *m = &w->o->maps[r->map];
	__s64 at = (__s64)r->off + off + (__s64)r->var.bits.value;

	if (!scalar_is_const(&r->var)) {
		complain(w, RULE_MAP_OFFSET, "the place in a value of map '%s' is variable",
			 m->name);
		return false;
	}
	if (!value_access(w, r, off, size))
		return false;
	for (__s64 word = at / 4; word <= (at + size - 1) / 4 && word < LINT_VALUE_WORDS; word++) {
		if (m->use[word] != USE_NONE && m->use[word] != use) {
			complain(w, RULE_MAP_MIXED,
				 "bytes %lld to %lld of map '%s' are %s here and %s elsewhere",
				 (long long)word * 4, (long long)word * 4 + 3, m->name,
				 use == USE_READ ? "read" : "added to",
				 use == USE_READ ? "added to" : "read");
			return false;
		}
		m->use[word] = use;
	}
	return true;
}

bool memory_in_bounds(struct walk *w, const struct reg *r, int off, int size)
{
	switch (r->type) {
	case R_PACKET:
		return packet_access(w, r, off, size);
	case R_STACK:
		if (!stack_access(w, r, off, size, false))
			return false;
		live_read_stack(w, r->frame, r->off + off + (int)r->var.bits.value, size);
		return true;
	case R_VALUE:
		return value_access(w, r, off, size);
	default:
		return true;
	}
}

/* --- what the card's driver wants of an address ----------------------------------------------- */

static bool may_point(struct walk *w, const struct reg *r)
{
	switch (r->type) {
	case R_CTX:
	case R_STACK:
	case R_PACKET:
	case R_VALUE:
		return true;
	case R_VALUE_OR_NULL:
		complain(w, RULE_NULL_CHECK, "what map '%s' gave may be NULL",
			 w->o->maps[r->map].name);
		return false;
	default:
		complain(w, RULE_POINTER_TYPE, "access through %s",
			 r->type == R_MAP ? "a map itself" :
			 r->type == R_PACKET_END ? "data_end" : "what is no pointer");
		return false;
	}
}

/* Bytes from the start of the stack: paths may differ, but by whole words. */
static bool same_alignment(struct walk *w, struct seen *s, const struct reg *r)
{
	__s64 now = (__s64)r->off + (__s64)r->var.bits.value;
	__s64 before = (__s64)s->ptr.off + (__s64)s->ptr.var.bits.value;

	if (r->frame != w->state->cur)
		s->caller_frame = true;
	if (!s->has_ptr || s->ptr.type != R_STACK)
		return true;
	if (now != before)
		s->moves = true;
	if (!s->moves || now % 4 == before % 4)
		return true;
	complain(w, RULE_STACK_MOVES, "the stack is accessed at %lld and, on another path, at %lld",
		 (long long)now, (long long)before);
	return false;
}

/* False, and said: the access cannot be made. */
static bool check_address(struct walk *w, const struct reg *r)
{
	static const char *const kinds[] = { [R_CTX] = "the context", [R_STACK] = "the stack",
					     [R_PACKET] = "the packet",
					     [R_VALUE] = "a map's value" };
	struct seen *s = &w->seen[w->state->at];
	bool good = may_point(w, r);

	if (good && r->type == R_STACK && scalar_is_const(&r->var))
		good = same_alignment(w, s, r);
	if (good && s->has_ptr && s->ptr.type != r->type) {
		complain(w, RULE_POINTER_MIX, "one access to %s on one path and to %s on another",
			 kinds[s->ptr.type], kinds[r->type]);
		good = false;
	}
	if (good) {
		s->ptr = *r;
		s->has_ptr = true;
	}
	return good;
}

/* --- instructions ----------------------------------------------------------------------------- */

static enum step load_context(struct walk *w, const struct bpf_insn *insn, const struct reg *r)
{
	static const char *const fields[] = { "data", "data_end", "data_meta", "ingress_ifindex",
					      "rx_queue_index", "egress_ifindex" };
	struct reg got = reg_number(scalar_const(0));
	int off = insn->off + r->off;

	if (access_size(insn->code) != 4 || off < 0 || off % 4 || off > 20 ||
	    !scalar_is_const(&r->var) || r->off) {
		complain(w, RULE_CTX_LOAD, "%d bytes at %d of the context", access_size(insn->code),
			 off);
		return spoil(w, insn->dst_reg);
	}
	if (off > (int)offsetof(struct xdp_md, data_end)) {
		complain(w, RULE_CTX_LOAD, "reads ctx->%s", fields[off / 4]);
		return spoil(w, insn->dst_reg);
	}
	got.type = off ? R_PACKET_END : R_PACKET;
	*reg_of(w, insn->dst_reg) = got;
	return STEP_NEXT;
}

static enum step load_stack(struct walk *w, const struct bpf_insn *insn, const struct reg *r)
{
	int size = access_size(insn->code), at = r->off + insn->off + (int)r->var.bits.value;
	struct reg got;

	if (!stack_access(w, r, insn->off, size, true))
		return spoil(w, insn->dst_reg);
	live_read_stack(w, r->frame, at, size);
	got = stack_read(w->state->frames[r->frame], at, size);
	if (got.type == R_NUMBER && size < 8)
		got.var = scalar_loaded(got.var, size);
	*reg_of(w, insn->dst_reg) = got;
	return STEP_NEXT;
}

enum step do_load(struct walk *w, const struct bpf_insn *insn)
{
	const struct reg r = *reg_of(w, insn->src_reg);
	int size = access_size(insn->code);
	bool good;

	if (!written(w, insn->src_reg))
		return STEP_END;
	if (r.type == R_SPOILT || !check_address(w, &r))
		return spoil(w, insn->dst_reg);
	if (r.type == R_CTX)
		return load_context(w, insn, &r);
	if (r.type == R_STACK)
		return load_stack(w, insn, &r);
	if (r.type == R_VALUE)
		good = use_words(w, &r, insn->off, size, USE_READ);
	else
		good = packet_access(w, &r, insn->off, size);
	*reg_of(w, insn->dst_reg) = good ? reg_number(scalar_loaded(scalar_any(), size))
					 : reg_spoilt();
	return STEP_NEXT;
}

static enum step store_context(struct walk *w, const struct bpf_insn *insn, const struct reg *r)
{
	if (insn->off != (int)offsetof(struct xdp_md, rx_queue_index) || r->off ||
	    access_size(insn->code) != 4 || !scalar_is_const(&r->var))
		complain(w, RULE_CTX_STORE, "stores %d bytes at %d of the context",
			 access_size(insn->code), insn->off + r->off);
	return STEP_NEXT;
}

static void store_stack(struct walk *w, const struct bpf_insn *insn, int frame, int off,
			const struct reg *value)
{
	int size = access_size(insn->code);
	bool zero = value->type == R_NUMBER && scalar_is_const(&value->var) &&
		    !value->var.bits.value;

	/* Numbers are followed through spills by the frame's
	 * own address alone, and zeroes not at all. */
	if (is_store(insn) && (insn->dst_reg != FP || zero))
		live_exact(w, insn->src_reg);
	stack_write(w->state->frames[frame], off, size, value);
	live_write_stack(w, frame, off, size);
}

/* value: what is stored. */
static enum step store_value(struct walk *w, const struct bpf_insn *insn, const struct reg *value)
{
	const struct reg r = *reg_of(w, insn->dst_reg);
	int size = access_size(insn->code);

	if (!written(w, insn->dst_reg))
		return STEP_END;
	if (r.type == R_SPOILT)
		return STEP_NEXT;
	if (r.type == R_CTX)
		store_context(w, insn, &r);
	if (r.type == R_VALUE) {
		complain(w, RULE_MAP_STORE, "stores to a value of map '%s'",
			 w->o->maps[r.map].name);
		return STEP_NEXT;
	}
	if (r.type == R_STACK && value->type == R_STACK && value->frame > r.frame) {
		complain(w, RULE_POINTER_MATH,
			 "a pointer into a function's stack is stored in its caller's");
		return STEP_NEXT;
	}
	if (!check_address(w, &r))
		return STEP_NEXT;
	if (r.type == R_STACK && size < 8 && value->type != R_NUMBER && value->type != R_SPOILT) {
		complain(w, RULE_POINTER_MATH, "a part of a pointer is stored on the stack");
		return STEP_NEXT;
	}
	if (r.type == R_PACKET)
		packet_access(w, &r, insn->off, size);
	else if (r.type == R_STACK && stack_access(w, &r, insn->off, size, true))
		store_stack(w, insn, r.frame, r.off + insn->off + (int)r.var.bits.value, value);
	return STEP_NEXT;
}

enum step do_store(struct walk *w, const struct bpf_insn *insn)
{
	struct reg value;

	if (BPF_CLASS(insn->code) == BPF_ST) {
		complain(w, RULE_STORE_IMM, "stores the constant %d straight to memory", insn->imm);
		value = reg_number(scalar_const((__u64)(__s64)insn->imm));
		return store_value(w, insn, &value);
	}
	if (!written(w, insn->src_reg))
		return STEP_END;
	value = *reg_of(w, insn->src_reg);
	return store_value(w, insn, &value);
}

static void note_addend(struct seen *s, const struct scalar *v)
{
	s->add_large |= v->bits.value > 0xffff || v->bits.unknown > 0xffff;
	s->add_small |= (v->bits.value & ~v->bits.unknown) <= 0xffff;
}

enum step do_atomic(struct walk *w, const struct bpf_insn *insn)
{
	const struct reg *dst = reg_of(w, insn->dst_reg), *src = reg_of(w, insn->src_reg);
	const struct reg r = *dst;

	if (!written(w, insn->dst_reg) || !written(w, insn->src_reg))
		return STEP_END;
	if (insn->imm != BPF_ADD)
		complain(w, RULE_ATOMIC_OP,
			 insn->imm == (BPF_ADD | BPF_FETCH)
				 ? "an atomic addition whose result is used"
				 : "an atomic operation other than addition (%#x)",
			 insn->imm);
	else if (r.type != R_SPOILT && r.type != R_VALUE && r.type != R_VALUE_OR_NULL)
		complain(w, RULE_ATOMIC_TARGET, "an atomic addition to what is no map value");
	else if (src->type != R_SPOILT && src->type != R_NUMBER)
		complain(w, RULE_ATOMIC_TARGET, "an atomic addition of a pointer");
	else if (r.type == R_VALUE &&
		 (r.off + insn->off + (__s64)r.var.bits.value) % access_size(insn->code))
		complain(w, RULE_ATOMIC_TARGET,
			 "an atomic addition to %d bytes that are not aligned",
			 access_size(insn->code));
	else if (r.type != R_SPOILT && check_address(w, &r) &&
		 use_words(w, &r, insn->off, access_size(insn->code), USE_ADDED))
		note_addend(&w->seen[w->state->at], &src->var);
	if (insn->imm & BPF_FETCH)
		spoil(w, insn->imm == BPF_CMPXCHG ? BPF_REG_0 : insn->src_reg);
	return STEP_NEXT;
}

/* ld_imm64: a number, a map, or what the card has not. */
enum step do_wide(struct walk *w, const struct lint_insn *at)
{
	struct reg *dst = reg_of(w, at->insn.dst_reg);

	if (at->ref == REF_EXTERN)
		complain(w, RULE_EXTERN, "refers to '%s'", at->symbol);
	else if (at->ref == REF_FUNC)
		complain(w, RULE_EXTERN, "takes the address of a function");
	if (at->ref == REF_NONE && at->insn.src_reg)
		complain(w, RULE_BAD_INSN, "refers to what is not in this file");
	if (at->ref == REF_MAP && at[1].insn.imm)
		complain(w, RULE_BAD_INSN, "refers to a map, with an offset");
	*dst = reg_spoilt();
	if (at->ref == REF_MAP && !w->o->maps[at->index].data) {
		*dst = reg_number(scalar_const(0));
		dst->type = R_MAP;
		dst->map = at->index;
	} else if (at->ref == REF_NONE && !at->insn.src_reg) {
		*dst = reg_number(
			scalar_const((__u32)at->insn.imm | (__u64)(__u32)at[1].insn.imm << 32));
	}
	return STEP_NEXT;
}

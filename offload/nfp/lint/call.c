// SPDX-License-Identifier: BSD-2-Clause
/*
 * call.c - calls of helpers and functions, and returns
 */
#include <stdlib.h>
#include <string.h>

#include "walk.h"

static const char *helper_name(int id)
{
	static const char *const names[] = {
#define NAME(x) [BPF_FUNC_##x] = #x
		__BPF_FUNC_MAPPER(NAME)
#undef NAME
	};

	return id > 0 && id < (int)(sizeof(names) / sizeof(*names)) && names[id] ? names[id]
										 : "unknown";
}

/* Registers that a call leaves without a value. */
static void forget_args(struct frame *f)
{
	for (int r = BPF_REG_0; r <= BPF_REG_5; r++)
		memset(&f->regs[r], 0, sizeof(f->regs[r]));
}

/* Packet pointers mean nothing any more once the packet was made longer or shorter. */
static void lose_packet(struct reg *r, void *arg)
{
	if (r->type == R_PACKET || r->type == R_PACKET_END)
		*r = reg_number(scalar_any());
}

static bool check_key(struct walk *w, const char *name)
{
	const struct reg *map = reg_of(w, BPF_REG_1), *key = reg_of(w, BPF_REG_2);
	struct seen *s = &w->seen[w->state->at];
	__s64 off;

	if (map->type != R_MAP) {
		complain(w, RULE_BAD_CALL, "bpf_%s() of what is no map", name);
		return false;
	}
	if (key->type != R_STACK) {
		complain(w, RULE_KEY_POINTER, "the key of bpf_%s() is not on the stack", name);
		return false;
	}
	if (!scalar_is_const(&key->var)) {
		complain(w, RULE_KEY_OFFSET, "the key of bpf_%s() has no fixed place on the stack",
			 name);
		return false;
	}
	off = (__s64)key->off + (__s64)key->var.bits.value;
	if (off % 4) {
		complain(w, RULE_KEY_OFFSET, "the key of bpf_%s() is at %lld on the stack", name,
			 (long long)off);
		return false;
	}
	if (s->helper && s->key_off != off)
		s->key_moves = true;
	s->key_off = off;
	if (w->o->maps[map->map].key_size > NFP_KEY)
		return true; /* said of the map */
	return memory_in_bounds(w, key, 0, w->o->maps[map->map].key_size);
}

static struct reg look_up(struct walk *w)
{
	const struct reg *map = reg_of(w, BPF_REG_1);
	struct reg got = reg_number(scalar_const(0));

	if (map->type == R_SPOILT || reg_of(w, BPF_REG_2)->type == R_SPOILT ||
	    !check_key(w, "map_lookup_elem"))
		return reg_spoilt();
	if (w->o->maps[map->map].type == BPF_MAP_TYPE_PERF_EVENT_ARRAY)
		complain(w, RULE_BAD_CALL, "bpf_map_lookup_elem() of a map of events");
	got.type = R_VALUE_OR_NULL;
	got.map = map->map;
	got.id = ++w->id;
	return got;
}

/* The driver leaves out the checks of the only call of a program, by a small constant. */
static void adjust_head(struct walk *w)
{
	const struct reg *by = reg_of(w, BPF_REG_2);
	__s64 n = (__s32)by->var.bits.value;
	bool simple = by->type == R_NUMBER && scalar_is_const(&by->var) && n <= NFP_HEAD_ADD &&
		      n >= -NFP_HEAD_SUB;

	if (!simple ||
	    (w->adjust_head != -2 && (w->adjust_head != (int)w->state->at || w->adjust_by != n)))
		w->adjust_head = -1;
	else
		w->adjust_head = w->state->at;
	w->adjust_by = n;
}

static void perf_event(struct walk *w)
{
	const struct reg *map = reg_of(w, BPF_REG_2), *flags = reg_of(w, BPF_REG_3),
			 *data = reg_of(w, BPF_REG_4), *len = reg_of(w, BPF_REG_5);

	if (map->type == R_SPOILT || data->type == R_SPOILT || flags->type == R_SPOILT)
		return;
	live_exact(w, BPF_REG_5);
	if (map->type != R_MAP || w->o->maps[map->map].type != BPF_MAP_TYPE_PERF_EVENT_ARRAY)
		complain(w, RULE_BAD_CALL, "bpf_perf_event_output() to what is no map of events");
	else if ((__u32)flags->var.bits.unknown ||
		 (__u32)flags->var.bits.value != BPF_F_CURRENT_CPU)
		complain(w, RULE_PERF_EVENT, "bpf_perf_event_output() without BPF_F_CURRENT_CPU");
	else if (data->type != R_STACK && data->type != R_VALUE && data->type != R_PACKET)
		complain(w, RULE_PERF_EVENT,
			 "the data of bpf_perf_event_output() are not where the card can be");
	else if (data->type == R_STACK &&
		 (!scalar_is_const(&data->var) || (data->off + (__s64)data->var.bits.value) % 4))
		complain(w, RULE_PERF_EVENT,
			 "the data of bpf_perf_event_output() are not at a multiple of 4");
	else if (len->type == R_NUMBER && len->var.umax <= INT32_MAX && len->var.umax)
		memory_in_bounds(w, data, 0, len->var.umax);
	w->seen[w->state->at].event_type = data->type;
}

/* R0 of a helper; complains of those that the card has not. */
static struct reg call_helper(struct walk *w, int id)
{
	const struct reg *ctx = reg_of(w, BPF_REG_1);

	switch (id) {
	case BPF_FUNC_map_lookup_elem:
		return look_up(w);
	case BPF_FUNC_get_prandom_u32:
		break;
	case BPF_FUNC_xdp_adjust_head:
	case BPF_FUNC_xdp_adjust_tail:
		if (ctx->type != R_CTX && ctx->type != R_SPOILT)
			complain(w, RULE_BAD_CALL, "bpf_%s() without the context", helper_name(id));
		if (id == BPF_FUNC_xdp_adjust_head)
			adjust_head(w);
		each_reg(w->state, lose_packet, NULL);
		break;
	case BPF_FUNC_perf_event_output:
		perf_event(w);
		break;
	case BPF_FUNC_map_update_elem:
	case BPF_FUNC_map_delete_elem:
		complain(w, RULE_HELPER_FIRMWARE, "bpf_%s()", helper_name(id));
		return reg_spoilt();
	default:
		complain(w, RULE_HELPER, "bpf_%s() (%d)", helper_name(id), id);
		return reg_spoilt();
	}
	return reg_number(scalar_any());
}

int helper_args(int id)
{
	switch (id) {
	case BPF_FUNC_map_lookup_elem:
	case BPF_FUNC_xdp_adjust_head:
	case BPF_FUNC_xdp_adjust_tail:
		return 2;
	case BPF_FUNC_perf_event_output:
		return 5;
	default:
		return 0;
	}
}

static enum step helper(struct walk *w, int id)
{
	struct reg got;

	for (int r = BPF_REG_1; r <= helper_args(id); r++) {
		if (!written(w, r))
			return STEP_END;
	}
	got = call_helper(w, id);
	w->seen[w->state->at].helper = id;
	forget_args(cur_frame(w));
	*reg_of(w, BPF_REG_0) = got;
	return STEP_NEXT;
}

static enum step function(struct walk *w, const struct bpf_insn *insn)
{
	struct state *s = w->state;
	__u32 start = s->at + 1 + insn->imm;
	struct frame *f;

	if (s->cur + 1 == FRAMES) {
		complain(w, RULE_BAD_CALL, "calls are nested more than %d deep", FRAMES - 1);
		return STEP_END;
	}
	f = frame_new(start, s->at, s->cur + 1);
	if (!f) {
		w->stopped = true;
		return STEP_END;
	}
	for (int r = BPF_REG_1; r <= BPF_REG_5; r++) {
		live_read(w, r);
		f->regs[r] = *reg_of(w, r);
	}
	forget_args(cur_frame(w));
	s->frames[++s->cur] = f;
	s->at = start;
	return STEP_JUMP;
}

enum step do_call(struct walk *w, const struct lint_insn *at)
{
	if (at->ref == REF_EXTERN) {
		complain(w, RULE_EXTERN, "calls '%s' of the kernel", at->symbol);
		forget_args(cur_frame(w));
		*reg_of(w, BPF_REG_0) = reg_spoilt();
		return STEP_NEXT;
	}
	if (is_func_call(&at->insn))
		return function(w, &at->insn);
	if (at->insn.src_reg) {
		complain(w, RULE_EXTERN, "calls a function of the kernel");
		return STEP_END;
	}
	return helper(w, at->insn.imm);
}

enum step do_exit(struct walk *w)
{
	struct state *s = w->state;
	const struct reg got = *reg_of(w, BPF_REG_0);

	live_read(w, BPF_REG_0);
	if (s->cur) {
		struct frame *f = s->frames[s->cur];

		if (got.type == R_STACK) {
			complain(w, RULE_POINTER_MATH, "returns a pointer into its own stack");
			return STEP_END;
		}
		s->frames[s->cur--] = NULL;
		s->at = f->callsite + 1;
		*reg_of(w, BPF_REG_0) = got;
		free(f);
		return STEP_JUMP;
	}
	if (written(w, BPF_REG_0) && got.type == R_NUMBER && scalar_is_const(&got.var) &&
	    got.var.bits.value > XDP_TX)
		complain(w, RULE_RETURN_VALUE, "returns %llu, which the card takes for XDP_ABORTED",
			 (unsigned long long)got.var.bits.value);
	return STEP_END;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * walk.h - following a program's paths: what registers and stack hold, and what was seen of each
 * instruction on all paths
 */
#pragma once

#include "lint.h"
#include "scalar.h"

#define REGS 11
#define SLOTS 64 /* of 8 bytes, of a function's stack */
#define FRAMES 8
#define FP 10
#define PENDING 8192 /* branches that wait to be followed, at most */

enum reg_type {
	R_NONE,      /* not written yet */
	R_NUMBER,
	R_CTX,
	R_STACK,
	R_PACKET,
	R_PACKET_END,
	R_MAP,       /* the map itself */
	R_VALUE,     /* a value in it */
	R_VALUE_OR_NULL,
	R_SPOILT,    /* after a finding: nothing more is said of it */
};

/* A packet pointer's range, other than the bytes that are known to be there. */
enum { AT_END = -1, BEYOND_END = -2 };

struct reg {
	enum reg_type type;
	__s32 off;   /* of pointers: the fixed part */
	__u32 id;    /* the same unknown number, packet pointer or look-up */
	__s32 range; /* R_PACKET */
	__s16 map;   /* R_MAP, R_VALUE...: its index */
	__s16 frame; /* R_STACK: whose */
	__u32 narrow;   /* on the stack: how many of its bytes are there; 0: all */
	struct scalar var; /* the number, or the variable part of a pointer */
};

enum slot_kind { SLOT_MISC, SLOT_ZERO, SLOT_REG };

struct slot {
	struct reg reg;
	__u8 kind[8]; /* of each byte, the lowest address first */
};

/* The sources of a computed number: registers and slots of the state kept last. */
struct from {
	__u16 regs;
	__u64 slots;
};

struct frame {
	struct reg regs[REGS];
	struct from from[REGS], slot_from[SLOTS];
	__u16 wrote;       /* registers, since the state kept last */
	__u64 wrote_slots;
	/* of kept states: what was read later, and of which numbers the range mattered */
	__u16 read, exact;
	__u64 read_slots, exact_slots;
	__u32 start;    /* of the function */
	__u32 callsite; /* in the caller */
	int nslots;     /* used; slots[0] is at fp - 8 */
	struct slot slots[SLOTS];
};

struct saved;

struct state {
	struct frame *frames[FRAMES];
	int cur;             /* the running function's frame */
	__u32 at;            /* instruction */
	struct saved *parent; /* what was saved last on this path */
};

/* The findings of all paths about an instruction, in the terms of the card's driver. */
struct seen {
	bool reached;
	bool jump_target;
	bool meeting;         /* here the kernel looks for states that it has met */
	bool func_start;
	bool zero_extends;    /* its 32-bit result is read as 64 bits */
	bool caller_frame;    /* it uses a caller's stack */
	bool moves;           /* its stack address differs from path to path */
	bool add_large, add_small; /* atomic add: of more than 16 bits, of at most 16 */
	bool has_ptr;
	struct reg ptr;       /* memory: the address register, on the last path */
	__u64 umin_src, umax_src, umin_dst, umax_dst; /* arithmetic */
	int helper;           /* 0: none */
	enum reg_type event_type; /* perf_event_output: where the data are */
	__s64 key_off;        /* look-up */
	bool key_moves;
	/* count.c: */
	bool skip;
	__s32 gather;         /* bytes of a copy that begins here, negative: downwards */
	__s32 copy_from, copy_to; /* its lowest offsets */
	__s32 cache_start, cache_end;
	bool cache_fill;
};

struct saved {
	struct saved *next; /* at the same instruction */
	struct saved *parent;
	int running; /* paths from here that have not ended */
	__u32 hits, misses;
	struct state state;
};

struct walk {
	struct lint_object *o;
	struct lint_prog *p;
	const struct lint_insn *insns;
	__u32 n;
	struct seen *seen;
	__u16 *wide;            /* before each instruction: registers
				 * that are read as 64 bits later */
	struct saved **saved;
	struct saved *dropped;  /* of no use any more, but parents of others */
	struct state **pending;
	int npending, pending_room;
	struct state *state;    /* the path being followed */
	__u32 id;
	__u32 steps, jumps;
	__u32 steps_kept, jumps_kept; /* when a state was saved last */
	size_t memory;          /* of saved states */
	__u32 *owner;           /* the start of each instruction's function */
	__u32 *stack_depth;     /* by instruction of a function's start */
	bool calls;             /* functions */
	int adjust_head;        /* the only call, or -1; -2: none yet */
	__s64 adjust_by;
	bool stopped;           /* out of memory, or out of steps */
};

enum step { STEP_NEXT, STEP_JUMP, STEP_END };

/* state.c */
struct reg reg_number(struct scalar s);
struct reg reg_spoilt(void);
struct frame *frame_new(__u32 start, __u32 callsite, int number);
struct state *state_copy(const struct state *s);
void state_free(struct state *s);
size_t state_size(const struct state *s);
struct frame *cur_frame(struct walk *w);
struct reg *reg_of(struct walk *w, int r);
/* Calls back for each register and each spilled one of all frames. */
void each_reg(struct state *s, void (*fn)(struct reg *r, void *arg), void *arg);
void stack_write(struct frame *f, int off, int size, const struct reg *value);
struct reg stack_read(const struct frame *f, int off, int size);

/* live.c */
void live_read(struct walk *w, int r);
void live_read_stack(struct walk *w, int number, int off, int size);
void live_write_stack(struct walk *w, int number, int off, int size);
void live_exact(struct walk *w, int r);
void live_as(struct walk *w, const struct saved *s);
void live_begin(struct walk *w, struct saved *kept);
void live_pass(struct frame *f, const struct bpf_insn *i);

/* prune.c: true if all that comes was already seen from such a state. */
bool known_state(struct walk *w);
void path_ends(struct walk *w, struct saved *from);

/* flow.c */
void flow_zero_extends(struct walk *w);
/* False: an instruction or a jump that no kernel takes. */
bool flow_check(struct walk *w);

/* alu.c, memory.c, call.c, branch.c: one instruction each. */
enum step do_alu(struct walk *w, const struct bpf_insn *insn);
enum step do_load(struct walk *w, const struct bpf_insn *insn);
enum step do_store(struct walk *w, const struct bpf_insn *insn);
enum step do_atomic(struct walk *w, const struct bpf_insn *insn);
enum step do_wide(struct walk *w, const struct lint_insn *at);
enum step do_call(struct walk *w, const struct lint_insn *at);
enum step do_exit(struct walk *w);
/* call.c: how many arguments each of the card's helpers reads. */
int helper_args(int id);
enum step do_branch(struct walk *w, const struct bpf_insn *insn);
/* form.c: false, and said: no kernel takes it. */
bool well_formed(struct walk *w, const struct bpf_insn *i);
/* memory.c: may size bytes at the register be read or written? */
bool memory_in_bounds(struct walk *w, const struct reg *r, int off, int size);
/* path.c */
void complain(struct walk *w, enum lint_rule rule, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
bool push_path(struct walk *w, struct state *s);
/* False, and said: it was never written. */
bool written(struct walk *w, int r);
/* Does the function that starts there use R6 to R9, which it then saves? */
bool saves_regs(const struct walk *w, __u32 start);

/* count.c: how many instructions the card's code has. */
__u32 count_insns(struct walk *w);
/* gather.c: the driver's optimizations of packet accesses, which change that. */
void gather_copies(struct walk *w);
void cache_packet(struct walk *w);

static inline int access_size(__u8 code)
{
	switch (BPF_SIZE(code)) {
	case BPF_B:
		return 1;
	case BPF_H:
		return 2;
	case BPF_W:
		return 4;
	default:
		return 8;
	}
}

static inline bool is_load(const struct bpf_insn *i)
{
	return (i->code & ~0x18) == (BPF_LDX | BPF_MEM);
}

static inline bool is_store(const struct bpf_insn *i)
{
	return (i->code & ~0x18) == (BPF_STX | BPF_MEM);
}

static inline bool is_atomic(const struct bpf_insn *i)
{
	return (i->code & ~0x18) == (BPF_STX | BPF_ATOMIC);
}

static inline bool is_alu(const struct bpf_insn *i)
{
	return BPF_CLASS(i->code) == BPF_ALU || BPF_CLASS(i->code) == BPF_ALU64;
}

static inline bool is_jump(const struct bpf_insn *i)
{
	return BPF_CLASS(i->code) == BPF_JMP || BPF_CLASS(i->code) == BPF_JMP32;
}

static inline bool is_call(const struct bpf_insn *i)
{
	return i->code == (BPF_JMP | BPF_CALL);
}

static inline bool is_func_call(const struct bpf_insn *i)
{
	return is_call(i) && i->src_reg == BPF_PSEUDO_CALL;
}

static inline bool is_exit(const struct bpf_insn *i)
{
	return i->code == (BPF_JMP | BPF_EXIT);
}

static inline bool is_branch(const struct bpf_insn *i)
{
	return is_jump(i) && !is_call(i) && !is_exit(i) && i->code != (BPF_JMP | BPF_JA);
}

static inline bool is_wide(const struct bpf_insn *i)
{
	return i->code == (BPF_LD | BPF_IMM | BPF_DW);
}

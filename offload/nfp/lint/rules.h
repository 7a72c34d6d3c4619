/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rules.h - what the card demands: every rule's name, weight, and what to do instead
 *
 * Limits are those of the firmware that exists (2.0.6.124) and of the driver of Linux 6.1.
 */
#pragma once

#include <stdbool.h>

#define NFP_MAX_INSNS 2560      /* of the card's own */
#define NFP_STACK 512
#define NFP_PACKET 1888         /* bytes of a packet that a program can look at */
#define NFP_MAPS 128
#define NFP_ENTRIES 3072000     /* of all maps together */
#define NFP_KEY 56
#define NFP_VALUE 56
#define NFP_ELEMENT 64          /* key and value, each rounded up to 8 */
#define NFP_HEAD_SUB 84         /* what adjust_head may do without being checked on the card */
#define NFP_HEAD_ADD 46

#define LINT_RULES(X)                                                                             \
	/* the object */                                                                          \
	X(PROG_TYPE, "prog-type", true, "the card runs XDP programs: SEC(\"xdp\")")               \
	X(GLOBAL_DATA, "global-data", true,                                                       \
	  "no globals, constants or printk: put it into an array of one entry")                   \
	X(EXTERN, "extern", true,                                                                 \
	  "the card has no kernel functions and variables to call or read")                       \
	/* maps */                                                                                \
	X(MAP_TYPE, "map-type", true, "use BPF_MAP_TYPE_ARRAY or BPF_MAP_TYPE_HASH")              \
	X(MAP_FLAGS, "map-flags", true, "leave map_flags and numa_node out")                      \
	X(MAP_KEY, "map-key", true, "keys have at most 56 bytes")                                 \
	X(MAP_VALUE, "map-value", true,                                                           \
	  "values have at most 56 bytes: split it over several maps")                             \
	X(MAP_ELEMENT, "map-element", true,                                                       \
	  "key and value together, each rounded up to 8, have at most 64 bytes")                  \
	X(MAP_ENTRIES, "map-entries", true, "all maps together have at most 3072000 entries")     \
	X(MAP_COUNT, "map-count", true, "a card holds at most 128 maps")                          \
	/* instructions */                                                                        \
	X(OPCODE, "opcode", true, "compile with -mcpu=v3, and no modulo by a variable")           \
	X(STORE_IMM, "store-imm", true,                                                           \
	  "compile with -mcpu=v3: a constant goes through a register")                            \
	X(MODULO, "modulo", true, "use a mask, or (u32)(((u64)x * n) >> 32)")                     \
	X(BYTE_SWAP, "byte-swap", true,                                                           \
	  "only to big endian: bpf_htons, bpf_htonl, bpf_cpu_to_be64")                            \
	X(MUL_RANGE, "mul-range", true,                                                           \
	  "let the verifier see 32 bits: asm volatile(\"%0 = %0\" : \"+w\"(x)) before, with "     \
	  "-mcpu=v3")                                                                             \
	X(DIV_RANGE, "div-range", true, "only 32-bit values are divided")                         \
	X(DIV_VARIABLE, "div-variable", true,                                                     \
	  "only by a constant; else multiply by a reciprocal from a map")                         \
	X(ATOMIC_OP, "atomic-op", true, "only __sync_fetch_and_add() whose result is unused")     \
	X(ATOMIC_TARGET, "atomic-target", true,                                                   \
	  "atomics are for map values alone, aligned, and add numbers")                           \
	X(MAP_STORE, "map-store", true,                                                           \
	  "the card cannot store to maps: add to a counter, or let the host write")               \
	X(MAP_MIXED, "map-mixed", true, "a word is read or added to, never both: use two words")  \
	X(MAP_OFFSET, "map-offset", true, "make it a constant: a switch over the words")          \
	X(STACK_OFFSET, "stack-offset", true, "make it a constant: unroll, or use a switch")      \
	X(STACK_MOVES, "stack-moves", true,                                                       \
	  "one instruction finds the stack at one place modulo 4: inline the function")           \
	X(STACK_SIZE, "stack-size", true,                                                         \
	  "512 bytes with all callers' frames, of 64 each at least: fewer calls, smaller locals") \
	X(KEY_POINTER, "key-pointer", true, "copy the key to the stack first")                    \
	X(KEY_OFFSET, "key-offset", true, "the key begins at a fixed multiple of 4 on the stack") \
	X(HELPER, "helper", true,                                                                 \
	  "the card has map_lookup_elem, get_prandom_u32, xdp_adjust_head, "                      \
	  "xdp_adjust_tail and perf_event_output")                                                \
	X(HELPER_FIRMWARE, "helper-firmware", true,                                               \
	  "no firmware offers it: let the host write the map, or add to a counter")               \
	X(PERF_EVENT, "perf-event", true,                                                         \
	  "BPF_F_CURRENT_CPU, with data on the stack, in a map value or in the packet")           \
	X(CTX_LOAD, "ctx-load", true, "the card knows data and data_end alone")                   \
	X(CTX_STORE, "ctx-store", true, "rx_queue_index alone can be set, as 4 bytes")            \
	X(POINTER_TYPE, "pointer-type", true,                                                     \
	  "read and write the packet, the stack, and read map values")                            \
	X(POINTER_MIX, "pointer-mix", true,                                                       \
	  "one access, one kind of memory: access it in each branch")                             \
	X(TOO_LONG, "too-long", true, "the card's code has at most 2560 instructions")            \
	X(RETURN_VALUE, "return-value", false,                                                    \
	  "XDP_ABORTED, DROP, PASS and TX; all else is dropped")                                  \
	X(PACKET_DEPTH, "packet-depth", false, "keep the MTU at 1888 or below, or look less far") \
	/* the kernel's own verifier */                                                           \
	X(PACKET_BOUNDS, "packet-bounds", true, "compare with data_end first")                    \
	X(MAP_BOUNDS, "map-bounds", true, "stay inside the value")                                \
	X(STACK_BOUNDS, "stack-bounds", true, "a function has 512 bytes of stack")                \
	X(NULL_CHECK, "null-check", true, "test what bpf_map_lookup_elem() returned first")       \
	X(UNINIT, "uninit", true, "give it a value on every path")                                \
	X(POINTER_MATH, "pointer-math", true, "to pointers, numbers are added, and taken from")   \
	X(BAD_CALL, "bad-call", true, "the helper wants other arguments")                         \
	X(BAD_JUMP, "bad-jump", true,                                                             \
	  "jumps stay inside their function, and it ends with a return")                          \
	X(BAD_INSN, "bad-insn", true, "the kernel does not know this instruction")                \
	X(UNBOUNDED, "unbounded", true, "give the loop a constant bound, or unroll it")

enum lint_rule {
#define RULE_ID(id, name, refuses, instead) RULE_##id,
	LINT_RULES(RULE_ID)
#undef RULE_ID
	LINT_NR_RULES
};

struct lint_rule_info {
	const char *name;
	bool refuses; /* else the card takes it, but not as it was meant */
	const char *instead;
};

extern const struct lint_rule_info lint_rules[LINT_NR_RULES];

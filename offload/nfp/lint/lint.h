/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lint.h - a BPF object as the lint sees it, and what it found
 *
 * image.c reads the file, maps.c its maps, link.c makes each program's instructions one list as
 * libbpf would; walk.c follows every path of a program as the kernel's verifier does, with the
 * rules of the card's driver at each instruction; count.c tells how long the card's code becomes.
 */
#pragma once

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>

#include "rules.h"
#include "why.h"

#define LINT_NAME 64
#define LINT_VALUE_WORDS 16 /* more than the card's values have */
#define LINT_INSNS 65536    /* of a program; the card takes some 1000 */
#define LINT_ALL_INSNS (4 * LINT_INSNS)
#define LINT_ALL_STEPS 16000000 /* of all programs, so that lint ends: seconds */

/* A place in the file: a section and a byte in it. */
struct lint_place {
	int sec;
	__u32 off;
};

/* How a word of a map's values is used, by all programs together. */
enum lint_use { USE_NONE, USE_READ, USE_ADDED };

struct lint_map {
	char name[LINT_NAME];
	__u32 type, key_size, value_size, max_entries, flags;
	bool numa;
	bool data;       /* a section of globals */
	int sec;         /* of data */
	__u32 sec_off;   /* in .maps */
	enum lint_use use[LINT_VALUE_WORDS];
};

struct lint_func {
	char name[LINT_NAME];
	struct lint_place at;
	__u32 ninsns;
	bool global;
};

struct lint_line {
	struct lint_place at;
	const char *file, *text; /* never NULL */
	__u32 line, col;
};

/* The kind of thing outside of itself that an instruction refers to. */
enum lint_ref { REF_NONE, REF_MAP, REF_FUNC, REF_EXTERN };

struct lint_insn {
	struct bpf_insn insn;
	struct lint_place at;
	enum lint_ref ref;
	int index;           /* of the map */
	const char *symbol;  /* of what is external */
};

struct lint_prog {
	char name[LINT_NAME];
	const char *section;
	struct lint_insn *insns;
	__u32 ninsns;
	bool xdp;
	__u32 estimate;   /* of the card's instructions; 0: none could be made */
	__u32 stack;      /* bytes on the card */
	__u32 packet_end; /* the last byte that it may look at; 0: at none */
};

struct lint_finding {
	enum lint_rule rule;
	const struct lint_prog *prog; /* NULL: of the object */
	struct lint_place at;         /* sec -1: nowhere */
	const char *map;              /* "": of none */
	char text[192];
};

struct lint_object {
	void *data;
	size_t len;
	struct elf_image *image;
	struct lint_map *maps;
	int nmaps;
	struct lint_func *funcs;
	int nfuncs;
	struct lint_line *lines;
	__u32 nlines;
	struct lint_prog *progs;
	int nprogs;
	__u32 ninsns, nsteps; /* of all programs */
	struct lint_finding *findings;
	int nfindings, findings_room;
	bool refused;   /* some finding says so, though it may not be kept */
	bool no_memory, too_much;
};

/* Reads an object out of memory, which it takes; -errno with the reason in why. */
int lint_read(struct lint_object *o, void *data, size_t len, struct why *why);
/* Applies every rule. */
void lint_check(struct lint_object *o);
void lint_free(struct lint_object *o);

/* A finding; the same one at the same place is said once. */
void lint_finding(struct lint_object *o, enum lint_rule rule, const struct lint_prog *prog,
		  struct lint_place at, const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* The line of the source that a place came from; NULL: not known. */
const struct lint_line *lint_line(const struct lint_object *o, struct lint_place at);
bool lint_refused(const struct lint_object *o);

/* --- the parts, in the order they are done ---------------------------------------------------- */
int image_read(struct lint_object *o, struct why *why);
int maps_read(struct lint_object *o, struct why *why);
int lines_read(struct lint_object *o);
int link_progs(struct lint_object *o, struct why *why);
void maps_check(struct lint_object *o);
void prog_check(struct lint_object *o, struct lint_prog *p);

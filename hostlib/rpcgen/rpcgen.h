/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rpcgen.h - what a FILE.x says, between its parser and the two files that are written
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define NAME_MAX_LEN 64

enum kind {
	KIND_VOID,
	KIND_INT, KIND_UINT, KIND_HYPER, KIND_UHYPER, KIND_FLOAT, KIND_DOUBLE, KIND_BOOL,
	KIND_ENUM,
	KIND_STRUCT,
	KIND_STRING, /* string<bound> */
	KIND_BYTES,  /* opaque<bound> */
	KIND_OPAQUE, /* opaque[bound] */
	KIND_NAMED,  /* a typedef */
};

/* What it takes to write code for a value, and the value's name. */
struct decl {
	char name[NAME_MAX_LEN];
	enum kind kind;
	const struct def *of; /* KIND_ENUM, KIND_STRUCT, KIND_NAMED */
	uint32_t bound;       /* bytes of a string or of opaque data */
	uint32_t n;           /* elements of an array; 0: it is none */
};

struct value { /* of an enum */
	char name[NAME_MAX_LEN];
	int32_t number;
	struct value *next;
};

struct field {
	struct decl decl;
	struct field *next;
};

struct proc {
	char name[NAME_MAX_LEN];
	uint32_t number;
	struct decl arg, res;
	struct proc *next;
};

struct version {
	char name[NAME_MAX_LEN];
	uint32_t number;
	struct proc *procs;
	struct version *next;
};

enum def_kind { DEF_CONST, DEF_ENUM, DEF_STRUCT, DEF_TYPEDEF, DEF_PROGRAM, DEF_TEXT };

struct def {
	enum def_kind kind;
	char name[NAME_MAX_LEN];
	int64_t number;           /* DEF_CONST, DEF_PROGRAM */
	struct value *values;     /* DEF_ENUM */
	struct field *fields;     /* DEF_STRUCT */
	struct decl decl;         /* DEF_TYPEDEF */
	struct version *versions; /* DEF_PROGRAM */
	char *text;               /* DEF_TEXT: a line that began with a % */
	struct def *next;
};

/* refuse.c: ends the program with status 1: "FILE.x:LINE: …" */
void refuse(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
void *allocate(size_t size);
/* The place of a value, or an offset, in a line of code; refuses one that is too long. */
#define PLACE_LEN 512
void put_place(char to[PLACE_LEN], const char *format, ...) __attribute__((format(printf, 2, 3)));

/* lex.c: words of a FILE.x, one at a time */
enum token { TOKEN_END, TOKEN_NAME, TOKEN_NUMBER, TOKEN_TEXT, TOKEN_CHAR };
struct lexer {
	FILE *in;
	const char *file;
	int line;
	enum token token;
	char word[256]; /* TOKEN_NAME */
	int64_t number;
	char symbol;    /* TOKEN_CHAR */
	char *text;     /* TOKEN_TEXT: a line that began with a %, without it */
	bool at_line_start;
};
extern struct lexer lex;
void lex_next(void);

/* parse.c */
struct def *parse(void);

/* type.c: what is known of types */
/* Bytes on the wire; 0: that depends on the value. */
uint32_t type_size(const struct decl *d);
/* The fewest bytes on the wire, whatever the value. */
uint64_t type_least(const struct decl *d);
/* Does it hold a string or opaque<>, which are views? */
bool type_has_views(const struct decl *d);
/* The C declaration of a value: "uint32_t NAME[3]". */
void type_declare(FILE *out, const struct decl *d, const char *name);
/* A typedef's own declaration, array and all; other types' as they are. */
struct decl type_resolve(const struct decl *d);

/* header.c, code.c: BASE.h and BASE.c */
void write_header(FILE *out, const struct def *defs, const char *base);
void write_code(FILE *out, const struct def *defs, const char *base);
/* code_get.c, code_put.c: statements that decode into, or encode from, the value "place" */
void write_get(FILE *out, const struct decl *d, const char *place);
void write_put(FILE *out, const struct decl *d, const char *place);
/* "calc_1", for a program's version; "inc_1", for a procedure of it */
void lower_name(char *to, const char *name, uint32_t version);

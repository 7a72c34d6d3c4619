/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * take.h - what comes next in a FILE.x: is_ asks, take_ goes on if it is there, want_ refuses the
 * file if it is not
 */
#pragma once

#include "rpcgen.h"

bool is_char(char c);
bool is_word(const char *word);
bool take_char(char c);
bool take_word(const char *word);
void want_char(char c);
void want_name(char name[NAME_MAX_LEN]);
/* A number, or a name that has one. */
int64_t want_number(int64_t least, int64_t most);
/* The token, for a message. */
const char *seen(void);

/* The definition of that name; NULL: none yet. */
/* A name that neither a definition nor an enum's number has. */
void want_new_name(char name[NAME_MAX_LEN]);
void refuse_twice(const char *former, const char *name);
struct def *find(const char *name);
/* One more, whose name comes next and is not defined yet; keep() makes it findable. */
struct def *add(enum def_kind kind);
void keep(struct def *d);
/* All, in their order. */
struct def *definitions(void);

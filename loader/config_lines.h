/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * config_lines.h - lines of the configuration file, for messages
 */
#pragma once

#include <cyaml/cyaml.h>

#include "config.h"

/* Lists and mappings in each other: more than any configuration needs; libyaml's time grows with
 * the square of it. */
#define CONFIG_DEEP 16

/* config_auto.c: is there "domains: auto"? It is overwritten with blanks. */
bool config_take_auto(char *text, size_t len);
/* The byte at a mark, which counts characters in a line. */
size_t config_byte_at(const char *text, size_t len, size_t line, size_t column);
/* config_short.c: a copy in which "refuse: WORD" of a port is "refuse: {protocol: WORD}"; NULL: no
 * memory. */
char *config_spell_out(const char *text, size_t *len);
/* Every key is of the schema and said once, every value of
 * the kind that it has there. Else -EINVAL, line, why. */
int config_check_keys(const char *text, size_t len, const cyaml_schema_value_t *schema,
		      int *line, struct why *why);
/* config_yaml.c: the text by its schema, to be unloaded. NULL: why says what is wrong, line where
 * (0: nobody knows). */
void *config_load(const char *text, size_t len, const cyaml_schema_value_t *schema, int *line,
		  struct why *why);
void config_unload(void *loaded, const cyaml_schema_value_t *schema);

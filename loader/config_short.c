// SPDX-License-Identifier: BSD-2-Clause
/*
 * config_short.c - "refuse: WORD" of a port, where the schema wants a mapping
 *
 * The word is found by libyaml's events; the copy that is read afterwards has a mapping around it,
 * on the same line.
 */
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "config_lines.h"

#define LIST "ports"
#define KEY "refuse"
#define BEFORE " {protocol: "
#define BEHIND "}"

/* Where the reader is: a key of the top, and one of a mapping in its list. */
struct scan {
	int depth;  /* of mappings and lists that are open: 3 in a port's mapping */
	int nth[4]; /* values seen at each depth; in mappings keys are the even ones */
	bool list, key; /* the last key was the one, at the top, of a port */
};

static bool is_word(const yaml_event_t *e, const char *word)
{
	return e->data.scalar.length == strlen(word) &&
	       !memcmp(e->data.scalar.value, word, strlen(word));
}

static void open_one(struct scan *s)
{
	if (++s->depth < 4)
		s->nth[s->depth] = 0;
	s->key = false;
}

static void close_one(struct scan *s)
{
	if (--s->depth < 4 && s->depth >= 0)
		s->nth[s->depth]++;
}

/* A scalar; true: it is the word behind the key. */
static bool look(struct scan *s, const yaml_event_t *e)
{
	bool is_key;

	if (s->depth > 3 || s->depth < 1)
		return false;
	is_key = s->nth[s->depth]++ % 2 == 0;
	if (s->depth == 1 && is_key)
		s->list = is_word(e, LIST);
	if (s->depth != 3 || !s->list)
		return false;
	if (!is_key)
		return s->key;
	s->key = is_word(e, KEY);
	return false;
}

/* The next such word's place, in bytes; false: there is none. */
static bool next(yaml_parser_t *parser, struct scan *s, const char *text, size_t len, size_t *from,
		 size_t *to)
{
	bool found = false, end = false;
	yaml_event_t e;

	while (!found && !end && s->depth <= CONFIG_DEEP && yaml_parser_parse(parser, &e)) {
		switch (e.type) {
		case YAML_MAPPING_START_EVENT:
		case YAML_SEQUENCE_START_EVENT:
			open_one(s);
			break;
		case YAML_MAPPING_END_EVENT:
		case YAML_SEQUENCE_END_EVENT:
			close_one(s);
			break;
		case YAML_SCALAR_EVENT:
			found = look(s, &e);
			break;
		default:
			end = e.type == YAML_STREAM_END_EVENT || e.type == YAML_DOCUMENT_END_EVENT;
		}
		if (found) {
			*from = config_byte_at(text, len, e.start_mark.line, e.start_mark.column);
			*to = config_byte_at(text, len, e.end_mark.line, e.end_mark.column);
		}
		yaml_event_delete(&e);
	}
	return found;
}

/* Appends bytes; false: no memory. */
static bool add(char **out, size_t *n, const char *bytes, size_t len)
{
	char *more = realloc(*out, *n + len + 1);

	if (!more)
		return false;
	*out = more;
	memcpy(more + *n, bytes, len);
	*n += len;
	return true;
}

char *config_spell_out(const char *text, size_t *len)
{
	struct scan s = { 0 };
	size_t from, to, done = 0, n = 0;
	yaml_parser_t parser;
	char *out = NULL;
	bool ok = true;

	if (!yaml_parser_initialize(&parser))
		return NULL;
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, *len);
	while (ok && next(&parser, &s, text, *len, &from, &to)) {
		if (from < done || to < from)
			break; /* the marks make no sense: the schema will not like it */
		ok = add(&out, &n, text + done, from - done) &&
		     add(&out, &n, BEFORE, strlen(BEFORE)) &&
		     add(&out, &n, text + from, to - from) && add(&out, &n, BEHIND, strlen(BEHIND));
		done = to;
	}
	yaml_parser_delete(&parser);
	if (ok && add(&out, &n, text + done, *len - done)) {
		*len = n;
		return out;
	}
	free(out);
	return NULL;
}

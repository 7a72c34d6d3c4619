// SPDX-License-Identifier: BSD-2-Clause
/*
 * config_auto.c - "domains: auto" in a configuration, where its schema wants a list
 *
 * The key and its word are found by libyaml's events and overwritten with blanks, so that what
 * reads the file afterwards finds no domains, and all lines where they were.
 */
#include <ctype.h>
#include <string.h>
#include <yaml.h>

#include "config_lines.h"

#define KEY "domains"
#define WORD "auto"

struct scan {
	int depth;          /* of mappings and lists that are open */
	int nth;            /* scalars and lists seen at the top so far: keys are the even ones */
	bool flow;          /* the top is {…} */
	bool after;         /* the last key at the top was the one */
	yaml_mark_t from, to;
};

size_t config_byte_at(const char *text, size_t len, size_t line, size_t column)
{
	size_t at = 0;

	for (; line && at < len; at++)
		line -= text[at] == '\n';
	for (; column && at < len; column--) {
		at++;
		while (at < len && (text[at] & 0xc0) == 0x80)
			at++;
	}
	return at;
}

static bool is_word(const yaml_event_t *e, const char *word)
{
	return e->type == YAML_SCALAR_EVENT && e->data.scalar.length == strlen(word) &&
	       !memcmp(e->data.scalar.value, word, strlen(word));
}

/* One event; true: it is the word behind the key. */
static bool look(struct scan *s, const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_MAPPING_START_EVENT:
	case YAML_SEQUENCE_START_EVENT:
		if (!s->depth++)
			s->flow = e->type == YAML_MAPPING_START_EVENT &&
				  e->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE;
		s->after = false;
		return false;
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		s->nth += --s->depth == 1;
		return false;
	case YAML_SCALAR_EVENT:
		if (s->depth != 1)
			return false;
		if (s->after && is_word(e, WORD)) {
			s->to = e->end_mark;
			return true;
		}
		s->after = s->nth++ % 2 == 0 && is_word(e, KEY);
		if (s->after)
			s->from = e->start_mark;
		return false;
	default:
		return false;
	}
}

static bool find(struct scan *s, const char *text, size_t len)
{
	yaml_parser_t parser;
	yaml_event_t e;
	bool found = false, end = false;

	if (!yaml_parser_initialize(&parser))
		return false;
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	while (!found && !end && s->depth <= CONFIG_DEEP && yaml_parser_parse(&parser, &e)) {
		found = look(s, &e);
		end = e.type == YAML_STREAM_END_EVENT || e.type == YAML_DOCUMENT_END_EVENT;
		yaml_event_delete(&e);
	}
	yaml_parser_delete(&parser);
	return found;
}

bool config_take_auto(char *text, size_t len)
{
	struct scan s = { 0 };
	size_t from, to;

	if (!find(&s, text, len))
		return false;
	from = config_byte_at(text, len, s.from.line, s.from.column);
	to = config_byte_at(text, len, s.to.line, s.to.column);
	/* of two commas around it one goes with it */
	if (s.flow) {
		size_t next = to;

		while (next < len && isspace((unsigned char)text[next]))
			next++;
		if (next < len && text[next] == ',')
			to = next + 1;
		else
			while (from && (isspace((unsigned char)text[from - 1]) ||
					text[from - 1] == ','))
				from--;
	}
	for (; from < to; from++) {
		if (text[from] != '\n')
			text[from] = ' ';
	}
	return true;
}

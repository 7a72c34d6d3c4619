// SPDX-License-Identifier: BSD-2-Clause
/*
 * config_lines.c - lines of the configuration file: of a value, and of keys that do not belong
 *
 * libcyaml tells of an unknown key, but not on which line, and of a wrong value ("invalid ENUM
 * value") neither which nor under which key; libyaml knows the lines.
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "config_lines.h"
#include "units.h"

#define LIST_LEN 320 /* of the known keys, or words, in a failure */

/* The child that the next step of the path names, and the path behind that step. */
static yaml_node_t *step(yaml_document_t *doc, yaml_node_t *node, const char **path)
{
	size_t len;

	if (**path == '[' && node->type == YAML_SEQUENCE_NODE) {
		long i = strtol(*path + 1, (char **)path, 10);
		yaml_node_item_t *item = node->data.sequence.items.start + i;

		*path += **path == ']';
		return item < node->data.sequence.items.top ? yaml_document_get_node(doc, *item) :
							      NULL;
	}
	if (node->type != YAML_MAPPING_NODE)
		return NULL;
	*path += **path == '.';
	len = strcspn(*path, ".[");
	for (yaml_node_pair_t *p = node->data.mapping.pairs.start;
	     p < node->data.mapping.pairs.top; p++) {
		yaml_node_t *key = yaml_document_get_node(doc, p->key);

		if (key && key->type == YAML_SCALAR_NODE && key->data.scalar.length == len &&
		    !memcmp(key->data.scalar.value, *path, len)) {
			*path += len;
			return yaml_document_get_node(doc, p->value);
		}
	}
	return NULL;
}

/* Is there a tab before the first word of the line (the first is 0)? */
static bool has_tab(const char *text, size_t len, size_t line)
{
	const char *end = text + len;

	while (line-- && text < end) {
		const char *next = memchr(text, '\n', end - text);

		text = next ? next + 1 : end;
	}
	while (text < end && *text == ' ')
		text++;
	return text < end && *text == '\t';
}

static int no_yaml(const yaml_parser_t *parser, int *line, struct why *why)
{
	const char *text = (const char *)parser->input.string.start;
	bool tab = has_tab(text, (const char *)parser->input.string.end - text,
			   parser->problem_mark.line);

	*line = parser->problem_mark.line + 1;
	return why_fail(why, -EINVAL, "no YAML: %s%s",
			parser->problem ? parser->problem : "unreadable",
			tab ? "; the line begins with a tab: indent with spaces" : "");
}

static int parse(const char *text, size_t len, yaml_document_t *doc, int *line, struct why *why)
{
	yaml_parser_t parser;
	int err = 0;

	if (!yaml_parser_initialize(&parser))
		return why_fail(why, -ENOMEM, "no memory");
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	if (!yaml_parser_load(&parser, doc))
		err = no_yaml(&parser, line, why);
	yaml_parser_delete(&parser);
	return err;
}

/* The state of the stream, as far as it was read. */
struct stream {
	int documents, depth;
};

/* Why the stream may not go on with this event; NULL: it may. */
static const char *stray(const yaml_event_t *event, struct stream *s)
{
	switch (event->type) {
	case YAML_ALIAS_EVENT:
		return "'*' names another value (an alias): write that value here, in full; text "
		       "that begins with * needs quotes";
	case YAML_DOCUMENT_START_EVENT:
		return ++s->documents > 1 ? "a second document begins (---), and one alone is "
					    "read: put all keys into the first"
					  : NULL;
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		return ++s->depth > CONFIG_DEEP ? "values within values, deeper than any key has "
						  "them: close a bracket"
						: NULL;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		s->depth--;
		return NULL;
	default:
		return NULL;
	}
}

/*
 * One document, without aliases. A few aliases of aliases can stand for more values than memory
 * holds, and libcyaml reads the first document alone.
 */
static int check_stream(const char *text, size_t len, int *line, struct why *why)
{
	yaml_parser_t parser;
	struct stream stream = { 0 };
	bool end = false;
	int err = 0;

	if (!yaml_parser_initialize(&parser))
		return why_fail(why, -ENOMEM, "no memory");
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	while (!err && !end) {
		yaml_event_t event;
		const char *wrong;

		if (!yaml_parser_parse(&parser, &event)) {
			err = no_yaml(&parser, line, why);
			break;
		}
		wrong = stray(&event, &stream);
		if (wrong) {
			*line = event.start_mark.line + 1;
			err = why_fail(why, -EINVAL, "%s", wrong);
		}
		end = event.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	return err;
}

int config_line(const char *text, size_t text_len, const char *path)
{
	yaml_document_t doc;
	struct why ignored = { 0 };
	yaml_node_t *node;
	int line = 0;

	if (parse(text, text_len, &doc, &line, &ignored)) {
		why_forget(&ignored);
		return line;
	}
	node = yaml_document_get_root_node(&doc);
	while (node) {
		line = node->start_mark.line + 1;
		node = *path ? step(&doc, node, &path) : NULL;
	}
	yaml_document_delete(&doc);
	return line;
}

struct check {
	yaml_document_t doc;
	int *line;
	struct why *why;
};

static int check_node(struct check *c, yaml_node_t *node, const cyaml_schema_value_t *schema,
		      const char *key);

static const cyaml_schema_field_t *find_field(const cyaml_schema_field_t *fields, const char *key)
{
	for (; fields->key; fields++) {
		if (!strcmp(fields->key, key))
			return fields;
	}
	return NULL;
}

static int SHUNT_PRINTF(3, 4) bad(struct check *c, const yaml_node_t *node, const char *fmt, ...)
{
	va_list args;

	*c->line = node->start_mark.line + 1;
	va_start(args, fmt);
	why_vfail(c->why, -EINVAL, fmt, args);
	va_end(args);
	return -EINVAL;
}

/* " KEY KEY ...", in list. */
static const char *list_keys(const cyaml_schema_field_t *fields, char list[LIST_LEN])
{
	size_t n = 0;

	list[0] = '\0';
	for (; fields->key && n < LIST_LEN; fields++)
		n += snprintf(list + n, LIST_LEN - n, " %s", fields->key);
	return list;
}

static int bad_key(struct check *c, const yaml_node_t *key, const cyaml_schema_field_t *fields)
{
	char list[LIST_LEN];

	return bad(c, key, "unknown key '%.40s', known are%s",
		   (const char *)key->data.scalar.value, list_keys(fields, list));
}

static int check_mapping(struct check *c, yaml_node_t *node, const cyaml_schema_field_t *fields)
{
	const cyaml_schema_field_t *field;
	yaml_node_pair_t *first = node->data.mapping.pairs.start;
	yaml_node_t *key;
	int err = 0;

	for (yaml_node_pair_t *p = first; !err && p < node->data.mapping.pairs.top; p++) {
		key = yaml_document_get_node(&c->doc, p->key);
		if (key->type != YAML_SCALAR_NODE)
			continue; /* libcyaml refuses it */
		field = find_field(fields, (const char *)key->data.scalar.value);
		if (!field)
			return bad_key(c, key, fields);
		for (yaml_node_pair_t *q = first; q < p; q++) {
			yaml_node_t *other = yaml_document_get_node(&c->doc, q->key);

			if (other->type == YAML_SCALAR_NODE &&
			    !strcmp((char *)other->data.scalar.value, field->key))
				return bad(c, key, "'%s' is said twice", field->key);
		}
		err = check_node(c, yaml_document_get_node(&c->doc, p->value), &field->value,
				 field->key);
	}
	return err;
}

/* libcyaml takes -7 for a 64-bit number, and one that is too large. */
static int check_uint(struct check *c, const yaml_node_t *node, const char *key)
{
	const char *value = (const char *)node->data.scalar.value;
	char *end;

	if (looks_octal(value))
		return bad(c, node,
			   "%s: '%.40s' begins with 0: write it without, or 0x... if it is "
			   "hexadecimal",
			   key, value);
	errno = 0;
	strtoull(value, &end, 0);
	if (isdigit((unsigned char)value[0]) && !*end && !errno)
		return 0;
	return bad(c, node, "%s: '%.40s' is no number", key, value);
}

static int check_word(struct check *c, const yaml_node_t *node, const cyaml_schema_value_t *schema,
		      const char *key)
{
	const char *value = (const char *)node->data.scalar.value;
	char list[LIST_LEN] = "";
	size_t n = 0;

	for (uint32_t i = 0; i < schema->enumeration.count; i++) {
		if (!strcmp(value, schema->enumeration.strings[i].str))
			return 0;
	}
	for (uint32_t i = 0; i < schema->enumeration.count && n < sizeof(list); i++)
		n += snprintf(list + n, sizeof(list) - n, "%s %s", i ? "," : "",
			      schema->enumeration.strings[i].str);
	return bad(c, node, "%s: '%.40s' is none of%s", key, value, list);
}

/* A number without quotes would be taken for the text of its digits. */
static int check_bytes(struct check *c, const yaml_node_t *node, const char *key)
{
	const char *value = (const char *)node->data.scalar.value;

	if (node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE || !looks_numeric(value))
		return 0;
	return bad(c, node,
		   "%s: '%.40s' may be a number or text: write two hex digits a byte behind 0x, "
		   "as in 0x02, or quotes around it if it is text",
		   key, value);
}

static int check_scalar(struct check *c, const yaml_node_t *node,
			const cyaml_schema_value_t *schema, const char *key)
{
	switch (schema->type) {
	case CYAML_UINT:
		return check_uint(c, node, key);
	case CYAML_ENUM:
		return check_word(c, node, schema, key);
	default:
		return strcmp(key, "value") && strcmp(key, "mask") && strcmp(key, "reply") ?
			       0 : check_bytes(c, node, key);
	}
}

/* A node is of another kind than the schema wants, such as a value in place of a list. */
static int bad_kind(struct check *c, const yaml_node_t *node, const cyaml_schema_value_t *schema,
		    const char *key)
{
	char list[LIST_LEN];

	if (schema->type == CYAML_SEQUENCE)
		return bad(c, node, "%s is a list: %s: [...]", key, key);
	if (schema->type == CYAML_MAPPING)
		return bad(c, node, "%s has keys of its own:%s", *key ? key : "the file",
			   list_keys(schema->mapping.fields, list));
	return bad(c, node, "%s is one value, not a list, and without keys of its own", key);
}

/* ports: [9000] */
static int bad_item(struct check *c, const yaml_node_t *node, const cyaml_schema_value_t *schema,
		    const char *key)
{
	return bad(c, node, "each of %s is a mapping: {%s: %.40s}", key,
		   schema->mapping.fields->key, (const char *)node->data.scalar.value);
}

/* key: under which it stands; that of a list's values is the list's. */
static int check_node(struct check *c, yaml_node_t *node, const cyaml_schema_value_t *schema,
		      const char *key)
{
	yaml_node_type_t kind = schema->type == CYAML_MAPPING    ? YAML_MAPPING_NODE
				: schema->type == CYAML_SEQUENCE ? YAML_SEQUENCE_NODE
								 : YAML_SCALAR_NODE;
	int err = 0;

	if (node->type != kind)
		return bad_kind(c, node, schema, key);
	if (kind == YAML_MAPPING_NODE)
		return check_mapping(c, node, schema->mapping.fields);
	if (kind == YAML_SCALAR_NODE)
		return check_scalar(c, node, schema, key);
	for (yaml_node_item_t *i = node->data.sequence.items.start;
	     !err && i < node->data.sequence.items.top; i++) {
		yaml_node_t *item = yaml_document_get_node(&c->doc, *i);

		if (schema->sequence.entry->type == CYAML_MAPPING && item->type == YAML_SCALAR_NODE)
			return bad_item(c, item, schema->sequence.entry, key);
		err = check_node(c, item, schema->sequence.entry, key);
	}
	return err;
}

int config_check_keys(const char *text, size_t len, const cyaml_schema_value_t *schema,
		      int *line, struct why *why)
{
	struct check c = { .line = line, .why = why };
	yaml_node_t *root;
	int err = check_stream(text, len, line, why);

	if (!err)
		err = parse(text, len, &c.doc, line, why);
	if (err)
		return err;
	root = yaml_document_get_root_node(&c.doc);
	err = root ? check_node(&c, root, schema, "") : 0;
	yaml_document_delete(&c.doc);
	return err;
}

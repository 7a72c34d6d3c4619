// SPDX-License-Identifier: BSD-2-Clause
/*
 * cmd_help.c - shunt help: what the verbs are and what each takes
 */
#include <errno.h>
#include <stdio.h>

#include "verb.h"

static json_t *options_json(const struct verb *verb)
{
	json_t *list = json_array();

	for (const struct verb_option *const *o = verb->options; *o; o++)
		json_array_append_new(list, json_pack("{s:s+, s:s*}", "option", "--", (*o)->name,
						      "value", (*o)->value));
	return list;
}

static json_t *verb_json(const struct verb *verb)
{
	char usage[USAGE_LEN];

	return json_pack("{s:s, s:s, s:s, s:s, s:o}", "verb", verb->name, "arguments", verb->args,
			 "usage", usage_line(verb, usage, sizeof(usage)), "text", verb->text,
			 "options", options_json(verb));
}

static json_t *all_json(const struct ctl *ctl)
{
	json_t *list = json_array();

	for (const struct verb *const *v = ctl->verbs; *v; v++)
		json_array_append_new(list, verb_json(*v));
	return json_pack("{s:s, s:o}", "version", SHUNT_VERSION, "verbs", list);
}

static void show_all(const json_t *r)
{
	const json_t *v;
	size_t i;

	puts("usage: shunt [-j|--json] [-p|--pretty] [-v] [--bpffs PATH] [-V] VERB [ARGS]\n"
	     "Request scheduling at the NIC. Verbs may be shortened as long as they are unique.\n");
	json_array_foreach(json_object_get(r, "verbs"), i, v)
		printf("  %s\n            %s\n", text_at(v, "usage"), text_at(v, "text"));
	puts("\nWith shunt on one interface only, --dev may be left out. Exit status: 0 done,\n"
	     "1 failed, 2 wrong usage, 3 not supported by this kernel or NIC. More: man 8 shunt");
}

static void show_verb(const json_t *r)
{
	const json_t *o;
	size_t i;

	printf("usage: shunt %s\n  %s\n", text_at(r, "usage"), text_at(r, "text"));
	json_array_foreach(json_object_get(r, "options"), i, o)
		printf("%s%s%s%s", i ? ", " : "  options: ", text_at(o, "option"),
		       *text_at(o, "value") ? " " : "", text_at(o, "value"));
	if (i)
		putchar('\n');
}

int help_verb(struct ctl *ctl, const struct verb *verb)
{
	return emit(ctl, verb_json(verb), show_verb);
}

static int run(struct ctl *ctl)
{
	const struct verb *verb;

	if (need_args(ctl, 0, 1))
		return -EINVAL;
	if (!ctl->argc)
		return emit(ctl, all_json(ctl), show_all);
	verb = verb_find(ctl, ctl->argv[0]);
	return verb ? help_verb(ctl, verb) : -EINVAL;
}

const struct verb verb_help = {
	"help", "[VERB]", "this text",
	no_options, run
};

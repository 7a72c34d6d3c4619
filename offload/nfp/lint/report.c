// SPDX-License-Identifier: BSD-2-Clause
/*
 * report.c - what the lint found, as JSON
 */
#include <stdlib.h>
#include <string.h>

#include "report.h"

/* Names come from an untrusted file: no control characters, and UTF-8 or ASCII. */
static json_t *text_of(const char *text)
{
	char *copy = strdup(text);
	json_t *json;

	if (!copy)
		return NULL;
	for (char *c = copy; *c; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	}
	json = json_string(copy);
	for (char *c = copy; !json && *c; c++) {
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	}
	if (!json)
		json = json_string(copy);
	free(copy);
	return json;
}

static json_t *finding(const struct lint_object *o, const struct lint_finding *f)
{
	const struct lint_rule_info *rule = &lint_rules[f->rule];
	const struct lint_line *line = f->at.sec < 0 ? NULL : lint_line(o, f->at);
	json_t *j = json_pack("{s:s, s:s, s:o, s:s}", "rule", rule->name, "level",
			      rule->refuses ? "error" : "warning", "text", text_of(f->text),
			      "instead", rule->instead);

	if (f->prog) {
		json_object_set_new(j, "program", text_of(f->prog->name));
		json_object_set_new(j, "section", text_of(f->prog->section));
	}
	if (f->at.sec >= 0)
		json_object_set_new(j, "offset", json_integer(f->at.off / 8));
	if (line) {
		json_object_set_new(j, "file", text_of(line->file));
		json_object_set_new(j, "line", json_integer(line->line));
		json_object_set_new(j, "column", json_integer(line->col));
	}
	return j;
}

/* Values that could not be estimated are absent. */
static json_t *program(const struct lint_prog *p)
{
	json_t *j = json_pack("{s:o, s:o, s:i}", "name", text_of(p->name), "section",
			      text_of(p->section), "bpf_instructions", p->ninsns);

	if (p->estimate) {
		json_object_set_new(j, "instructions", json_integer(p->estimate));
		json_object_set_new(j, "stack", json_integer(p->stack));
	}
	return j;
}

json_t *lint_report(const struct lint_object *o, const char *object)
{
	json_t *findings = json_array(), *programs = json_array();

	for (int i = 0; i < o->nfindings; i++)
		json_array_append_new(findings, finding(o, &o->findings[i]));
	for (int i = 0; i < o->nprogs; i++)
		json_array_append_new(programs, program(&o->progs[i]));
	return json_pack("{s:o, s:s, s:{s:i, s:i}, s:o, s:o}", "object", text_of(object), "verdict",
			 lint_refused(o) ? "refuses" : "accepts", "limits", "instructions",
			 NFP_MAX_INSNS, "stack", NFP_STACK, "findings", findings, "programs",
			 programs);
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * out.c - failures, hints and results: for people, or as JSON
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl.h"

#define WORDS_TOLD 12 /* of a list, in an error */

int fail(struct ctl *ctl, int err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	why_vfail(&ctl->why, err, fmt, args);
	va_end(args);
	return err;
}

int fail_usage(struct ctl *ctl, const char *fmt, ...)
{
	bool first = !ctl->why.text;
	va_list args;

	va_start(args, fmt);
	why_vfail(&ctl->why, -EINVAL, fmt, args);
	va_end(args);
	if (first)
		ctl->why.code = EXIT_USAGE;
	return -EINVAL;
}

int fail_as_usage(struct ctl *ctl)
{
	ctl->why.code = EXIT_USAGE;
	return -EINVAL;
}

void fail_context(struct ctl *ctl, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	why_vcontext(&ctl->why, fmt, args);
	va_end(args);
}

void hint(struct ctl *ctl, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	why_vhint(&ctl->why, fmt, args);
	va_end(args);
}

void hint_known(struct ctl *ctl, const struct remedy *known, const char *text)
{
	for (; known->said; known++) {
		if (strstr(text, known->said))
			hint(ctl, "%s", known->advice);
	}
}

int fail_bpf(struct ctl *ctl, int err, const char *fmt, ...)
{
	char *what;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&what, fmt, args) < 0)
		what = NULL;
	va_end(args);
	fail(ctl, err, "%s: %s", what ? what : "", strerror(-err));
	free(what);
	if (err == -EPERM || err == -EACCES) {
		if (geteuid())
			hint(ctl, "run it as root, or with " SHUNT_CAPS);
		else
			hint(ctl, "root here lacks one of " SHUNT_CAPS ", or memlock is too low: "
			     "see 'shunt doctor'");
	} else if (err == -ENOMEM) {
		hint(ctl, "too little memory may be locked: see 'ulimit -l', or LimitMEMLOCK= of "
		     "the service");
	}
	return err;
}

void ctl_forget(struct ctl *ctl)
{
	why_forget(&ctl->why);
}

/* What was noted so far: part of the result, as JSON. */
static json_t *notes;

void note(const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	if (!text)
		return;
	fprintf(stderr, "shunt: %s\n", text);
	if (!notes)
		notes = json_array();
	json_array_append_new(notes, json_string(text));
	free(text);
}

static void print_json(const struct ctl *ctl, const json_t *obj)
{
	json_dumpf(obj, stdout, ctl->pretty ? JSON_INDENT(2) : JSON_COMPACT);
	putchar('\n');
	fflush(stdout);
}

int emit(struct ctl *ctl, json_t *result, void (*show)(const json_t *))
{
	if (!result)
		return fail(ctl, -ENOMEM, "no memory for the result");
	if (ctl->json && notes)
		json_object_set(result, "notes", notes);
	if (ctl->json)
		print_json(ctl, result);
	else
		show(result);
	json_decref(result);
	json_decref(notes);
	notes = NULL;
	return 0;
}

int conclude(struct ctl *ctl, int err)
{
	const char *error = ctl->why.text ? ctl->why.text : strerror(-err);
	json_t *obj;

	if (!err)
		return ctl->code;
	if (ctl->json) {
		obj = json_pack("{s:s, s:s*}", "error", error, "hint", ctl->why.advice);
		print_json(ctl, obj);
		json_decref(obj);
	} else {
		fprintf(stderr, "shunt: %s\n", error);
		if (ctl->why.advice)
			fprintf(stderr, "hint: %s\n", ctl->why.advice);
	}
	if (ctl->why.code == EXIT_USAGE)
		return EXIT_USAGE;
	return err == -EOPNOTSUPP ? EXIT_UNSUPPORTED : EXIT_FAILED;
}

const char *text_at(const json_t *obj, const char *key)
{
	const char *text = json_string_value(json_object_get(obj, key));

	return text ? text : "";
}

long long number_at(const json_t *obj, const char *key)
{
	return json_integer_value(json_object_get(obj, key));
}

/* Few words are told at once, many by 'shunt help'. */
static void unknown_word(struct ctl *ctl, const char *what, const char *word,
			 const char *const *words, int n)
{
	char list[160] = "";
	size_t at = 0;

	for (int i = 0; i < n && n <= WORDS_TOLD && at < sizeof(list); i++)
		at += snprintf(list + at, sizeof(list) - at, "%s%s", i ? ", " : "", words[i]);
	if (n <= WORDS_TOLD) {
		fail_usage(ctl, "%s '%.40s' is none of %s", what, word, list);
		return;
	}
	fail_usage(ctl, "unknown %s '%s'", what, word);
	hint(ctl, "'shunt help' lists what there is");
}

int pick_word(struct ctl *ctl, const char *what, const char *word, const char *const *words, int n)
{
	int found = -1;

	for (int i = 0; i < n; i++) {
		if (!strcmp(word, words[i]))
			return i;
		if (strncmp(word, words[i], strlen(word)))
			continue;
		if (found >= 0) {
			fail_usage(ctl, "%s '%s' is ambiguous: '%s' or '%s'", what, word,
				   words[found], words[i]);
			return -1;
		}
		found = i;
	}
	if (found < 0)
		unknown_word(ctl, what, word, words, n);
	return found;
}

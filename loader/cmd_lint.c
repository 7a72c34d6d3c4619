// SPDX-License-Identifier: BSD-2-Clause
/*
 * cmd_lint.c - shunt lint: would a Netronome card take this object? And what does a policy cost this kernel's verifier?
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "file.h"
#include "lint/report.h"
#include "verify.h"

static void show_finding(const char *object, const json_t *f)
{
	const char *file = text_at(f, "file");

	if (*file)
		printf("%s:%lld: ", file, number_at(f, "line"));
	else if (json_object_get(f, "offset"))
		printf("%s:%s+%lld: ", object, text_at(f, "section"), number_at(f, "offset"));
	else
		printf("%s: ", object);
	printf("%s: %s [%s]\n    instead: %s\n", text_at(f, "level"), text_at(f, "text"), text_at(f, "rule"),
	       text_at(f, "instead"));
}

static void show_program(const char *object, const json_t *p, const json_t *limits)
{
	printf("%s: program '%s': ", object, text_at(p, "name"));
	if (json_object_get(p, "instructions"))
		printf("about %lld of %lld instructions, %lld of %lld bytes of stack\n",
		       number_at(p, "instructions"), number_at(limits, "instructions"),
		       number_at(p, "stack"), number_at(limits, "stack"));
	else
		printf("%lld BPF instructions, not followed to their end\n", number_at(p, "bpf_instructions"));
}

static void show_verifier(const char *object, const json_t *v)
{
	const json_t *p;
	size_t i;

	json_array_foreach(json_object_get(v, "programs"), i, p)
		printf("%s: program '%s': this kernel's verifier follows %lld instructions\n", object,
		       text_at(p, "name"), number_at(p, "instructions"));
	if (json_object_get(v, "error"))
		printf("%s: not verified by this kernel: %s\n", object, text_at(v, "error"));
}

static void show(const json_t *r)
{
	const char *object = text_at(r, "object");
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(r, "findings"), i, item)
		show_finding(object, item);
	json_array_foreach(json_object_get(r, "programs"), i, item)
		show_program(object, item, json_object_get(r, "limits"));
	show_verifier(object, json_object_get(r, "verifier"));
	printf("%s: the card %s it\n", object, text_at(r, "verdict"));
}

static int silent(enum libbpf_print_level level, const char *fmt, va_list args)
{
	return 0;
}

/* Exit status 2 for what is no object to judge, so that 1 always is the card's refusal. */
static int cannot_read(struct ctl *ctl, const char *path, const char *why)
{
	return fail_usage(ctl, "cannot judge '%s': %s", path, why);
}

/* Where the object is a policy's bundle, this kernel's verifier is asked, too. */
static json_t *report(struct ctl *ctl, const struct lint_object *o, const char *path)
{
	json_t *j = lint_report(o, path);
	struct bundle b;

	if (!bundle_read(ctl, path, path, &b)) {
		json_object_set_new(j, "verifier", verify_costs(ctl, &b));
		bundle_close(&b);
	}
	ctl_forget(ctl);
	return j;
}

int cmd_lint(struct ctl *ctl)
{
	struct lint_object o = { 0 };
	char why[256];
	const char *path;
	void *data = NULL;
	size_t len = 0;
	int err = need_args(ctl, 1, 1, "lint OBJECT");

	if (err)
		return err;
	path = ctl->argv[0];
	err = file_read(ctl, path, &data, &len);
	if (err) {
		ctl->usage = true;
		return err;
	}
	if (!ctl->verbose)
		libbpf_set_print(silent);
	err = lint_read(&o, data, len, why, sizeof(why));
	if (err) {
		err = cannot_read(ctl, path, why);
	} else {
		lint_check(&o);
		if (o.no_memory)
			err = cannot_read(ctl, path, "no memory");
		else if (o.too_much)
			err = cannot_read(ctl, path, "its programs have more paths than can be followed");
		else
			err = emit(ctl, report(ctl, &o, path), show);
		if (!err && lint_refused(&o))
			ctl->code = EXIT_FAILED;
	}
	lint_free(&o);
	return err;
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * cmd_lint.c - shunt lint: would a Netronome card take this
 * object? And what does a policy cost this kernel's verifier?
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "build.h"
#include "cost.h"
#include "file.h"
#include "forbid.h"
#include "plural.h"
#include "verb.h"
#include "verify.h"
#include "../offload/nfp/lint/report.h"

static bool of_card; /* --card */

static void show_finding(const char *object, const json_t *f)
{
	const char *file = text_at(f, "file");

	if (*file)
		printf("%s:%lld: ", file, number_at(f, "line"));
	else if (json_object_get(f, "offset"))
		printf("%s:%s+%lld: ", object, text_at(f, "section"), number_at(f, "offset"));
	else
		printf("%s: ", object);
	printf("%s: %s [%s]\n    instead: %s\n", text_at(f, "level"), text_at(f, "text"),
	       text_at(f, "rule"), text_at(f, "instead"));
}

static void show_program(const char *object, const json_t *p, const json_t *limits)
{
	printf("%s: program '%s': ", object, text_at(p, "name"));
	if (json_object_get(p, "instructions"))
		printf("about %lld of %lld instructions, %lld of %lld bytes of stack\n",
		       number_at(p, "instructions"), number_at(limits, "instructions"),
		       number_at(p, "stack"), number_at(limits, "stack"));
	else
		printf("%lld BPF instructions, not followed to their end\n",
		       number_at(p, "bpf_instructions"));
}

static void show_verifier(const char *object, const json_t *v)
{
	const json_t *p;
	size_t i;

	json_array_foreach(json_object_get(v, "programs"), i, p)
		printf("%s: program '%s': this kernel's verifier follows %lld instructions\n",
		       object, text_at(p, "name"), number_at(p, "instructions"));
	if (json_object_get(v, "error"))
		printf("%s: not verified by this kernel: %s\n", object, text_at(v, "error"));
}

static void show_card(const json_t *r)
{
	const char *object = text_at(r, "object");
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(r, "findings"), i, item)
		show_finding(object, item);
	json_array_foreach(json_object_get(r, "programs"), i, item)
		show_program(object, item, json_object_get(r, "limits"));
	printf("%s: the card %s it\n", object, text_at(r, "verdict"));
}

static void show_list(const json_t *list, const char *none)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
		printf("%s%s", i ? ", " : "", json_string_value(item));
	puts(json_array_size(list) ? "" : none);
}

/* A bundle is for hosts: a card that refuses it is no defect, so that has one line. */
static void show_card_shortly(const json_t *r)
{
	size_t n = json_array_size(json_object_get(r, "findings"));

	printf("%s: on a Netronome card: %s, %zu %s ('shunt lint --card' lists them; "
	       "built-in policies have an object of their own for cards: docs/nfp.md)\n",
	       text_at(r, "object"),
	       strcmp(text_at(r, "verdict"), "refuses") ? "accepted" : "refused", n,
	       plural(n, "finding", "findings"));
}

static void show_policy(const json_t *r)
{
	const json_t *p = json_object_get(r, "policy");
	const char *object = text_at(r, "object");

	printf("%s: policy '%s' (%s), a bundle for hosts\n", object, text_at(p, "name"),
	       text_at(p, "text"));
	printf("%s: runs on: ", object);
	show_list(json_object_get(p, "targets"), "nothing");
	printf("%s: reads, beside classes and loads: ", object);
	show_list(json_object_get(p, "reads"), "nothing");
	printf("%s: does: ", object);
	show_list(json_object_get(p, "does"), "nothing but steer and select");
	printf("%s: functions: ", object);
	show_list(json_object_get(p, "functions"), "none");
	show_verifier(object, json_object_get(r, "verifier"));
	show_card_shortly(r);
}

static void show(const json_t *r)
{
	if (!json_object_get(r, "policy"))
		show_card(r);
	else
		show_policy(r);
}

static void show_all(const json_t *r)
{
	if (json_object_get(r, "policy"))
		show_policy(r);
	show_card(r);
}

static int silent(enum libbpf_print_level level, const char *fmt, va_list args)
{
	return 0;
}

/* Exit status 2 for a file that cannot be judged, so that 1 always is a refusal. */
static int cannot_judge(struct ctl *ctl, const char *path)
{
	fail_context(ctl, "cannot judge '%s'", path);
	return fail_as_usage(ctl);
}

/* Words for the policy's flags: what it reads of each
 * request, and what it does beyond steering and selecting. */
static json_t *words_json(__u32 flags, bool reads)
{
	static const struct {
		__u32 flag;
		bool reads;
		const char *text;
	} words[] = {
		{ SHUNT_NEEDS_FLOW, true, "the hash of a request's flow" },
		{ SHUNT_NEEDS_KEY, true, "the hash of a request's key" },
		{ SHUNT_NEEDS_HINT, true, "a card's hint" },
		{ SHUNT_NEEDS_NOW, true, "the time of arrival" },
		{ SHUNT_NEEDS_RANDOM, true, "a random number" },
		{ SHUNT_NEEDS_HEADS, true, "since when the first request of each class waits" },
		{ SHUNT_IDLE_ONLY, false, "steers to idle cores only" },
		{ SHUNT_STEALS, false, "lets idle cores take from others' rings" },
		{ SHUNT_PREEMPTS, false, "has requests preempted after their quantum" },
		{ SHUNT_TAKES_ANY, false, "is not asked where only one class waits" },
	};
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (flags & words[i].flag && words[i].reads == reads)
			json_array_append_new(list, json_string(words[i].text));
	}
	return list;
}

static json_t *policy_json(const struct bundle *b)
{
	json_t *targets = json_pack("[s]", "XDP of a host");
	char native[64];

	snprintf(native, sizeof(native), "workers on %s", bundle_arch());
	json_array_append_new(targets, json_string(native));
	if (b->nic)
		json_array_append_new(targets,
				      json_string("a NIC that schedules for hosts (docs/wire.md)"));
	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "name", b->desc.name, "text",
			 b->desc.text, "targets", targets, "reads",
			 words_json(b->desc.flags, true), "does",
			 words_json(b->desc.flags, false), "functions", functions_json(b));
}

/* A compiled source is a bundle, and an object may be one.
 * A bundle is also shown to this kernel's verifier. */
static json_t *report(struct ctl *ctl, const struct lint_object *o, const char *path,
		      const struct bundle *built)
{
	json_t *j = lint_report(o, path);
	struct bundle read = { 0 };

	if (!built && !bundle_of_file(ctl, path, path, &read))
		built = &read;
	if (built) {
		json_object_set_new(j, "verifier", cost_of_bundle(ctl, built));
		json_object_set_new(j, "policy", policy_json(built));
	}
	bundle_close(&read);
	ctl_forget(ctl);
	return j;
}

/* A bundle is for hosts: there the verifier decides, unless the card is asked for. */
static bool is_refused(const json_t *r, const struct lint_object *o)
{
	if (!of_card && json_object_get(r, "policy"))
		return json_object_get(json_object_get(r, "verifier"), "error");
	return lint_refused(o);
}

static int judge(struct ctl *ctl, const char *path, struct lint_object *o,
		 const struct bundle *built)
{
	json_t *r;

	lint_check(o);
	if (o->no_memory)
		fail(ctl, -ENOMEM, "no memory");
	else if (o->too_much)
		fail(ctl, -EINVAL, "its programs have more paths than can be followed");
	if (o->no_memory || o->too_much)
		return cannot_judge(ctl, path);
	r = report(ctl, o, path, built);
	if (is_refused(r, o))
		ctl->code = EXIT_FAILED;
	return emit(ctl, r, of_card || ctl->verbose ? show_all : show);
}

/* The object's bytes, to be freed: a file's, or what a policy's source becomes. */
static int read_object(struct ctl *ctl, const char *path, struct bundle *built, void **data,
		       size_t *len)
{
	int err;

	if (!bundle_is_source(path))
		return file_read(&ctl->why, path, data, len);
	err = build_bundle(ctl, path, BUILD_NIC, NULL, built);
	if (err)
		return err;
	*len = built->len;
	*data = malloc(*len);
	if (!*data)
		return fail(ctl, -ENOMEM, "no memory");
	memcpy(*data, built->data, *len);
	return 0;
}

static int take_card(struct ctl *ctl, const char *value)
{
	of_card = true;
	return 0;
}

static int run(struct ctl *ctl)
{
	struct lint_object o = { 0 };
	struct bundle built = { 0 };
	const char *path;
	void *data = NULL;
	size_t len = 0;
	int err = need_args(ctl, 1, 1);

	if (err)
		return err;
	path = ctl->argv[0];
	err = read_object(ctl, path, &built, &data, &len);
	if (err) {
		ctl->why.code = EXIT_USAGE;
		bundle_close(&built);
		return err;
	}
	if (!ctl->verbose)
		libbpf_set_print(silent);
	err = lint_read(&o, data, len, &ctl->why);
	err = err ? cannot_judge(ctl, path) : judge(ctl, path, &o, built.data ? &built : NULL);
	lint_free(&o);
	bundle_close(&built);
	return err;
}

static const struct verb_option card = { "card", 0, NULL, take_card };
static const struct verb_option *const options[] = { &card, NULL };

const struct verb verb_lint = {
	"lint", "OBJECT|FILE.c [--card]",
	"what a policy costs the kernel's verifier; would a Netronome card take this BPF "
	"object? if not, why, and what instead (--card: of a policy's bundle, too)",
	options, run
};

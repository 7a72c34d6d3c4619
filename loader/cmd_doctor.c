// SPDX-License-Identifier: BSD-2-Clause
/*
 * cmd_doctor.c - shunt doctor: what stands in the way on this machine, each finding with its fix
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "object.h"
#include "verb.h"
#include "where.h"

static const char *const levels[] = { "ok", "warn", "fail" };

/* The fix with the interface's name in place of the word IF. */
static json_t *fix_json(const struct findings *f, const char *fix)
{
	char text[512] = "";
	size_t n = 0;

	while (*fix && n + 1 < sizeof(text)) {
		if (f->ifname && !strncmp(fix, "IF", 2)) {
			n += snprintf(text + n, sizeof(text) - n, "%s", f->ifname);
			fix += 2;
		} else {
			text[n++] = *fix++;
			text[n] = '\0';
		}
	}
	return json_string(text);
}

void finding(struct findings *f, const char *check, enum level level, const char *fix,
	     const char *text, ...)
{
	char *said;
	va_list args;
	json_t *j;

	va_start(args, text);
	if (vasprintf(&said, text, args) < 0)
		said = NULL;
	va_end(args);
	j = json_pack("{s:s, s:s, s:s}", "check", check, "level", levels[level], "text",
		      said ? said : "");
	if (fix && level != LEVEL_OK)
		json_object_set_new(j, "fix", fix_json(f, fix));
	json_array_append_new(f->list, j);
	f->count[level]++;
	free(said);
}

static void show(const json_t *r)
{
	const json_t *f;
	size_t i;

	json_array_foreach(json_object_get(r, "findings"), i, f) {
		printf("%-5s %-12s %s\n", text_at(f, "level"), text_at(f, "check"),
		       text_at(f, "text"));
		if (json_object_get(f, "fix"))
			printf("%19sfix: %s\n", "", text_at(f, "fix"));
	}
	printf("%lld ok, %lld warnings, %lld failures\n", number_at(r, "ok"), number_at(r, "warn"),
	       number_at(r, "fail"));
}

static void examine(struct ctl *ctl, struct findings *f)
{
	f->ifname = ctl->ifname;
	doctor_iface(ctl, f);
	doctor_loaded(ctl, f);
	ctl_forget(ctl); /* every failure has become a finding */
}

static int run(struct ctl *ctl)
{
	struct findings f = { .list = json_array() };
	struct where_list list = { 0 };
	int err = need_args(ctl, 0, 0);

	if (err) {
		json_decref(f.list);
		return err;
	}
	log_start(ctl->verbose);
	doctor_host(ctl, &f);
	ctl_forget(ctl);
	if (ctl->pins.ifname) {
		examine(ctl, &f);
	} else if (!where_list(ctl, &list)) {
		for (int i = 0; i < list.n; i++) {
			if (!where_set(ctl, list.name[i]))
				examine(ctl, &f);
		}
	}
	ctl_forget(ctl);
	if (f.count[LEVEL_FAIL])
		ctl->code = EXIT_FAILED;
	return emit(ctl, json_pack("{s:i, s:i, s:i, s:o}", "ok", f.count[LEVEL_OK], "warn",
				   f.count[LEVEL_WARN], "fail", f.count[LEVEL_FAIL], "findings",
				   f.list), show);
}

const struct verb verb_doctor = {
	"doctor", "", "what stands in the way on this machine, each with its fix",
	only_dev, run
};

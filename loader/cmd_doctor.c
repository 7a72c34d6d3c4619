// SPDX-License-Identifier: BSD-2-Clause
/*
 * cmd_doctor.c - shunt doctor: what stands in the way on this machine, each finding with its fix
 */
#include <errno.h>
#include <stdio.h>

#include "doctor.h"
#include "log.h"
#include "plural.h"
#include "verb.h"
#include "pindir.h"

static void show(const json_t *r)
{
	long long warnings = number_at(r, "warn"), failures = number_at(r, "fail");
	const json_t *f;
	size_t i;

	json_array_foreach(json_object_get(r, "findings"), i, f) {
		printf("%-5s %-12s %s\n", text_at(f, "level"), text_at(f, "check"),
		       text_at(f, "text"));
		if (json_object_get(f, "fix"))
			printf("%19sfix: %s\n", "", text_at(f, "fix"));
	}
	printf("%lld ok, %lld %s, %lld %s\n", number_at(r, "ok"), warnings,
	       plural(warnings, "warning", "warnings"), failures,
	       plural(failures, "failure", "failures"));
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
	struct pindir_list list = { 0 };
	int err = need_args(ctl, 0, 0);

	if (err) {
		json_decref(f.list);
		return err;
	}
	log_start(ctl->verbose);
	doctor_host(ctl, &f);
	doctor_tools(&f);
	ctl_forget(ctl);
	if (ctl->pins.ifname) {
		examine(ctl, &f);
	} else if (!pindir_list(ctl, &list)) {
		for (int i = 0; i < list.n; i++) {
			if (!pindir_set(ctl, list.name[i]))
				examine(ctl, &f);
		}
	}
	if (!ctl->pins.ifname)
		finding(&f, "interface", LEVEL_WARN, "shunt doctor --dev IF",
			"no interface was looked at: none was named, and none has shunt");
	ctl_forget(ctl);
	if (f.count[LEVEL_FAIL])
		ctl->code = EXIT_FAILED;
	return emit(ctl, json_pack("{s:i, s:i, s:i, s:o}", "ok", f.count[LEVEL_OK], "warn",
				   f.count[LEVEL_WARN], "fail", f.count[LEVEL_FAIL], "findings",
				   f.list), show);
}

const struct verb verb_doctor = {
	"doctor", "", "what stands in the way, each with its fix: on this machine, and on IF or "
	"the interfaces that shunt is loaded on; status 1 if anything does",
	only_dev, run
};

// SPDX-License-Identifier: BSD-2-Clause
/*
 * cmd_policies.c - shunt policies: the built-in bundles and what they say of themselves
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundle/bundle.h"
#include "forbid.h"
#include "verb.h"
#include "verify.h"

#pragma GCC diagnostic error "-Wswitch" /* a flag that is added has a name */

static const char *flag_name(enum shunt_policy_flags flag)
{
	switch (flag) {
	case SHUNT_NEEDS_FLOW: return "flow";
	case SHUNT_NEEDS_KEY: return "key";
	case SHUNT_NEEDS_RANDOM: return "random";
	case SHUNT_NEEDS_NOW: return "now";
	case SHUNT_NEEDS_HEADS: return "heads";
	case SHUNT_IDLE_ONLY: return "idle_only";
	case SHUNT_STEALS: return "steals";
	case SHUNT_PREEMPTS: return "preempts";
	case SHUNT_NEEDS_HINT: return "hint";
	case SHUNT_TAKES_ANY: return "takes_any";
	}
	return NULL;
}

static json_t *flags_json(__u32 flags)
{
	json_t *list = json_array();

	for (__u32 left = flags; left; left &= left - 1) {
		const char *name = flag_name(left & -left);

		if (name)
			json_array_append_new(list, json_string(name));
	}
	return list;
}

static bool listed(const json_t *list, const char *name)
{
	const json_t *entry;
	size_t i;

	json_array_foreach(list, i, entry) {
		if (!strcmp(text_at(entry, "name"), name))
			return true;
	}
	return false;
}

/* The same name in an earlier directory hides it, as load would find that one. */
static void add(struct ctl *ctl, json_t *list, const char *dir, const char *file)
{
	char path[PATH_MAX], name[NAME_MAX + 1];
	struct bundle b;
	json_t *entry;

	snprintf(name, sizeof(name), "%.*s", (int)strlen(file) - 2, file);
	if (listed(list, name) ||
	    (size_t)snprintf(path, sizeof(path), "%s/%s", dir, file) >= sizeof(path))
		return;
	if (bundle_of_file(ctl, path, path, &b)) {
		json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "name", name, "file", path,
						      "error", ctl->why.text ? ctl->why.text : ""));
		ctl_forget(ctl);
		return;
	}
	entry = json_pack("{s:s, s:s, s:s, s:o, s:o}", "name", name, "text", b.desc.text, "file",
			  path, "needs", flags_json(b.desc.flags), "functions", functions_json(&b));
	json_array_append_new(list, entry);
	bundle_close(&b);
}

static int is_object(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);

	return n > 2 && entry->d_name[0] != '.' && !strcmp(entry->d_name + n - 2, ".o");
}

static void show(const json_t *r)
{
	const json_t *entry;
	size_t i;

	json_array_foreach(json_object_get(r, "policies"), i, entry)
		printf("%-10s %s\n", text_at(entry, "name"),
		       json_object_get(entry, "error") ? text_at(entry, "error") :
							 text_at(entry, "text"));
}

static int run(struct ctl *ctl)
{
	char dir[PATH_MAX];
	struct dirent **files;
	json_t *list;
	int err = need_args(ctl, 0, 0), n;

	if (err)
		return err;
	list = json_array();
	for (int d = 0; d < BUNDLE_DIRS; d++) {
		if (!bundle_dir(d, dir, sizeof(dir))[0])
			continue;
		n = scandir(dir, &files, is_object, alphasort);
		for (int i = 0; i < n; i++) {
			add(ctl, list, dir, files[i]->d_name);
			free(files[i]);
		}
		if (n >= 0)
			free(files);
	}
	if (json_array_size(list))
		return emit(ctl, json_pack("{s:o}", "policies", list), show);
	json_decref(list);
	fail(ctl, -ENOENT, "no built-in policies found");
	hint(ctl, "'make' builds them into build/bpf, 'make install' puts them into "
	     "%s/shunt/policies", SHUNT_LIBDIR);
	return -ENOENT;
}

const struct verb verb_policies = {
	"policies", "", "the built-in policies",
	no_options, run
};

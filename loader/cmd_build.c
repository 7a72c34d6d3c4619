// SPDX-License-Identifier: BSD-2-Clause
/*
 * cmd_build.c - shunt build: a policy's source into a bundle, without privileges
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "build.h"
#include "verb.h"

static const char *given_out; /* -o; NULL: default_out() */

/* mine.c becomes mine.shunt in the current directory, as compilers do. */
static int default_out(struct ctl *ctl, const char *source, char *out, size_t len)
{
	const char *slash = strrchr(source, '/'), *base = slash ? slash + 1 : source;
	size_t n = strlen(base);

	if (n < 3 || strcmp(base + n - 2, ".c"))
		return fail_usage(ctl, "'%s' is no C file", source);
	if ((size_t)snprintf(out, len, "%.*s.shunt", (int)n - 2, base) >= len)
		return fail(ctl, -ENAMETOOLONG, "the name '%s' is too long", source);
	return 0;
}

static void show(const json_t *r)
{
	printf("built '%s': policy '%s', %lld bytes of native code\n", text_at(r, "bundle"),
	       text_at(r, "policy"), number_at(r, "native_bytes"));
}

static int take_output(struct ctl *ctl, const char *value)
{
	given_out = value;
	return 0;
}

static int run(struct ctl *ctl)
{
	struct bundle b = { 0 };
	char out[PATH_MAX];
	int err = need_args(ctl, 1, 1);

	if (!err)
		err = default_out(ctl, ctl->argv[0], out, sizeof(out));
	if (!err && given_out)
		snprintf(out, sizeof(out), "%s", given_out);
	if (!err)
		err = build_bundle(ctl, ctl->argv[0], BUILD_ALL, out, &b);
	if (err)
		return err;
	err = emit(ctl, json_pack("{s:s, s:s, s:s, s:i}", "bundle", out, "policy", b.desc.name,
				  "text", b.desc.text, "native_bytes", (int)b.native_len), show);
	bundle_close(&b);
	return err;
}

static const struct verb_option output = { "output", 'o', "FILE", take_output };
static const struct verb_option *const options[] = { &output, NULL };

const struct verb verb_build = {
	"build", "POLICY.c [-o FILE]", "compile a policy into a bundle; needs no privileges",
	options, run
};

// SPDX-License-Identifier: BSD-2-Clause
/*
 * lint.c - shunt lint on an object of any author: it judges or refuses it, and ends
 */
/* link: offload/nfp/lint/[a-z]*.c lib/why.c */
#include <bpf/libbpf.h>

#include "input.h"
#include "offload/nfp/lint/report.h"

static int silent(enum libbpf_print_level level, const char *fmt, va_list args)
{
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct lint_object o = { 0 };
	void *copy = exactly(data, len); /* lint_free() frees it */
	struct why why = { 0 };
	json_t *report;
	char *text;

	libbpf_set_print(silent);
	if (!lint_read(&o, copy, len, &why)) {
		lint_check(&o);
		report = lint_report(&o, "fuzz.o");
		text = report ? json_dumps(report, 0) : NULL;
		MUST(text);
		free(text);
		json_decref(report);
	} else {
		MUST(why.text && *why.text);
	}
	lint_free(&o);
	why_forget(&why);
	return 0;
}

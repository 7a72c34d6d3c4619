// SPDX-License-Identifier: BSD-2-Clause
/*
 * lint.c - shunt lint on an object of any author: it judges or refuses it, and ends
 */
/* link: offload/nfp/lint/[a-z]*.c */
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
	json_t *report;
	char why[256];
	char *text;

	libbpf_set_print(silent);
	if (!lint_read(&o, copy, len, why, sizeof(why))) {
		lint_check(&o);
		report = lint_report(&o, "fuzz.o");
		text = report ? json_dumps(report, 0) : NULL;
		MUST(text);
		free(text);
		json_decref(report);
	} else {
		MUST(memchr(why, 0, sizeof(why)) && why[0]);
	}
	lint_free(&o);
	return 0;
}

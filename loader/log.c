// SPDX-License-Identifier: BSD-2-Clause
/*
 * log.c - why the kernel did not take a program: libbpf's and the verifier's words, shortened
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "object.h"

static bool talkative;
static char last_warning[512]; /* of libbpf */

static int listen(enum libbpf_print_level level, const char *fmt, va_list args)
{
	va_list copy;

	if (talkative && level != LIBBPF_DEBUG) {
		va_copy(copy, args);
		vfprintf(stderr, fmt, copy);
		va_end(copy);
	}
	/* The verifier's log comes as one enormous message: it is asked for separately. */
	if (level == LIBBPF_WARN && !strstr(fmt, "LOG"))
		vsnprintf(last_warning, sizeof(last_warning), fmt, args);
	return 0;
}

void log_start(bool verbose)
{
	talkative = verbose;
	last_warning[0] = '\0';
	libbpf_set_print(listen);
}

/* What the verifier complains of, and what a policy's author can do about it. */
static const struct remedy remedies[] = {
	{ "too large", "too many paths: in loops use shunt_pick() and shunt_less(), no if" },
	{ "too complex", "too many paths: in loops use shunt_pick() and shunt_less(), no if" },
	{ "infinite loop", "a loop needs a constant bound" },
	{ "back-edge", "a loop needs a constant bound" },
	{ "map_value", "an index into the view must go through shunt_index() or an accessor" },
	{ "unbounded", "an index into the view must go through shunt_index() or an accessor" },
	{ "stack", "keep local arrays below 512 bytes" },
	{ "unknown func", "this kernel lacks a helper that the policy calls: see 'shunt features'" },
	{ "invalid func", "this kernel lacks a helper that the policy calls: see 'shunt features'" },
	{ "misaligned", "read the view through the accessors of shunt/policy.h" },
	{ NULL, NULL },
};

/*
 * The verifier's complaint is its last line but the statistics; the source line is the last ';'
 * with text (those of the compiler's own making have none).
 */
static void find_lines(char *log, const char **complaint, const char **source)
{
	char *save = NULL;

	*complaint = *source = NULL;
	for (char *line = strtok_r(log, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (line[0] == ';' && line[1 + strspn(line + 1, " ")] != '@')
			*source = line + 1 + strspn(line + 1, " ");
		else if (line[0] && strncmp(line, "processed ", 10) &&
			 strncmp(line, "verification time", 17) && strncmp(line, "stack depth", 11) &&
			 line[0] != ';')
			*complaint = line;
	}
}

static void advise(struct ctl *ctl, const char *complaint)
{
	hint_known(ctl, remedies, complaint);
	hint(ctl, "the whole log: shunt -v load ... --dry-run");
}

int log_explain(struct ctl *ctl, const struct bundle *b, int err, const char *log)
{
	const char *complaint, *source;
	char *copy = strdup(log);
	struct utsname host;

	if (!copy)
		return fail(ctl, -ENOMEM, "no memory");
	if (talkative)
		fputs(log, stderr);
	find_lines(copy, &complaint, &source);
	if (complaint && strstr(complaint, "too large"))
		source = NULL; /* where it lost patience says nothing */
	if (complaint && err != -EPERM) {
		fail(ctl, err, "the kernel's verifier refuses policy '%s': %s%s%s", b->desc.name,
		     complaint, source ? ", at: " : "", source ? source : "");
		advise(ctl, complaint);
	} else if (err == -EINVAL) {
		uname(&host);
		last_warning[strcspn(last_warning, "\n")] = '\0';
		fail(ctl, -EOPNOTSUPP, "kernel %s does not take policy '%s': %s", host.release,
		     b->desc.name, last_warning[0] ? last_warning : strerror(-err));
		hint(ctl, "shunt needs Linux 5.15: see 'shunt features'");
		err = -EOPNOTSUPP;
	} else {
		fail_bpf(ctl, err, "cannot load policy '%s'", b->desc.name);
	}
	free(copy);
	return err;
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * log.c - why the kernel did not take a program: libbpf's and the verifier's words, shortened
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "log.h"
#include "probe.h"

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

/* Complaints of the verifier, and how a policy's author can mend the cause. */
static const struct remedy remedies[] = {
	{ "too large", "too many paths, or a loop whose end it cannot see: constant bounds, and in "
		       "loops shunt_pick() and shunt_less() in place of if" },
	{ "too complex", "too many paths: in loops use shunt_pick() and shunt_less(), no if" },
	{ "infinite loop", "a loop needs a constant bound" },
	{ "back-edge", "a loop needs a constant bound" },
	{ "unreachable insn", "a loop needs a constant bound, and a way out" },
	{ "invalid mem access",
	  "a policy reads memory through the accessors of shunt/policy.h alone" },
	{ "map_value", "an index into the view must go through shunt_index() or an accessor" },
	{ "unbounded", "an index into the view must go through shunt_index() or an accessor" },
	{ "stack", "keep local arrays below 512 bytes" },
	{ "unknown func",
	  "this kernel lacks a helper that the policy calls: see 'shunt features'" },
	{ "invalid func",
	  "this kernel lacks a helper that the policy calls: see 'shunt features'" },
	{ "misaligned", "read the view through the accessors of shunt/policy.h" },
	{ NULL, NULL },
};

/* A line of the trace: instructions, registers, states and
 * how it went back. The rest are complaints. */
static bool is_trace(const char *line)
{
	static const char *const begin[] = { ";", "processed ", "verification time", "stack depth",
					     "cur state:",
					     "old state:", "from ", "mark_precise:", "last_idx",
					     "parent ", "regs=", "caller:", "Func#", "propagating ",
					     "frame", "safe" };
	const char *at = line + strspn(line, " ");
	size_t digits = strspn(at, "0123456789"), reg;

	if (!*at || (digits && at[digits] == ':'))
		return true;
	for (size_t i = 0; i < sizeof(begin) / sizeof(begin[0]); i++) {
		if (!strncmp(at, begin[i], strlen(begin[i])))
			return true;
	}
	/* "R1=…", "R2_w=…"; "R1 unbounded" is a complaint */
	reg = *at == 'R' ? strspn(at + 1, "0123456789rwt_") : 0;
	return reg && at[1 + reg] == '=';
}

/* Number of the instruction that a line of the trace shows
 * ("12: (61) r1 = …"), or that a complaint names; -1: none. */
static long insn_of(const char *line)
{
	const char *named = strstr(line, "at insn ");
	char *end;
	long n;

	if (named)
		return strtol(named + 8, NULL, 10);
	n = strtol(line, &end, 10);
	return end != line && !strncmp(end, ": (", 3) ? n : -1;
}

/* A complaint in this line of the log, or NULL. One stands behind the instruction at which the
 * verifier gave up. */
static const char *complaint_in(const char *line)
{
	const char *large = strstr(line, "BPF program is too large");

	return large ? large : is_trace(line) ? NULL : line;
}

/* The verifier's complaint, and the last line of the
 * policy's author that it came by. Cuts up the log. */
static const char *find_complaint(char *log, const struct lint_object *o, const char *prog,
				  const struct lint_line **own)
{
	const struct lint_prog *p = origin_prog(o, prog);
	const char *complaint = NULL;
	char *save = NULL;

	*own = NULL;
	for (char *line = strtok_r(log, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		long n = insn_of(line);
		const struct lint_line *from = n < 0 ? NULL : origin_line(o, p, n);
		const char *said = complaint_in(line);

		if (from && origin_is_own(o, from))
			*own = from;
		if (said)
			complaint = said;
	}
	return complaint;
}

static void advise(struct ctl *ctl, const char *complaint)
{
	hint_known(ctl, remedies, complaint);
	hint(ctl, "the whole log: shunt -v load ... --dry-run");
}

static int refused(struct ctl *ctl, const struct bundle *b, int err, const char *complaint,
		   const struct lint_line *own)
{
	char at[256] = "";

	fail(ctl, err, "the kernel's verifier refuses policy '%s': %s%s%s", b->desc.name, complaint,
	     own ? ", at: " : "", own ? origin_show(own, at, sizeof(at)) : "");
	if (!probe_cap(CAP_PERFMON) && !probe_cap(CAP_SYS_ADMIN))
		hint(ctl, "this process lacks CAP_PERFMON, and to such the verifier refuses sound "
			  "programs, too: run it as root, or with " SHUNT_CAPS);
	advise(ctl, complaint);
	return err;
}

static int not_taken(struct ctl *ctl, const struct bundle *b, enum part part)
{
	struct utsname host;

	uname(&host);
	last_warning[strcspn(last_warning, "\n")] = '\0';
	fail(ctl, -EOPNOTSUPP, "kernel %s does not take policy '%s': %s", host.release,
	     b->desc.name, last_warning[0] ? last_warning : strerror(EINVAL));
	if (part == PART_SCHED)
		hint(ctl, "'shunt sched' was made for Linux 6.18");
	hint(ctl, "shunt needs Linux 5.15: see 'shunt features'");
	return -EOPNOTSUPP;
}

int log_explain_open(struct ctl *ctl, const struct bundle *b, int err)
{
	last_warning[strcspn(last_warning, "\n")] = '\0';
	return fail(ctl, err, "'%s' is no BPF object that libbpf understands: %s", b->path,
		    last_warning[0] ? last_warning : strerror(-err));
}

int log_explain(struct ctl *ctl, const struct bundle *b, enum part part, const char *prog, int err,
		const char *log)
{
	const struct lint_line *own;
	struct lint_object o;
	const char *complaint;
	char *copy = strdup(log);

	if (!copy)
		return fail(ctl, -ENOMEM, "no memory");
	if (talkative)
		fputs(log, stderr);
	if (!origin_read(ctl, b, part, &o)) {
		complaint = find_complaint(copy, &o, prog, &own);
		if (complaint && err != -EPERM)
			refused(ctl, b, err, complaint, own);
		else if (err == -EINVAL)
			err = not_taken(ctl, b, part);
		else
			fail_bpf(ctl, err, "cannot load policy '%s'", b->desc.name);
	}
	origin_free(&o);
	free(copy);
	return err;
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * origin.c - from an instruction to the line of the policy's own source that it came from
 *
 * A policy's functions are inlined into shunt's programs, and shunt's accessors into the policy's
 * functions. So most instructions are shunt's; those of the policy's author come from any file that
 * is not shunt's own.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "origin.h"

int origin_read(struct ctl *ctl, const struct bundle *b, enum part part, struct lint_object *o)
{
	const void *data = part == PART_NIC ? b->nic : part == PART_SCHED ? b->sched : b->data;
	size_t len = part == PART_NIC ? b->nic_len : part == PART_SCHED ? b->sched_len : b->len;
	void *copy = malloc(len ? len : 1); /* lint_read() takes it, and wants it aligned */
	int err;

	memset(o, 0, sizeof(*o));
	if (!copy)
		return fail(ctl, -ENOMEM, "no memory");
	memcpy(copy, data, len);
	err = lint_read(o, copy, len, &ctl->why);
	if (err)
		fail_context(ctl, "'%s' cannot be read", b->path);
	return err;
}

void origin_free(struct lint_object *o)
{
	lint_free(o);
}

const struct lint_prog *origin_prog(const struct lint_object *o, const char *name)
{
	for (int i = 0; i < o->nprogs; i++) {
		if (!strcmp(o->progs[i].name, name))
			return &o->progs[i];
	}
	return NULL;
}

const struct lint_line *origin_line(const struct lint_object *o, const struct lint_prog *p,
				    __u32 insn)
{
	return p && insn < p->ninsns ? lint_line(o, p->insns[insn].at) : NULL;
}

static bool begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

/* The length of a path's folder, with the last slash. */
static size_t folder(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 - path : 0;
}

/* The folder of shunt's programs, as the object calls it: that of shunt.bpf.c, or above that of
 * nic.bpf.c or sched.bpf.c. */
static size_t programs(const struct lint_object *o, const char **path)
{
	static const char *const mains[] = { "shunt.bpf.c", "nic/nic.bpf.c",
					     "sched/sched.bpf.c" };

	for (__u32 i = 0; i < o->nlines; i++) {
		const char *file = o->lines[i].file;
		size_t len = strlen(file);

		for (int m = 0; m < 3; m++) {
			size_t tail = strlen(mains[m]);

			*path = file;
			if (len >= tail && !strcmp(file + len - tail, mains[m]))
				return len - tail;
		}
	}
	return 0;
}

bool origin_is_own(const struct lint_object *o, const struct lint_line *line)
{
	const char *file = line->file, *path;
	size_t len = programs(o, &path);

	if (!*file || begins(file, "/usr/include/") || strstr(file, "include/shunt/"))
		return false;
	if (!len || strncmp(file, path, len))
		return true;
	return begins(file + len, "policies/");
}

const char *origin_show(const struct lint_line *line, char *out, size_t len)
{
	const char *text = line->text + strspn(line->text, " \t");
	const char *file = line->file + folder(line->file);

	if (*text)
		snprintf(out, len, "%.120s (%.80s:%u)", text, file, line->line);
	else
		snprintf(out, len, "%.80s:%u", file, line->line);
	return out;
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * said.c - what a compiler said of a policy: for its author, with the next step
 */
#include <stdio.h>
#include <string.h>

#include "clash.h"
#include "said.h"

/* Lines that tell nothing to the policy's author: our wrapper's, the insides of the compiler. */
static bool is_noise(const char *line)
{
	size_t indent = strspn(line, " ");

	return !line[indent] || !strncmp(line, "In file included from", 21) ||
	       (indent && !strncmp(line + indent, "0x", 2));
}

/* Copies a line with the user's own name of his file. */
static void put_line(FILE *to, const char *line, const char *copy, const char *source)
{
	size_t len = strlen(copy);
	const char *at;

	while ((at = strstr(line, copy))) {
		size_t dot = at - line >= 2 && !strncmp(at - 2, "./", 2) ? 2 : 0;

		fprintf(to, "%.*s%s", (int)(at - line - dot), line, source);
		line = at + len;
	}
	fprintf(to, "%s\n", line);
}

char *said_tidy(char *text, const char *copy, const char *source)
{
	char *out = NULL, *save = NULL;
	size_t len;
	FILE *to = open_memstream(&out, &len);

	if (!to)
		return NULL;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (!strncmp(line, "PLEASE ", 7) || !strncmp(line, "Stack dump", 10))
			break; /* the compiler's own crash report */
		if (!is_noise(line))
			put_line(to, line, copy, source);
	}
	fclose(to);
	if (out && len && out[len - 1] == '\n')
		out[len - 1] = '\0';
	return out;
}

static const struct remedy remedies[] = {
	{ "function 'select'", "a policy defines select()" },
	{ "function 'steer'", "a policy defines steer()" },
	{ "'shunt_policy_flags'",
	  "a policy names itself: SHUNT_POLICY(\"name\", flags, \"text\")" },
	{ "signed division",
	  "BPF divides unsigned numbers only, and only by constants: see shunt_div()" },
	{ "of them, and this is none",
	  "knobs, states, classes and cores are numbered from 0 to SHUNT_KNOBS - 1, and so on" },
	{ "add SHUNT_NEEDS_HEADS", "add SHUNT_NEEDS_HEADS to the flags of SHUNT_POLICY: without it "
				   "heads are 0" },
	{ "undefined reference", "a policy calls nothing but what shunt/policy.h offers" },
	{ "file not found", "a policy includes <shunt/policy.h> and headers of its own: there is "
			    "no C library where it runs" },
	{ "No such file", "a policy includes <shunt/policy.h> and headers of its own: there is no "
			  "C library where it runs" },
	{ "ermission denied", "run by root, compilers read what everybody may read: as another "
			      "user, 'shunt build' makes a bundle with your files" },
	{ "incbin", "run by root, compilers read what everybody may read; a policy is code alone" },
	{ "out of memory", "a compiler may use 1 GiB: does the source include something that never "
			   "ends, as a device?" },
	{ "ended by signal", "a compiler may use 1 GiB: does the source include something that "
			     "never ends, as a device?" },
	{ "undeclared", "what a policy may use: shunt/policy.h" },
	{ NULL, NULL },
};

void said_advise(struct ctl *ctl, const char *said, const char *source, bool closed)
{
	struct clash c;

	if (closed && (strstr(said, "file not found") || strstr(said, "No such file")))
		hint(ctl,
		     "run by root, compilers read what everybody may read, and not the folder of "
		     "'%s': move it where everybody may read, or build as another user",
		     source);
	if (clash_find(said, source, &c))
		hint(ctl, "shunt's own programs have a '%s' (%s): give the policy's another name",
		     c.name, c.file);
	hint_known(ctl, remedies, said);
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * files.c - what was asked for is written: files, or the table
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"

static int write_csv(const struct sweep *s, FILE *f)
{
	out_csv(s, f);
	return 0;
}

static int write_cdf(const struct sweep *s, FILE *f)
{
	out_cdf(s, f);
	return 0;
}

static int write_to(const char *path, const struct sweep *s,
		    int (*out)(const struct sweep *s, FILE *f))
{
	FILE *f;
	int err;

	if (!path)
		return 0;
	f = strcmp(path, "-") ? fopen(path, "w") : stdout;
	if (!f)
		return complain("cannot write '%s': %s", path, strerror(errno));
	err = out(s, f);
	if (err || ferror(f) || (f != stdout && fclose(f)))
		return complain("cannot write '%s'", path);
	return 0;
}

static int try_file(const char *path)
{
	bool was_there;
	FILE *f;

	if (!path || !strcmp(path, "-"))
		return 0;
	was_there = !access(path, F_OK);
	f = fopen(path, "a");
	if (!f)
		return complain("cannot write '%s': %s", path, strerror(errno));
	fclose(f);
	if (!was_there)
		unlink(path);
	return 0;
}

int try_files(const struct options *o)
{
	return try_file(o->csv) || try_file(o->json) || try_file(o->svg) || try_file(o->cdf) ||
			       try_file(o->page) || try_file(o->series) || try_file(o->series_svg)
		       ? EXIT_FAILED
		       : 0;
}

int write_files(const struct options *o, const struct sweep *s)
{
	return write_to(o->csv, s, write_csv) | write_to(o->json, s, out_json) |
	       write_to(o->cdf, s, write_cdf) | write_to(o->series, s, out_series);
}

static bool is_stdout(const char *path)
{
	return path && !strcmp(path, "-");
}

int conclude(const struct options *o, struct sweep *s, int res)
{
	bool to_stdout = is_stdout(o->csv) || is_stdout(o->json) || is_stdout(o->cdf) ||
			 is_stdout(o->series) || is_stdout(o->svg) || is_stdout(o->series_svg) ||
			 is_stdout(o->page);
	int done = 0, err;

	for (int i = 0; i < s->n; i++)
		done += s->p[i].r.complete;
	err = write_files(o, s); /* first: the table's reader may stop reading */
	if (!to_stdout && done)
		out_table(s, stdout);
	if (res == -EINTR) {
		fprintf(stderr, "shunt-sim: interrupted: %d of %d runs are complete and kept\n",
			done, s->n);
		return EXIT_INTERRUPTED;
	}
	return res || err ? EXIT_FAILED : EXIT_OK;
}

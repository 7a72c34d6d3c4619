// SPDX-License-Identifier: BSD-2-Clause
/*
 * trace.c - requests as they were recorded: a line each, "TIME_US CLASS SERVICE_US [FLOW]"
 *
 * Lines that begin with # are comments, but for "# workload: SPEC", which says what the classes
 * are. A service time of "-" was not recorded: it is drawn from the class's distribution.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source.h"

#define WORKLOAD_LINE "# workload: "

static int class_by_name(const struct workload *w, const char *name)
{
	for (int i = 0; i < w->nclasses; i++) {
		if (!strcmp(w->cls[i].name, name))
			return i;
	}
	return -1;
}

static int bad_line(const struct trace *t, struct why *why, const char *what)
{
	return why_fail(why, -1, "'%s' line %llu %s", t->path, (unsigned long long)t->line, what);
}

static int parse(struct trace *t, const struct workload *w, const char *line, struct recorded *r,
		 struct why *why)
{
	char name[64], service[32], *end;
	int at = 0, n = sscanf(line, "%lf %63s %31s %n", &r->at_us, name, service, &at);
	unsigned long flow;

	if (n < 3 || !(r->at_us >= 0) || r->at_us > 3.6e9)
		return bad_line(t, why, "is not 'TIME_US CLASS SERVICE_US [FLOW]'");
	r->cls = class_by_name(w, name);
	if (r->cls < 0)
		return bad_line(t, why, "has a class that the workload does not have");
	r->has_flow = line[at] != '\0';
	if (r->has_flow) {
		flow = strtoul(line + at, &end, 10);
		if (line[at] < '0' || line[at] > '9' || end[strspn(end, " \t\r\n")] ||
		    flow > UINT32_MAX)
			return bad_line(t, why, "has no number as its FLOW, or more after it");
		r->flow = flow;
	}
	r->service_us = NAN;
	if (strcmp(service, "-")) {
		r->service_us = strtod(service, &end);
		if (*end || !(r->service_us >= 0) || r->service_us > 1e9)
			return bad_line(t, why, "has no service time in microseconds (or '-')");
	}
	if (r->at_us < t->last_us)
		return bad_line(t, why, "goes back in time");
	t->last_us = r->at_us;
	return 0;
}

int trace_open(struct trace *t, const char *path, struct why *why)
{
	*t = (struct trace){ .path = path, .f = open_to_read(path, why) };
	return t->f ? 0 : -1;
}

void trace_close(struct trace *t)
{
	if (t->f)
		fclose(t->f);
	t->f = NULL;
}

int trace_next(struct trace *t, const struct workload *w, struct recorded *r, struct why *why)
{
	char line[256];

	do {
		t->line++;
		if (!fgets(line, sizeof(line), t->f))
			return ferror(t->f) ? why_fail(why, -1, "cannot read '%s'", t->path) : 1;
		if (!strchr(line, '\n') && !feof(t->f))
			return bad_line(t, why, "is too long");
	} while (*line == '#' || *line == '\n');
	return parse(t, w, line, r, why);
}

int trace_scan(struct workload *w, struct why *why)
{
	struct trace t;
	struct recorded r;
	double first = 0, work = 0;
	int res = trace_open(&t, w->trace, why);

	if (res)
		return -1;
	for (w->trace_n = 0; !(res = trace_next(&t, w, &r, why)); w->trace_n++) {
		if (!w->trace_n)
			first = r.at_us;
		w->trace_draws |= isnan(r.service_us) || !r.has_flow;
		work += isnan(r.service_us) ? w->cls[r.cls].service.mean_ns : r.service_us * 1e3;
	}
	trace_close(&t);
	if (res < 0)
		return -1;
	if (!w->trace_n)
		return why_fail(why, -1, "'%s' holds no requests", w->trace);
	if (w->trace_n < 2 || !(t.last_us > first))
		return why_fail(why, -1, "'%s' holds requests of one moment: it has no rate",
				w->trace);
	w->trace_rate = (w->trace_n - 1) / (t.last_us - first) * 1e6 * w->trace_speed;
	w->mean_ns = work / w->trace_n;
	return 0;
}

int trace_workload(const char *path, char *spec, size_t len, struct why *why)
{
	size_t head = strlen(WORKLOAD_LINE);
	char line[SIM_TEXT + 64];
	struct trace t;
	bool found = false;

	if (trace_open(&t, path, why))
		return -1;
	while (!found && fgets(line, sizeof(line), t.f) && *line == '#') {
		line[strcspn(line, "\n")] = '\0';
		found = !strncmp(line, WORKLOAD_LINE, head);
		if (found)
			snprintf(spec, len, "%s", line + head);
	}
	trace_close(&t);
	return found ? 0
		     : why_fail(why, -1,
				"'%s' has no line '" WORKLOAD_LINE
				"…': name its classes with --workload",
				path);
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * arrive.c - when requests are due: Poisson, evenly, in bursts, or as a file says
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"

#define PART_MOST_NS 1e12 /* ON, OFF */

static int read_trace(struct options *o, const char *path, struct why *why)
{
	FILE *f = fopen(path, "r");
	char line[128], *end;
	size_t have = 0;
	int nr = 0, err = 0;

	if (!f)
		return why_fail(why, -EINVAL, "cannot read '%s': %s", path, strerror(errno));
	while (fgets(line, sizeof(line), f)) {
		double at;

		nr++;
		if (line[0] == '#' || line[0] == '\n')
			continue;
		at = strtod(line, &end);
		if (end == line || (*end && *end != '\n') || !(at >= 0 && at < 1e6) ||
		    (o->trace_length && at < o->trace[o->trace_length - 1])) {
			err = why_fail(why, -EINVAL,
				       "'%s', line %d: no time in seconds, or before the last",
				       path, nr);
			break;
		}
		if (o->trace_length == have) {
			double *more = realloc(o->trace, (have = have * 2 + 1024) * sizeof(*more));

			if (!more) {
				err = why_fail(why, -EINVAL, "'%s': too long for memory", path);
				break;
			}
			o->trace = more;
		}
		o->trace[o->trace_length++] = at;
	}
	fclose(f);
	if (!err && o->trace_length < 2)
		err = why_fail(why, -EINVAL, "'%s' has fewer than two times", path);
	return err;
}

/* Past these bounds a moment is no number any more, or a run does not end. */
static int check_bursts(const struct options *o, struct why *why)
{
	double in_on = o->rate * (o->on_ns + o->off_ns) / o->on_ns;

	if (!(o->on_ns >= 1) || o->off_ns < 0)
		return why_fail(why, -EINVAL, "what is '%s'? (bursty:ON:OFF, as in bursty:1ms:9ms)",
				o->arrival_text);
	if (o->on_ns > PART_MOST_NS || o->off_ns > PART_MOST_NS)
		return why_fail(why, -EINVAL, "'%s': ON and OFF are at most 1000s each",
				o->arrival_text);
	if (in_on > RATE_MOST)
		return why_fail(why, -EINVAL,
				"'%s': that is %g requests a second in each ON, and %g are the "
				"most: a longer ON, or a lower --rate",
				o->arrival_text, in_on, RATE_MOST);
	return 0;
}

int arrival_parse(struct options *o, struct why *why)
{
	const char *text = o->arrival_text;
	char on[32], off[32];

	if (!strcmp(text, "poisson")) {
		o->arrival = ARRIVE_POISSON;
	} else if (!strcmp(text, "fixed")) {
		o->arrival = ARRIVE_FIXED;
	} else if (sscanf(text, "bursty:%31[^:]:%31s", on, off) == 2) {
		o->arrival = ARRIVE_ONOFF;
		o->on_ns = parse_ns(on);
		o->off_ns = parse_ns(off);
		return check_bursts(o, why);
	} else if (!strncmp(text, "trace:", 6)) {
		o->arrival = ARRIVE_TRACE;
		if (read_trace(o, text + 6, why))
			return -EINVAL;
		o->rate = o->trace_length / (o->trace[o->trace_length - 1] > 0 ?
					     o->trace[o->trace_length - 1] : 1);
	} else {
		return why_fail(why, -EINVAL,
				"what is the arrival '%s'? (poisson, fixed, bursty:ON:OFF, "
				"trace:FILE)",
				text);
	}
	return 0;
}

double arrival_next(struct load *l, double due)
{
	const struct options *o = &l->o;
	double gap = 1e9 * o->burst / o->rate, cycle = o->on_ns + o->off_ns, at, into;

	switch (o->arrival) {
	case ARRIVE_FIXED:
		return due < 0 ? 0 : due + gap;
	case ARRIVE_ONOFF:
		/* Poisson in a time in which the pauses do not exist, then the pauses put back. */
		at = due < 0 ? 0 : floor(due / cycle) * o->on_ns + fmin(fmod(due, cycle), o->on_ns);
		at += rng_exp(&l->when, gap * o->on_ns / cycle);
		into = fmod(at, o->on_ns);
		return floor(at / o->on_ns) * cycle + into;
	case ARRIVE_TRACE:
		return l->done < o->trace_length ? o->trace[l->done] * 1e9 : -1;
	default:
		return (due < 0 ? 0 : due) + rng_exp(&l->when, gap);
	}
}

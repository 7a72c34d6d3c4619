// SPDX-License-Identifier: BSD-2-Clause
/*
 * mix.c - which requests, in which shares, how long each
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../plain_name.h"
#include "mix.h"

/* Workloads of other systems' papers and code, so that numbers can be compared. */
static const struct {
	const char *name, *text, *note;
} named[] = {
	{ "high-bimodal", "short=0.5:1us,long=0.5:100us", "Persephone DISP2, Concord type 1" },
	{ "extreme-bimodal", "short=0.995:500ns,long=0.005:500us",
	  "Persephone SBIM2, Concord type 2" },
	{ "tpcc",
	  "payment=0.44:5.7us,orderstatus=0.04:6us,neworder=0.44:20us,delivery=0.04:88us,"
	  "stocklevel=0.04:100us",
	  "Persephone TPCC" },
	{ "fixed-1us", "fixed=1:1us", "Concord type 3" },
	{ "exp-1us", "exp=1:exp:1us", "Concord type 4" },
	{ "rocksdb", "get=0.5:1.5us,scan=0.5:635us", "Persephone ROCKSDB" },
	{ "dispersive", "short=0.995:4us,long=0.005:10ms", "Skyloft, after ghOSt" },
	{ "ghost", "get=0.995:10us,range=0.005:5ms", "ghOSt's script" },
	{ "racksched-bimodal", "short=0.9:1us,long=0.1:10us", "RackSched, scale 1" },
	{ "racksched-port-bimodal", "short=0.5:1us,long=0.5:10us", "RackSched, scale 1" },
	{ "racksched-trimodal", "short=1/3:1us,medium=1/3:10us,long=1/3:100us",
	  "RackSched, scale 1" },
	{ "zygos-fixed", "fixed=1:25us", "ZygOS" },
	{ "zygos-exp", "exp=1:exp:25us", "ZygOS" },
	{ "persephone-shift",
	  "a=0.5:100us,b=0.5:1us;a=0.5:1us,b=0.5:100us;a=0.95:1us,b=0.05:100us;"
	  "a=1:3.5us",
	  "Persephone sched4: phases of 5 s" },
};

const char *mix_named(int i, const char **text, const char **note)
{
	if (i < 0 || i >= (int)(sizeof(named) / sizeof(named[0])))
		return NULL;
	*text = named[i].text;
	*note = named[i].note;
	return named[i].name;
}

static int wrong(struct why *why, const char *what)
{
	return why_fail(why, -EINVAL,
			"what is '%s'? (name=share:time, as in short=0.5:1us; at most %d classes)",
			what, MIX_CLASSES);
}

/* 0.5, 50% or 1/3 */
static double parse_share(const char *text)
{
	char *end;
	double x = strtod(text, &end);

	if (end == text)
		return -1;
	if (*end == '/') {
		const char *below = end + 1;
		double y = strtod(below, &end);

		x = end == below ? -1 : x / y;
	} else if (*end == '%') {
		x /= 100;
		end++;
	}
	return *end || !(x > 0 && x <= 1e9) ? -1 : x;
}

static int class_of(struct mix *m, const char *name)
{
	int i;

	for (i = 0; i < m->classes; i++) {
		if (!strcmp(m->name[i], name))
			return i;
	}
	if (i == MIX_CLASSES)
		return -1;
	snprintf(m->name[i], sizeof(m->name[i]), "%s", name);
	m->classes++;
	return i;
}

/* Cuts the objective off, which may end the text of a kind. Negative: it is no time. */
static double cut_slo(char *text)
{
	char *at = strstr(text, "/slo=");
	double ns;

	if (!at)
		return 0;
	*at = 0;
	ns = parse_ns(at + strlen("/slo="));
	return ns > 0 ? ns : -1;
}

/* The server's settings of a class, which a mix of shunt-sim may name, say nothing to a client. */
static void cut_servers(char *text)
{
	static const char *const options[] = { "/quantum=", "/requeue=", "/admit=", "/least=",
					       "/expire=", "/service=" };

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		char *at = strstr(text, options[i]), *next = at ? strchr(at + 1, '/') : NULL;

		if (at && next)
			memmove(at, next, strlen(next) + 1);
		else if (at)
			*at = 0;
	}
}

static int parse_kind(struct mix *m, struct phase *p, char *text, struct why *why)
{
	struct kind *k = &p->kind[p->kinds];
	char *eq = strchr(text, '='), *colon;
	double slo;

	cut_servers(text);
	slo = cut_slo(text);

	if (p->kinds == MIX_CLASSES || !eq || eq == text || eq - text > 15)
		return wrong(why, text);
	*eq = 0;
	if (!is_plain_name(text))
		return why_fail(why, -EINVAL, "a class's name has " PLAIN_NAME);
	colon = strchr(eq + 1, ':');
	if (colon)
		*colon = 0;
	k->share = parse_share(eq + 1);
	k->cls = class_of(m, text);
	if (k->share < 0 || k->cls < 0)
		return wrong(why, k->share < 0 ? eq + 1 : text);
	if (slo < 0)
		return why_fail(why, -EINVAL, "the objective of '%s' is no time (slo=100us)", text);
	if (slo > 0)
		m->slo_ns[k->cls] = slo;
	k->service = (struct dist){ .kind = DIST_NONE };
	p->kinds++;
	return colon ? dist_parse(&k->service, colon + 1, why) : 0;
}

static int parse_phase(struct mix *m, char *text, struct why *why)
{
	struct phase *p = &m->phase[m->phases];
	char *save, *part;
	double sum = 0;
	int err;

	if (m->phases == MIX_PHASES)
		return why_fail(why, -EINVAL, "more than %d phases", MIX_PHASES);
	m->phases++;
	for (part = strtok_r(text, ",", &save); part; part = strtok_r(NULL, ",", &save)) {
		err = parse_kind(m, p, part, why);
		if (err)
			return err;
		sum += p->kind[p->kinds - 1].share;
	}
	if (!p->kinds)
		return wrong(why, "");
	if (fabs(sum - 1) > 0.001)
		return why_fail(why, -EINVAL, "the shares add up to %g, not 1", sum);
	for (int i = 0; i < p->kinds; i++) {
		p->kind[i].share /= sum;
		p->mean_ns += p->kind[i].share * p->kind[i].service.mean_ns;
	}
	return 0;
}

/* A distribution alone is one class; the modal ones are two or three. */
static int expand(const char *text, char *out, size_t room)
{
	char a[32], b[32], c[32], d[32];
	const char *t, *note;

	for (int i = 0; mix_named(i, &t, &note); i++) {
		if (!strcmp(named[i].name, text))
			return snprintf(out, room, "%s", t);
	}
	if (sscanf(text, "bimodal:%31[^:]:%31[^:]:%31s", a, b, c) == 3) {
		double share = parse_share(a);

		return snprintf(out, room, "short=%.9g:%s,long=%.9g:%s", share, b, 1 - share, c);
	}
	if (sscanf(text, "trimodal:%31[^:]:%31[^:]:%31[^:]%31s", a, b, c, d) == 3)
		return snprintf(out, room, "short=1/3:%s,medium=1/3:%s,long=1/3:%s", a, b, c);
	if (!strchr(text, '=') && strcspn(text, ":0123456789") < strlen(text))
		return snprintf(out, room, "all=1:%s", text);
	return snprintf(out, room, "%s", text);
}

int mix_parse(struct mix *m, const char *text, struct why *why)
{
	char full[1024], *save, *part;
	int err = 0;

	memset(m, 0, sizeof(*m));
	if (expand(text, full, sizeof(full)) >= (int)sizeof(full))
		return why_fail(why, -EINVAL, "the mix is too long");
	for (part = strtok_r(full, ";", &save); part && !err; part = strtok_r(NULL, ";", &save))
		err = parse_phase(m, part, why);
	if (!err && !m->phases)
		err = wrong(why, text);
	return err;
}

void mix_free(struct mix *m)
{
	for (int p = 0; p < m->phases; p++) {
		for (int i = 0; i < m->phase[p].kinds; i++)
			dist_free(&m->phase[p].kind[i].service);
	}
}

const struct kind *mix_draw(const struct mix *m, int phase, struct rng *r)
{
	const struct phase *p = &m->phase[phase];
	double at = rng_uniform(r);
	int i;

	for (i = 0; i < p->kinds - 1 && at >= p->kind[i].share; i++)
		at -= p->kind[i].share;
	return &p->kind[i];
}

double mix_class_mean(const struct mix *m, int cls)
{
	double sum = 0, share = 0;

	for (int p = 0; p < m->phases; p++) {
		for (int i = 0; i < m->phase[p].kinds; i++) {
			const struct kind *k = &m->phase[p].kind[i];

			if (k->cls != cls)
				continue;
			sum += k->share * k->service.mean_ns;
			share += k->share;
		}
	}
	return share ? sum / share : 0;
}

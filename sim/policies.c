// SPDX-License-Identifier: BSD-2-Clause
/*
 * policies.c - a policy for each service: "get=mq+scan=fcfs"
 *
 * Each decides in the domain of its service, and knows nothing of the others but that their
 * services' cores are away.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

#define AS_IN "as in --policy get=mq+scan=fcfs"

/* A path may have a '=' of its own. */
static bool is_for_services(const char *text)
{
	const char *equals = strchr(text, '='), *slash = strchr(text, '/');

	return equals && (!slash || equals < slash);
}

static bool is_given(const struct policy *all, const char *service)
{
	for (int i = 0; i < all->neach; i++) {
		if (!strcmp(all->each[i].service, service))
			return true;
	}
	return false;
}

/* text: SERVICE=POLICY */
static int add(struct policy *all, char *text, struct why *why)
{
	struct policy *p = &all->each[all->neach];
	char *name = strchr(text, '=');

	if (!name || name == text || !name[1])
		return why_fail(why, -1, "'%s' is not SERVICE=POLICY, " AS_IN, text);
	*name++ = '\0';
	if (strlen(text) >= SIM_SERVICE || is_given(all, text))
		return why_fail(why, -1, "service '%s' %s", text,
				is_given(all, text) ? "is given two policies: one of them"
						    : "has too long a name");
	if (policy_open(p, name, why))
		return -1;
	all->neach++;
	strcpy(p->service, text);
	if (p->ideal)
		return why_fail(why, -1,
				"'%s' is an ideal, of the whole machine: give service '%s' a "
				"policy, such as fcfs",
				name, text);
	all->flags |= p->flags;
	return 0;
}

/* As it was given, but for files, which are called by what their policies are. */
static int set_name(struct policy *all, struct why *why)
{
	size_t n = 0;

	for (int i = 0; i < all->neach && n < sizeof(all->name); i++)
		n += snprintf(all->name + n, sizeof(all->name) - n, "%s%s=%s", i ? "+" : "",
			      all->each[i].service, all->each[i].name);
	snprintf(all->text, sizeof(all->text), "one for each service");
	return n < sizeof(all->name)
		       ? 0
		       : why_fail(why, -1, "policies of services have more than %zu characters",
				  sizeof(all->name) - 1);
}

int policies_open(struct policy *p, const char *text, struct why *why)
{
	char *copy, *save = NULL;
	int err = 0;

	if (!is_for_services(text))
		return policy_open(p, text, why);
	memset(p, 0, sizeof(*p));
	p->fd = -1;
	p->each = calloc(SHUNT_DOMAINS, sizeof(*p->each));
	copy = strdup(text);
	if (!p->each || !copy)
		err = why_fail(why, -1, "no memory");
	for (char *one = err ? NULL : strtok_r(copy, "+", &save); one && !err;
	     one = strtok_r(NULL, "+", &save))
		err = p->neach < SHUNT_DOMAINS
			      ? add(p, one, why)
			      : why_fail(why, -1, "more than %d services", SHUNT_DOMAINS);
	free(copy);
	if (!err)
		err = set_name(p, why);
	if (err)
		policy_close(p);
	return err;
}

const struct policy *policy_of(const struct run_config *c, int service)
{
	const struct policy *p = c->policy;

	for (int i = 0; i < p->neach && service < c->w->nservices; i++) {
		if (!strcmp(p->each[i].service, c->w->service[service]))
			return &p->each[i];
	}
	return p;
}

bool policy_among(const struct run_config *c, const char *name)
{
	for (int i = 0; i < c->policy->neach; i++) {
		if (!strcmp(c->policy->each[i].name, name))
			return true;
	}
	return !strcmp(c->policy->name, name);
}

int policies_check(const struct run_config *c, struct why *why)
{
	const struct workload *w = c->w;
	const struct policy *p = c->policy;

	if (!p->each)
		return 0;
	if (c->costs.services == SERVICES_SHARED || w->nservices < 2)
		return why_fail(why, -1,
				"policies of services (%s) want services with domains of their "
				"own: --cost services=split, elastic, seats or spin, and "
				"/service=NAME of classes",
				p->name);
	for (int n = 0; n < w->nservices; n++) {
		if (policy_of(c, n) == p)
			return why_fail(why, -1, "service '%s' has no policy in '%s': add +%s=NAME",
					w->service[n], p->name, w->service[n]);
	}
	return p->neach == w->nservices
		       ? 0
		       : why_fail(why, -1, "'%s' has policies of %d services, and '%s' has %d",
				  p->name, p->neach, w->text, w->nservices);
}

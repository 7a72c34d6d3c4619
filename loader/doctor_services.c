// SPDX-License-Identifier: BSD-2-Clause
/*
 * doctor_services.c - findings about services: does the NIC bring the port of each to its queue?
 */
#include <stdio.h>
#include <string.h>

#include "doctor.h"
#include "maps.h"
#include "nic_rules.h"
#include "plural.h"
#include "seats.h"

#define CHECK "services"

/* Packets for ports of other services that came on the queue. */
static __u64 strays(struct ctl *ctl, __u32 queue)
{
	struct shunt_ingress in;

	return map_get(ctl, "ingress", queue, &in, sizeof(in)) ? 0 : in.pass[SHUNT_PASS_SERVICE];
}

/* Requests that came on the queue. */
static bool has_requests(struct ctl *ctl, __u32 queue)
{
	struct shunt_ingress in;

	return !map_get(ctl, "ingress", queue, &in, sizeof(in)) && in.id;
}

static bool is_bad(const struct nic_rule *r)
{
	return r->state == NIC_RULE_MISSING || r->state == NIC_RULE_ELSEWHERE;
}

static void tell_rule(struct findings *f, const struct nic_rules *all, const struct nic_rule *r)
{
	char fix[NIC_RULE_COMMAND];

	nic_rule_command(all, r, fix);
	if (r->state == NIC_RULE_ELSEWHERE)
		finding(f, CHECK, LEVEL_FAIL, fix,
			"port %u (%s) is service %s's, of queue %u, and the NIC's rule %d brings "
			"it to queue %d",
			r->port, nic_rule_family(r), r->service, r->queue, r->id, r->to);
	else
		finding(f, CHECK, LEVEL_WARN, fix,
			"port %u (%s) is service %s's, and the NIC has no rule that brings it to "
			"queue %u",
			r->port, nic_rule_family(r), r->service, r->queue);
}

/* The commands for ports of other domains than this one, of which packets may have come on its
 * queue: of those that lack a rule, if it is known which do. */
static void mend(const struct nic_rules *all, __u32 domain, char *fix, size_t len)
{
	char command[NIC_RULE_COMMAND];
	size_t n = 0;

	fix[0] = '\0';
	for (__u32 i = 0; i < all->n; i++) {
		const struct nic_rule *r = &all->rule[i];

		if (r->domain == domain || (!all->why[0] && !is_bad(r)))
			continue;
		nic_rule_command(all, r, command);
		if (n + strlen(command) + 8 < len)
			n += snprintf(fix + n, len - n, "%s%s", n ? "; " : "", command);
	}
}

/* Packets that went to the kernel, as they came on the queue of another service. */
static void tell_strays(struct findings *f, const struct nic_rules *all,
			const struct shunt_domain *dom, __u32 domain, __u64 n)
{
	char fix[448];

	mend(all, domain, fix, sizeof(fix));
	finding(f, CHECK, *fix ? LEVEL_FAIL : LEVEL_WARN,
		*fix ? fix : "see whether the number grows: 'left to the kernel: service' of "
			     "shunt stats",
		"%llu %s for ports of other services came on queue %u, which is service %.*s's, "
		"and went to the kernel%s",
		(unsigned long long)n, plural(n, "packet", "packets"), dom->queue[0],
		SHUNT_NAME_LEN, dom->service, *fix ? "" : ": the NIC has all rules now");
}

static __u64 check_strays(struct ctl *ctl, struct findings *f, const struct shunt_cfg *cfg,
			  const struct nic_rules *all)
{
	struct shunt_domain dom;
	__u64 sum = 0, n;

	for (__u32 d = 0; d < cfg->ndomains; d++) {
		if (map_get(ctl, "domains", d, &dom, sizeof(dom)) || !dom.on)
			continue;
		n = strays(ctl, dom.queue[0]);
		if (n)
			tell_strays(f, all, &dom, d, n);
		sum += n;
	}
	return sum;
}

/* The NIC cannot be asked: have the requests of each service come on its queue? */
static void tell_unknown(struct ctl *ctl, struct findings *f, const struct nic_rules *all)
{
	char fix[NIC_RULE_COMMAND + 80], command[NIC_RULE_COMMAND];

	for (__u32 i = 0; i < all->n; i++) {
		if (has_requests(ctl, all->rule[i].queue))
			continue;
		snprintf(fix, sizeof(fix), "%s; or let the device do it that feeds its queues",
			 nic_rule_command(all, &all->rule[i], command));
		finding(f, CHECK, LEVEL_WARN, fix,
			"does the NIC bring port %u to queue %u, of service %s? No request came "
			"there yet, and %s",
			all->rule[i].port, all->rule[i].queue, all->rule[i].service, all->why);
		return;
	}
	finding(f, CHECK, LEVEL_OK, NULL, "each service's requests come on its queue");
}

void doctor_services(struct ctl *ctl, struct findings *f, const struct shunt_cfg *cfg)
{
	static struct nic_rules all;
	__u32 bad = 0;
	__u64 n;

	if (cfg->flags & SHUNT_CFG_SEATS && seats_are_open())
		finding(f, CHECK, LEVEL_FAIL, SEATS_CLOSE, SEATS_OPEN);
	if (nic_rules_of_load(ctl, cfg, &all) || !all.n)
		return;
	for (__u32 i = 0; i < all.n; i++) {
		if (is_bad(&all.rule[i]))
			tell_rule(f, &all, &all.rule[i]);
		bad += is_bad(&all.rule[i]);
	}
	n = check_strays(ctl, f, cfg, &all);
	if (all.why[0] && !n)
		tell_unknown(ctl, f, &all);
	else if (!all.why[0] && !bad)
		finding(f, CHECK, LEVEL_OK, NULL,
			"the NIC brings each service's port to its queue");
}

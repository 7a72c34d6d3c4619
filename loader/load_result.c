// SPDX-License-Identifier: BSD-2-Clause
/*
 * load_result.c - the result of shunt load, as JSON and for people
 */
#include <stdio.h>

#include "card.h"
#include "load_result.h"
#include "nic_rules.h"
#include "plural.h"
#include "show.h"

json_t *loaded_json(struct ctl *ctl, const struct bundle *b, const struct setup *s,
		    const struct outcome *out)
{
	static struct nic_rules rules;
	json_t *domains = json_array(), *j;

	for (__u32 d = 0; d < SHUNT_DOMAINS; d++) {
		const struct shunt_domain *dom = &s->domains[d];
		json_t *cpus;

		if (!dom->on)
			continue;
		cpus = json_array();
		for (__u32 c = 0; c < s->domains[d].ncores && !s->wire.on; c++)
			json_array_append_new(cpus, json_integer(s->domains[d].cpu[c]));
		json_array_append_new(domains,
				      json_pack("{s:i, s:o, s:o, s:s*}", "domain", d, "queues",
						queues_json(&s->domains[d]), "cpus", cpus,
						"shares_as", dom->seat[dom->home] ?
						dom->service : NULL));
	}
	j = json_pack("{s:s, s:s, s:b, s:i, s:i, s:i, s:o}", "interface", ctl->ifname, "policy",
			 b->desc.name, "dry_run", ctl->dry_run, "classes",
			 (int)s->cfg.nclasses, "ports", (int)s->nports, "rules", (int)s->nrules,
			 "domains", domains);
	if (out->offload_said)
		json_object_set_new(j, "offload", json_string(out->ninsns ? "nfp" : "none"));
	if (out->ninsns)
		json_object_set_new(j, "card_instructions", json_integer(out->ninsns));
	if (out->in_force)
		json_object_set_new(j, "unload_first", json_true());
	if (out->refused)
		json_object_set_new(j, "offload_refused", json_string(out->refused));
	nic_rules_of_setup(ctl, s, &rules);
	if (rules.n)
		json_object_set_new(j, "nic_rules", nic_rules_json(ctl, &rules));
	return j;
}

void loaded_show(const json_t *r)
{
	const json_t *domain, *cpu;
	char queues[SHOW_QUEUES];
	long long classes = number_at(r, "classes"), ports = number_at(r, "ports"),
		  rules = number_at(r, "rules");
	size_t i, k;

	printf("%s '%s' on '%s': %lld %s, %lld %s, %lld %s\n",
	       json_is_true(json_object_get(r, "dry_run")) ? "would load" : "loaded",
	       text_at(r, "policy"), text_at(r, "interface"), classes,
	       plural(classes, "class", "classes"), ports, plural(ports, "port", "ports"), rules,
	       plural(rules, "rule", "rules"));
	if (json_object_get(r, "card_instructions"))
		printf("  the card chooses the queue: %lld of %d instructions\n",
		       number_at(r, "card_instructions"), CARD_INSNS);
	json_array_foreach(json_object_get(r, "domains"), i, domain) {
		if (!json_array_size(json_object_get(domain, "cpus")))
			continue; /* they are of hosts elsewhere */
		show_queues(domain, queues);
		printf("  %s: cores on CPU", queues);
		json_array_foreach(json_object_get(domain, "cpus"), k, cpu)
			printf(" %lld", (long long)json_integer_value(cpu));
		if (json_object_get(domain, "shares_as"))
			printf(", which service %s shares", text_at(domain, "shares_as"));
		putchar('\n');
	}
	nic_rules_show(json_object_get(r, "nic_rules"));
	if (json_object_get(r, "unload_first"))
		printf("  would need 'shunt unload --dev %s' first\n", text_at(r, "interface"));
}

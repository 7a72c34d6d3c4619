// SPDX-License-Identifier: BSD-2-Clause
/*
 * cmd_status.c - shunt status: what is loaded, who serves it, what its classes want
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent_state.h"
#include "report.h"
#include "maps.h"
#include "metadata.h"
#include "pick.h"
#include "seats.h"
#include "plural.h"
#include "show.h"
#include "verb.h"
#include "pindir.h"
#include "wire.h"

/* The next step, with the interface's name in place of the word IF. */
static void show_step(const char *indent, const char *step, const char *ifname)
{
	const char *at;

	printf("%sto go on: ", indent);
	for (; (at = strstr(step, "IF")); step = at + 2)
		printf("%.*s%s", (int)(at - step), step, ifname);
	puts(step);
}

static void show_state(const json_t *j)
{
	const char *ifname = text_at(j, "interface");
	const json_t *behind = json_object_get(j, "dispatcher");

	if (json_object_get(j, "error")) {
		printf("%s: %s\n", ifname, text_at(j, "error"));
		if (json_object_get(j, "hint"))
			printf("  %s\n", text_at(j, "hint"));
		return;
	}
	printf("%s: policy %s (%s), generation %lld", ifname, text_at(j, "policy"),
	       text_at(j, "text"), number_at(j, "generation"));
	if (json_object_get(j, "mode"))
		printf(", %s mode", text_at(j, "mode"));
	if (behind)
		printf(", program %lld of %lld in libxdp's dispatcher", number_at(behind, "place"),
		       number_at(behind, "programs"));
	putchar('\n');
	printf("  interface %lld of the network namespace with cookie %lld\n",
	       number_at(j, "ifindex"), number_at(j, "netns_cookie"));
	if (json_object_get(j, "renamed_to"))
		printf("  the interface is called '%s' now, and shuntd goes by the name: rename it "
		       "back, or 'shunt unload --dev %s' and load again\n",
		       text_at(j, "renamed_to"), ifname);
	if (json_object_get(j, "state_text"))
		printf("  %s\n", text_at(j, "state_text"));
	if (json_object_get(j, "state_step"))
		show_step("    ", text_at(j, "state_step"), ifname);
	if (number_at(json_object_get(j, "events"), "no_meta"))
		printf("  " METADATA_NONE "\n    to go on: " METADATA_STEP "\n",
		       number_at(json_object_get(j, "events"), "no_meta"));
	if (number_at(json_object_get(j, "pass"), "service"))
		printf("  %lld packets came on the queue of another service than their port's, and "
		       "went to the kernel\n    to go on: shunt doctor --dev %s names the NIC's "
		       "rule that mends it\n",
		       number_at(json_object_get(j, "pass"), "service"), ifname);
}

/* Policies that shuntd put out of force, and whether the present one came in place of one. */
static void show_refused(const json_t *j)
{
	const json_t *r;
	size_t i;

	json_array_foreach(json_object_get(j, "refused_policies"), i, r)
		printf("  policy %s, generation %lld, was put out of force: %s%s\n",
		       text_at(r, "policy"), number_at(r, "generation"), text_at(r, "text"),
		       number_at(j, "put_back_for") == number_at(r, "generation")
			       ? "; the one of before is back"
			       : "");
}

static void show_card(const json_t *j)
{
	const json_t *card = json_object_get(j, "card");

	if (card)
		printf("  card: program %lld (%lld instructions) %s, chooses among %lld %s\n",
		       number_at(card, "prog_id"), number_at(card, "instructions"),
		       text_at(card, "state"), number_at(card, "cores"),
		       plural(number_at(card, "cores"), "queue", "queues"));
}

/* " of USER", by name if it has one. */
static void show_user(const json_t *j, const char *key, const char *name_key, const char *before)
{
	if (json_object_get(j, name_key))
		printf("%s%s", before, text_at(j, name_key));
	else if (json_object_get(j, key))
		printf("%s%lld", before, number_at(j, key));
}

static void show_worker(const json_t *agent)
{
	printf(", worker pid %lld", number_at(agent, "worker_pid"));
	show_user(agent, "worker_user", "worker_user_name", " of user ");
	if (json_object_get(agent, "worker_silent_cores"))
		printf(" (SILENT: %lld of its cores are off",
		       number_at(agent, "worker_silent_cores"));
	if (json_object_get(agent, "worker_silent_cores") &&
	    json_object_get(agent, "worker_runs_for_ms"))
		printf(", in a request for %lld ms", number_at(agent, "worker_runs_for_ms"));
	if (json_object_get(agent, "worker_silent_cores"))
		printf(")");
	if (json_is_true(json_object_get(agent, "worker_left")))
		printf(" (said goodbye, and lives on)");
	if (json_is_true(json_object_get(agent, "worker_other_rights")))
		printf(" (with other rights than its user's: not ended)");
}

/* Queues of one domain that work alike are told in one line. */
static void show_sockets(const json_t *d)
{
	const json_t *list = json_object_get(d, "sockets"), *s;
	size_t i, first = 0;

	json_array_foreach(list, i, s) {
		const json_t *next = json_array_get(list, i + 1);
		bool alike = next && !strcmp(text_at(next, "mode"), text_at(s, "mode")) &&
			     json_equal(json_object_get(next, "need_wakeup"),
					json_object_get(s, "need_wakeup"));

		if (alike)
			continue;
		printf("    sockets of queue %lld", number_at(json_array_get(list, first),
							      "queue"));
		if (i > first)
			printf(" and %zu more", i - first);
		printf(": %s, need_wakeup %s\n", text_at(s, "mode"),
		       json_is_true(json_object_get(s, "need_wakeup")) ? "yes" : "no");
		first = i + 1;
	}
}

static void show_domain(const json_t *d, const char *ifname)
{
	const json_t *agent = json_object_get(d, "agent");
	long long cores = number_at(d, "cores");
	char queues[SHOW_QUEUES], words[256];

	printf("  %s: %lld of %lld %s up, %lld idle; ", show_queues(d, queues), number_at(d, "up"),
	       cores, plural(cores, "core", "cores"), number_at(d, "idle"));
	if (!agent) {
		printf("no shuntd yet");
	} else {
		agent_state_tell(agent, words, sizeof(words));
		printf("%s", words);
	}
	if (json_is_true(json_object_get(d, "wire")))
		printf(", cores of hosts elsewhere");
	else if (agent && json_object_get(agent, "worker_pid"))
		show_worker(agent);
	else
		printf(", no worker");
	if (json_object_get(d, "service"))
		printf("; service %s", text_at(d, "service"));
	if (json_object_get(d, "switch_ns"))
		printf(", switched to in %.1fus", number_at(d, "switch_ns") / 1e3);
	show_user(d, "user", "user_name", "; for user ");
	puts(json_is_true(json_object_get(d, "draining")) ? " (draining old rings)" : "");
	if (agent && agent_state_step(agent))
		show_step("    ", agent_state_step(agent), ifname);
	show_sockets(d);
}

/* The share of requests that met the objective: of the last second, else since the start. */
static const char *show_in_time(const json_t *c, char buf[16])
{
	const json_t *t = json_object_get(c, "in_time"), *x = json_object_get(t, "last_second");

	if (!t)
		return "-";
	x = x ? x : json_object_get(t, "since_start");
	snprintf(buf, 16, "%.2f %%", 100 * json_real_value(x));
	return buf;
}

/* The ports that refuse by a reply, and how often they did. */
static void show_refusals(const json_t *j)
{
	const json_t *list = json_object_get(json_object_get(j, "config"), "refuse"), *p;
	const json_t *total = json_object_get(j, "total");
	size_t i;

	if (!list)
		return;
	printf("  says no");
	json_array_foreach(list, i, p)
		printf("%s on port %lld by %s", i ? "," : "", number_at(p, "port"),
		       text_at(p, "by"));
	printf(": to %lld of %lld rejected and dropped\n", number_at(total, "said_no"),
	       number_at(total, "rejected") + number_at(total, "dropped"));
}

/* One shuntd serves all domains. */
static void show_cost(const json_t *domains)
{
	const json_t *agent = json_object_get(json_array_get(domains, 0), "agent");

	if (json_object_get(agent, "cpu"))
		printf("  shuntd took %.3f %% of a CPU and woke %.1f times in the last second%s\n",
		       100 * json_number_value(json_object_get(agent, "cpu")),
		       json_number_value(json_object_get(agent, "wakeups_s")),
		       json_is_true(json_object_get(agent, "asleep")) ?
		       "; it sleeps now, until a request comes" : "");
}

static void show_classes(const json_t *j)
{
	const json_t *c;
	size_t i;

	printf("  %-15s %8s %8s %6s %10s %10s %8s %8s %8s %8s %8s %8s\n", "class", "slo",
	       "quantum", "hold", "arrived", "replied", "waiting", "running", "rejected",
	       "expired", "late", "in time");
	json_array_foreach(json_object_get(j, "classes"), i, c) {
		char slo[16], quantum[16], hold[16], share[16];

		printf("  %-15s %8s %8s %6s %10lld %10lld %8lld %8lld %8lld %8lld %8lld %8s\n",
		       text_at(c, "name"), show_time(c, "slo_us", slo),
		       show_time(c, "quantum_us", quantum), show_number(c, "hold_limit", hold),
		       number_at(c, "arrived"), number_at(c, "replied"), number_at(c, "waiting"),
		       number_at(c, "running"), number_at(c, "rejected"), number_at(c, "expired"),
		       number_at(c, "late"), show_in_time(c, share));
	}
	show_out_of_range(j);
}

static void show(const json_t *r)
{
	const json_t *list = json_object_get(r, "interfaces"), *j, *d;
	size_t i, k;

	if (!json_array_size(list))
		puts("shunt is not loaded on any interface");
	json_array_foreach(list, i, j) {
		show_state(j);
		if (json_object_get(j, "error"))
			continue;
		show_refused(j);
		show_card(j);
		json_array_foreach(json_object_get(j, "domains"), k, d)
			show_domain(d, text_at(j, "interface"));
		seats_show(json_object_get(j, "seats"));
		show_cost(json_object_get(j, "domains"));
		wire_show_hosts(json_object_get(json_object_get(j, "wire"), "hosts"));
		show_classes(j);
		show_refusals(j);
	}
}

/* An interface that cannot be read is named beside the others. */
static json_t *report_or_tell(struct ctl *ctl)
{
	json_t *j = pick_loaded(ctl) ? NULL : report_json(ctl);

	if (j)
		return j;
	j = json_pack("{s:s, s:s, s:s*}", "interface", ctl->ifname, "error",
		      ctl->why.text ? ctl->why.text : "cannot be read", "hint", ctl->why.advice);
	ctl_forget(ctl);
	return j;
}

static int run(struct ctl *ctl)
{
	struct pindir_list list;
	json_t *all = json_array(), *j;
	int err = need_args(ctl, 0, 0);

	if (!err && ctl->pins.ifname) {
		err = pick_loaded(ctl);
		j = err ? NULL : report_json(ctl);
		if (j)
			json_array_append_new(all, j);
		else if (!err)
			err = fail(ctl, -EIO, "cannot read '%s'", ctl->ifname);
	} else if (!err) {
		err = pindir_list(ctl, &list);
		for (int i = 0; !err && i < list.n; i++) {
			err = pindir_set(ctl, list.name[i]);
			if (!err)
				json_array_append_new(all, report_or_tell(ctl));
		}
	}
	if (err) {
		json_decref(all);
		return err;
	}
	return emit(ctl, json_pack("{s:o}", "interfaces", all), show);
}

const struct verb verb_status = {
	"status", "", "what is loaded, who serves it (the default verb)",
	only_dev, run
};

// SPDX-License-Identifier: BSD-2-Clause
/*
 * costs.c - what things cost in a system, read from presets, settings and files in JSON
 */
#include <jansson.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sim.h"

#define NUMBER(field) { #field, offsetof(struct costs, field), false }
#define WHOLE(field) { #field, offsetof(struct costs, field), true }
#define ACTOR(field, whole) { #field, offsetof(struct costs, actors.field), whole }

static const struct {
	const char *name;
	size_t at;
	bool whole;
} fields[] = {
	NUMBER(nic_ns), NUMBER(credit_ns), NUMBER(deliver_ns), NUMBER(feedback_ns),
	NUMBER(start_ns), NUMBER(end_ns), NUMBER(rest_ns), NUMBER(pop_ns), NUMBER(steal_ns),
	NUMBER(steal_home_ns), NUMBER(publish_ns), NUMBER(publish_delay_ns), NUMBER(mark_ns),
	NUMBER(safepoint_ns), NUMBER(yield_ns), NUMBER(switch_ns), NUMBER(quantum_us),
	WHOLE(outstanding), WHOLE(reserved), WHOLE(unseen), WHOLE(ring), WHOLE(hold),
	WHOLE(nic_queue), NUMBER(far_ns), NUMBER(change_ns), NUMBER(elastic_us),
	WHOLE(stage), NUMBER(decide_ns), NUMBER(grace_ns), NUMBER(local_ns),
	NUMBER(seat_us), NUMBER(seat_hold_us), NUMBER(slice_us),
	ACTOR(actors, true), ACTOR(actor_skew, false), ACTOR(drr_quantum_us, false),
	ACTOR(visit_ns, false), ACTOR(tail_us, false), ACTOR(mean_us, false),
	ACTOR(hysteresis, false), ACTOR(mailbox, true), ACTOR(migrate_us, false),
	ACTOR(forward_ns, false), ACTOR(host_cores, true), ACTOR(host_speed, false),
	ACTOR(host_ns, false),
};

static const char *const transports[] = { "shared", "wire", "published", "prestaged" };
static const char *const markers[] = { "waiting", "timer" };
static const char *const stamps[] = { "arrival", "nic" };
static const char *const services[] = { "shared", "split", "elastic", "seats", "spin" };

#define TEXT(field) { #field, offsetof(struct costs, field), sizeof(((struct costs *)0)->field) }

static const struct {
	const char *name;
	size_t at, room;
} texts[] = { TEXT(name), TEXT(policy), TEXT(text), TEXT(stall), TEXT(nic_stall), TEXT(speeds),
	      TEXT(fallback) };

static const char *wanted(bool whole)
{
	return whole ? "a whole number from 0 to 10^9" : "a number from 0 to 10^9";
}

static int set_number(struct costs *c, const char *name, double x, struct why *why)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (strcmp(name, fields[i].name))
			continue;
		if (!(x >= 0 && x <= 1e9) || (fields[i].whole && x != (int)x)) {
			return why_fail(why, -1, "%s is %g: give %s", name, x,
					wanted(fields[i].whole));
		}
		if (fields[i].whole)
			*(int *)((char *)c + fields[i].at) = x;
		else
			*(double *)((char *)c + fields[i].at) = x;
		return 0;
	}
	return why_fail(why, -1,
			"no cost is called '%s', or it is not a number (man shunt-sim, COSTS)",
			name);
}

static int set_word(int *to, const char *const *words, int n, const char *name, const char *word,
		    struct why *why)
{
	char list[128];
	size_t len = 0;

	for (int i = 0; i < n; i++) {
		if (!strcmp(word, words[i])) {
			*to = i;
			return 0;
		}
	}
	for (int i = 0; i < n; i++)
		len += snprintf(list + len, sizeof(list) - len, "%s%s",
				!i ? "" : i < n - 1 ? ", " : " or ", words[i]);
	return why_fail(why, -1, "%s '%s' is unknown: give %s", name, word, list);
}

static int set_text(struct costs *c, const char *name, const char *text, struct why *why)
{
	int v = 0, res;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (strcmp(name, texts[i].name))
			continue;
		if (strlen(text) >= texts[i].room)
			return why_fail(why, -1, "%s has more than %zu characters", name,
					texts[i].room - 1);
		strcpy((char *)c + texts[i].at, text);
		return 0;
	}
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (!strcmp(name, fields[i].name))
			return why_fail(why, -1, "%s is '%.40s': give %s", name, text,
					wanted(fields[i].whole));
	}
	if (!strcmp(name, "transport")) {
		res = set_word(&v, transports, 4, name, text, why);
		c->transport = res ? c->transport : (enum transport)v;
	} else if (!strcmp(name, "marker")) {
		res = set_word(&v, markers, 2, name, text, why);
		c->marker = res ? c->marker : (enum marker)v;
	} else if (!strcmp(name, "services")) {
		res = set_word(&v, services, 5, name, text, why);
		c->services = res ? c->services : (enum services_mode)v;
	} else if (!strcmp(name, "stamp")) {
		res = set_word(&v, stamps, 2, name, text, why);
		c->stamp = res ? c->stamp : (enum stamp)v;
	} else {
		res = why_fail(why, -1, "no cost is called '%s' (man shunt-sim, COSTS)", name);
	}
	return res;
}

int stall_parse(const char *text, double *every_ns, struct dist *d, struct why *why)
{
	const char *slash = strchr(text, '/');
	char every[32];

	if (!slash || (size_t)(slash - text) >= sizeof(every))
		return why_fail(why, -1,
				"'%s' is no stall: give EVERY/TIME, as in 1ms/50us or "
				"1ms/exp(50us)",
				text);
	snprintf(every, sizeof(every), "%.*s", (int)(slash - text), text);
	if (time_parse(every, every_ns) || *every_ns < 1000)
		return why_fail(why, -1, "stalls come every '%s': no time from 1us up", every);
	return dist_parse(d, slash + 1, why);
}

static int check_stall(const char *name, const char *text, struct why *why)
{
	double every_ns;
	struct dist d;

	if (!*text)
		return 0;
	if (stall_parse(text, &every_ns, &d, why)) {
		why_context(why, "%s", name);
		return -1;
	}
	dist_free(&d);
	return 0;
}

static int check(const struct costs *c, struct why *why)
{
	double speed[SHUNT_CORES];

	if (c->outstanding < 0 || c->outstanding > 16)
		return why_fail(why, -1, "outstanding is 1 to 16, or 0: the policy's own");
	if (c->ring < 1 || c->hold < 1 || c->nic_queue < 1)
		return why_fail(why, -1, "ring, hold and nic_queue are at least 1");
	if (c->unseen > 1)
		return why_fail(why, -1, "unseen is 0 or 1");
	if (c->stage > 15)
		return why_fail(why, -1, "stage is 0 to 15: decisions in a core's slot");
	if (c->transport == TRANSPORT_PUBLISHED && c->publish_ns < 100)
		return why_fail(why, -1, "publish_ns is at least 100 where loads are published");
	if (c->transport == TRANSPORT_PUBLISHED && c->publish_delay_ns / c->publish_ns > 1e4)
		return why_fail(why, -1, "publish_delay_ns is more than 10000 periods");
	if (speeds_parse(c->speeds, speed, why))
		return -1;
	if (c->far_ns > 0 && c->transport != TRANSPORT_SHARED)
		return why_fail(why, -1,
				"far_ns wants transport=shared: cores take what waits themselves");
	return check_stall("stall", c->stall, why) || check_stall("nic_stall", c->nic_stall, why)
		       ? -1
		       : 0;
}

int costs_set(struct costs *c, const char *assignment, struct why *why)
{
	char name[64], *end;
	const char *eq = strchr(assignment, '=');
	double x;

	if (!eq || (size_t)(eq - assignment) >= sizeof(name)) {
		why_fail(why, -1, "'%s' is not NAME=VALUE", assignment);
		return -1;
	}
	memcpy(name, assignment, eq - assignment);
	name[eq - assignment] = '\0';
	x = decimal(eq + 1, &end);
	if (eq[1] && !*end ? set_number(c, name, x, why) : set_text(c, name, eq + 1, why))
		return -1;
	return check(c, why);
}

static bool is_of_actors(size_t at)
{
	return at >= offsetof(struct costs, actors) &&
	       at < offsetof(struct costs, actors) + sizeof(struct actor_costs);
}

const char *costs_beyond_ideal(const struct costs *c)
{
	const struct costs *ideal = &cost_presets[0];

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const char *here = (const char *)c + fields[i].at,
			   *there = (const char *)ideal + fields[i].at;

		if (is_of_actors(fields[i].at) ||
		    fields[i].at == offsetof(struct costs, quantum_us))
			continue;
		if (memcmp(here, there, fields[i].whole ? sizeof(int) : sizeof(double)))
			return fields[i].name;
	}
	return c->transport != ideal->transport ? "transport"
	       : c->services != ideal->services ? "services"
	       : c->stamp != ideal->stamp       ? "stamp"
	       : *c->stall                      ? "stall"
	       : *c->nic_stall                  ? "nic_stall"
	       : *c->speeds                     ? "speeds"
	       : *c->fallback                   ? "fallback"
						: NULL;
}

static int from_json(struct costs *c, const json_t *root, struct why *why)
{
	const char *key;
	json_t *v;
	int bad;

	json_object_foreach((json_t *)root, key, v) {
		if (!strcmp(key, "base"))
			continue;
		if (*key == '_') /* remarks: who measured, when, on what */
			continue;
		if (json_is_number(v))
			bad = set_number(c, key, json_number_value(v), why);
		else if (json_is_string(v))
			bad = set_text(c, key, json_string_value(v), why);
		else
			bad = why_fail(why, -1, "%s is neither a number nor text", key);
		if (bad)
			return -1;
	}
	return check(c, why);
}

static const struct costs *find_preset(const char *name)
{
	for (int i = 0; i < ncost_presets; i++) {
		if (!strcmp(cost_presets[i].name, name))
			return &cost_presets[i];
	}
	return NULL;
}

static bool is_folder(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

int costs_read(struct costs *c, const char *name, struct why *why)
{
	const struct costs *base = find_preset(name);
	json_error_t bad;
	json_t *root, *b;
	int res;

	if (base) {
		*c = *base;
		return 0;
	}
	root = json_load_file(name, JSON_REJECT_DUPLICATES, &bad);
	if (!json_is_object(root)) {
		why_fail(why, -1,
			 "'%.100s' is neither a preset (shunt-sim list) nor a file of costs: "
			 "%.200s",
			 name, root ? "no object" : is_folder(name) ? "it is a folder" : bad.text);
		json_decref(root);
		return -1;
	}
	b = json_object_get(root, "base");
	base = find_preset(json_is_string(b) ? json_string_value(b) : "ideal");
	if (base)
		*c = *base;
	res = base ? from_json(c, root, why) : why_fail(why, -1, "base is no preset");
	if (res)
		why_context(why, "'%.100s'", name);
	json_decref(root);
	return res;
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * report.c - everything that the maps of an interface tell, as one JSON object
 */
#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "card.h"
#include "conserve.h"
#include "count_names.h"
#include "iface.h"
#include "maps.h"
#include "pindir.h"
#include "refused.h"
#include "report.h"
#include "seats.h"
#include "steering.h"
#include "tunable.h"

static void set_count(json_t *j, const char *key, __u64 n)
{
	json_object_set_new(j, key, json_integer(n));
}

static void set_service(json_t *j, const struct class_sums *t)
{
	double mean, var;

	if (!t->weight)
		return;
	mean = t->mean / t->weight;
	var = t->square / t->weight - mean * mean;
	json_object_set_new(j, "service", json_pack("{s:I, s:I, s:I, s:I, s:I}",
		"rate", (json_int_t)t->rate, "mean_ns", (json_int_t)mean,
		"sigma_ns", (json_int_t)(var > 0 ? sqrt(var) : 0),
		"tail_ns", (json_int_t)(mean + 3 * (var > 0 ? sqrt(var) : 0)),
		"age_ms", (json_int_t)(t->age_ns / 1000000)));
}

/* The share of a class's ended requests that met its objective: since the start, lately. */
static void set_in_time(json_t *j, const struct class_sums *t)
{
	__u64 ended = t->replied + t->noreply;
	json_t *share;

	if (!number_at(j, "slo_us") || !ended)
		return;
	share = json_pack("{s:f}", "since_start",
			  t->late < ended ? 1 - (double)t->late / ended : 0);
	if (t->rate)
		json_object_set_new(share, "last_second",
				    json_real(t->late_rate < t->rate
						      ? 1 - (double)t->late_rate / t->rate
						      : 0));
	json_object_set_new(j, "in_time", share);
}

static json_t *counts(const struct shunt_ingress_class *in, const struct class_sums *t)
{
	json_t *j = json_object();

	set_count(j, "arrived", in->arrived);
	set_count(j, "steered", in->steered);
	set_count(j, "held", in->held);
	set_count(j, "rejected", in->rejected);
	set_count(j, "dropped", in->dropped);
	set_count(j, "dropped_by_limit", in->limit);
	set_count(j, "said_no", t->said_no);
	set_count(j, "unsaid", t->unsaid);
	set_count(j, "passed", in->passed);
	set_count(j, "spill", in->spill);
	set_count(j, "replied", t->replied);
	set_count(j, "noreply", t->noreply);
	set_count(j, "lost", t->lost);
	set_count(j, "expired", t->expired);
	set_count(j, "refused", t->refused);
	set_count(j, "late", t->late);
	set_count(j, "waiting", t->waiting);
	set_count(j, "running", t->running);
	set_count(j, "parked", t->parked);
	set_count(j, "deferred", t->deferred);
	return j;
}

static int class_json(struct ctl *ctl, const struct sums *s, __u32 c, json_t **out)
{
	static const char *const requeues[] = { "head", "tail", "auto" };
	char name[SHUNT_NAME_LEN + 1] = "";
	json_t *j = json_object();
	int err;

	memcpy(name, s->classes[c].name, SHUNT_NAME_LEN);
	set_count(j, "class", c);
	json_object_set_new(j, "name", json_string(name));
	if (s->classes[c].requeue <= SHUNT_REQUEUE_AUTO)
		json_object_set_new(j, "requeue", json_string(requeues[s->classes[c].requeue]));
	err = tunable_tell(ctl, &s->cfg, TUNE_SLO, c, j);
	if (!err)
		err = tunable_tell(ctl, &s->cfg, TUNE_QUANTUM, c, j);
	if (!err)
		err = tunable_tell(ctl, &s->cfg, TUNE_LIMIT, c, j);
	if (!err)
		err = tunable_tell(ctl, &s->cfg, TUNE_ADMIT, c, j);
	if (!err)
		err = tunable_tell(ctl, &s->cfg, TUNE_LEAST, c, j);
	json_object_update_new(j, counts(&s->in.cls[c], &s->cls[c]));
	set_service(j, &s->cls[c]);
	set_in_time(j, &s->cls[c]);
	if (s->classes[c].expire)
		set_count(j, "expire", s->classes[c].expire);
	*out = j;
	return err;
}

static json_t *total_json(const struct sums *s)
{
	struct conserved sum;
	json_t *j;

	conserve(s, &sum);
	j = counts(&sum.in, &sum.t);
	set_count(j, "on_cores", s->on_cores);
	set_count(j, "in_flight", sum.in_flight);
	json_object_set_new(j, "difference", json_integer(sum.difference));
	return j;
}

static void set_named_counts(json_t *j, const struct shunt_ingress *in)
{
	json_t *pass = json_object(), *deny = json_object(), *events = json_object();

	for (int i = 0; i < SHUNT_NR_PASS; i++)
		set_count(pass, pass_name(i), in->pass[i]);
	for (int i = 0; i < SHUNT_NR_DENY; i++)
		set_count(deny, deny_name(i), in->deny[i]);
	for (int i = 0; i < SHUNT_NR_EV; i++)
		set_count(events, event_name(i), in->ev[i]);
	json_object_set_new(j, "pass", pass);
	json_object_set_new(j, "denied", deny);
	json_object_set_new(j, "events", events);
}

/* Yields by how long after the end of their quantum: upper bounds in ns, only what is not 0. */
static json_t *delays_json(const __u64 *delay)
{
	json_t *list = json_array();

	for (int i = 0; i < SHUNT_DELAYS; i++) {
		json_t *j;

		if (!delay[i])
			continue;
		j = json_pack("{s:I}", "count", (json_int_t)delay[i]);
		if (i < SHUNT_DELAYS - 1)
			set_count(j, "below_ns", 64ULL << i);
		json_array_append_new(list, j);
	}
	return list;
}

static json_t *preemption_json(struct ctl *ctl, const struct sums *s)
{
	const struct preempt_sums *t = &s->preempt;
	json_t *j = preempt_json(ctl, &s->cfg);

	set_count(j, "by_safepoint", t->n.yielded[SHUNT_BY_SAFEPOINT]);
	set_count(j, "by_signal", t->n.yielded[SHUNT_BY_SIGNAL]);
	set_count(j, "resumed", t->n.resumed);
	set_count(j, "stayed", t->n.stayed);
	set_count(j, "demoted", t->n.demoted);
	set_count(j, "refused_full", t->n.full);
	set_count(j, "marks_xdp", s->in.marks);
	set_count(j, "marks_agent", t->agent_marks);
	set_count(j, "marks_late", t->n.late);
	set_count(j, "signals", s->in.signals + t->agent_signals);
	set_count(j, "signals_xdp", s->in.signals);
	set_count(j, "parked_peak", t->parked_peak);
	json_object_set_new(j, "yield_delay", delays_json(t->n.delay));
	return j;
}

static json_t *config_json(const struct shunt_cfg *cfg)
{
	static const char *const fallbacks[] = { "hold", "pass", "drop" };
	static const char *const verifies[] = { "off", "ip", "udp" };
	json_t *j = json_object(), *address = json_array();
	char text[INET6_ADDRSTRLEN];

	if (cfg->fallback <= SHUNT_FALLBACK_DROP)
		json_object_set_new(j, "fallback", json_string(fallbacks[cfg->fallback]));
	if (cfg->hang_ms)
		json_object_set_new(j, "hang", json_pack("{s:i, s:s}", "after_ms", cfg->hang_ms,
				    "action", cfg->hang == SHUNT_HANG_KILL ? "kill" : "tell"));
	if (cfg->drain_ms)
		set_count(j, "drain_ms", cfg->drain_ms);
	if ((cfg->flags & SHUNT_CFG_ADDR4) && inet_ntop(AF_INET, &cfg->addr4, text, sizeof(text)))
		json_array_append_new(address, json_string(text));
	if ((cfg->flags & SHUNT_CFG_ADDR6) && inet_ntop(AF_INET6, cfg->addr6, text, sizeof(text)))
		json_array_append_new(address, json_string(text));
	json_object_set_new(j, "address", address);
	if (cfg->flags & SHUNT_CFG_ANY_ADDR)
		json_object_set_new(j, "any_address", json_true());
	if (cfg->verify <= SHUNT_VERIFY_UDP)
		json_object_set_new(j, "verify", json_string(verifies[cfg->verify]));
	if (cfg->hold_age_ms)
		json_object_set_new(j, "hold_age_ms", json_integer(cfg->hold_age_ms));
	json_object_set_new(j, "stamp", json_boolean(cfg->flags & SHUNT_CFG_STAMP));
	set_count(j, "chunk", cfg->chunk);
	set_count(j, "core_ring", cfg->core_ring);
	set_count(j, "hold_ring", cfg->hold_ring);
	return j;
}

/* Which program steers, and what to do if it is not the policy's. */
static void steering_json(struct ctl *ctl, const struct steering *s, json_t *j)
{
	const struct link_state *link = &s->link;
	char name[IF_NAMESIZE], text[256], step[256];
	struct xdp_there xdp;

	set_count(j, "prog_id", link->prog_id);
	if (link->id)
		set_count(j, "link_id", link->id);
	json_object_set_new(j, "state", json_string(steering_name(s->state)));
	steering_tell(s, text, sizeof(text), step, sizeof(step));
	if (*text)
		json_object_set_new(j, "state_text", json_string(text));
	if (*step)
		json_object_set_new(j, "state_step", json_string(step));
	if (*s->next)
		json_object_set_new(j, "switching_to", json_string(s->next));
	if (s->foreign_id)
		json_object_set_new(j, "foreign", json_pack("{s:I, s:s}", "prog_id",
							    (json_int_t)s->foreign_id, "name",
							    s->foreign_name));
	if (!link->ifindex)
		return;
	if (link->ifindex != ctl->ifindex && if_indextoname(link->ifindex, name))
		json_object_set_new(j, "renamed_to", json_string(name));
	if (link->stub.place)
		json_object_set_new(j, "dispatcher",
				    json_pack("{s:i, s:i, s:i}", "place", link->stub.place,
					      "programs", link->stub.programs, "priority",
					      link->stub.priority));
	if (ctl->ifindex == link->ifindex && !iface_xdp(ctl, &xdp) &&
	    (link->stub.place || xdp.prog_id == link->prog_id))
		json_object_set_new(j, "mode", json_string(xdp.mode));
}

static int policy_json(struct ctl *ctl, const struct shunt_cfg *cfg, json_t *j)
{
	struct steering s;
	json_t *refused;
	int err = steering_read(ctl, cfg, &s);

	if (err)
		return err;
	json_object_set_new(j, "policy", json_string(s.live.desc.name));
	json_object_set_new(j, "text", json_string(s.live.desc.text));
	set_count(j, "generation", cfg->policy_gen);
	if (s.live.put_back && s.live.gen == cfg->policy_gen)
		set_count(j, "put_back_for", s.live.put_back);
	refused = refused_json(ctl);
	if (refused)
		json_object_set_new(j, "refused_policies", refused);
	steering_json(ctl, &s, j);
	return 0;
}

json_t *report_json(struct ctl *ctl)
{
	struct sums s;
	json_t *j, *classes, *cls = NULL;
	int err = sums_read(ctl, &s);

	if (err)
		return NULL;
	j = json_pack("{s:s, s:i, s:I}", "interface", ctl->ifname, "ifindex", (int)s.cfg.ifindex,
		      "netns_cookie", (json_int_t)s.cfg.netns);
	classes = json_array();
	err = policy_json(ctl, &s.cfg, j);
	for (__u32 c = 0; !err && c < s.cfg.nclasses; c++) {
		err = class_json(ctl, &s, c, &cls);
		json_array_append_new(classes, cls);
	}
	json_object_set_new(j, "config", config_json(&s.cfg));
	json_object_set_new(json_object_get(j, "config"), "own", own_json(ctl));
	json_object_set_new(json_object_get(j, "config"), "refuse", refusals_json(ctl));
	json_object_set_new(j, "domains", s.domains);
	json_object_set_new(j, "seats", seats_json(ctl, &s.cfg)); /* NULL: leaves it out */
	if (s.wire)
		json_object_set_new(j, "wire", s.wire);
	json_object_set_new(j, "classes", classes);
	json_object_set_new(j, "total", total_json(&s));
	json_object_set_new(j, "preemption", preemption_json(ctl, &s));
	set_named_counts(j, &s.in);
	set_count(json_object_get(j, "events"), "bad_index", s.bad_index);
	if (card_there(ctl))
		json_object_set_new(j, "card", card_json(ctl));
	if (!err)
		return j;
	json_decref(j);
	return NULL;
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * domain_json.c - a domain as JSON: its cores, its worker and its shuntd
 *
 * A view belongs to a worker, which may have written anything: numbers are shown as they are,
 * indexes are bounded.
 */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "agent_state.h"
#include "clock.h"
#include "maps.h"
#include "report.h"
#include "show.h"
#include "whose.h"

/* A core's counts beside requests; shown for cores of a worker that is gone, too. */
static json_t *core_counts_json(const struct shunt_core *core)
{
	const struct shunt_core_stats *n = &core->stats;
	json_int_t served = 0, stolen = 0;

	for (int c = 0; c < SHUNT_CLASSES; c++) {
		served += core->cls[c].replied + core->cls[c].noreply;
		stolen += core->cls[c].stolen;
	}
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
			 "served", served, "stolen", stolen, "kicks", (json_int_t)n->kicks, "slept",
			 (json_int_t)n->slept, "unfed", (json_int_t)n->unfed, "healed",
			 (json_int_t)n->healed, "send_fail", (json_int_t)n->send_fail, "bad_frame",
			 (json_int_t)n->bad_frame, "lost_race", (json_int_t)n->lost_race, "found",
			 (json_int_t)n->found, "found_late", (json_int_t)n->found_late,
			 "found_max_ns", (json_int_t)n->found_max_ns, "let_on",
			 (json_int_t)n->let_on, "let_on_ns", (json_int_t)n->let_on_ns);
}

/* The part of a core's counts that its credits say. */
static json_t *found_json(const struct shunt_core_stats *n)
{
	return json_pack("{s:I, s:I, s:I}", "found", (json_int_t)n->found, "found_late",
			 (json_int_t)n->found_late, "found_max_ns", (json_int_t)n->found_max_ns);
}

static json_t *core_json(const struct sums *s, const struct shunt_domain *dom,
			 const struct shunt_view *view, const struct shunt_agent *agent, __u32 k)
{
	static const char *const states[] = { "off", "busy", "idle", "asleep", "away" };
	const struct shunt_core *core = &view->core[k];
	bool up = dom->up >> k & 1, alive = agent_alive(agent);
	/* it is one of a host elsewhere, which knows these */
	bool wire = s->cfg.flags & SHUNT_CFG_WIRE;
	json_t *j = json_pack("{s:i, s:b}", "core", k, "up", up);

	if (!wire)
		json_object_set_new(j, "cpu", json_integer(dom->cpu[k]));
	json_object_set_new(j, "counts", wire ? found_json(&core->stats) : core_counts_json(core));
	if (!up)
		return j;
	if (core->run.state < sizeof(states) / sizeof(states[0]) && !wire)
		json_object_set_new(j, "state", json_string(states[core->run.state]));
	json_object_set_new(j, "queued", json_integer((__u32)(view->sent[k] - view->done[k])));
	if (core->run.id && core->run.cls < s->cfg.nclasses)
		json_object_set_new(j, "running", json_stringn(s->classes[core->run.cls].name,
				    strnlen(s->classes[core->run.cls].name, SHUNT_NAME_LEN)));
	if (alive)
		json_object_set_new(j, "busy", json_real(agent->core[k].load / 1000.0));
	json_object_set_new(j, "hung", json_integer(agent->core[k].hung));
	json_object_set_new(j, "refused", json_integer(agent->core[k].refused));
	return j;
}

/* A user's number, and its name if there is one. */
static void set_user(json_t *j, const char *key, __u32 user)
{
	char name_key[32];
	const struct passwd *pw;

	if (!user)
		return;
	json_object_set_new(j, key, json_integer(user - 1));
	pw = getpwuid(user - 1);
	snprintf(name_key, sizeof(name_key), "%s_name", key);
	if (pw)
		json_object_set_new(j, name_key, json_string(pw->pw_name));
}

/* Has the worker become a set-user-ID program? shuntd lets it alone then. */
static bool has_other_rights(const struct shunt_agent *a)
{
	int pidfd = a->worker_pid && a->worker_user ? pidfd_open(a->worker_pid, 0) : -1;
	bool other = pidfd >= 0 &&
		     shunt_process_is_of(pidfd, a->worker_pid, a->worker_user - 1) == -EPERM;

	if (pidfd >= 0)
		close(pidfd);
	return other;
}

static json_t *agent_json(const struct ctl *ctl, const struct shunt_agent *a)
{
	json_t *j;

	if (!a->pid)
		return NULL;
	j = json_pack("{s:i, s:b, s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "pid", (int)a->pid, "alive",
		      agent_alive(a), "state", agent_state_name(agent_state(ctl, a)), "workers",
		      (json_int_t)a->workers, "deaths", (json_int_t)a->deaths, "bad_peers",
		      (json_int_t)a->bad_peers, "frames", (json_int_t)a->frames, "recovered",
		      (json_int_t)a->recovered, "no_frame", (json_int_t)a->no_frame);
	if (a->put_back)
		json_object_set_new(j, "sockets_put_back", json_integer(a->put_back));
	if (a->policy_stalls || a->policy_faults)
		json_object_set_new(j, "policies_put_out",
				    json_pack("{s:I, s:I}", "stalls", (json_int_t)a->policy_stalls,
					      "faults", (json_int_t)a->policy_faults));
	if (a->plans || a->plans_refused)
		json_object_set_new(j, "plans", json_pack("{s:I, s:I}", "made",
				    (json_int_t)a->plans, "refused", (json_int_t)a->plans_refused));
	if (a->turns && agent_alive(a))
		json_object_update_new(j, json_pack("{s:f, s:f, s:I, s:I}", "cpu",
				       a->cpu_ppm / 1e6, "wakeups_s", a->turns_100s / 100.0,
				       "cpu_ms", (json_int_t)(a->cpu_ns / 1000000), "woken",
				       (json_int_t)a->woken));
	if (a->beat_ns)
		json_object_set_new(j, "silent_ms", json_integer((clock_ns() > a->beat_ns ?
				    clock_ns() - a->beat_ns : 0) / 1000000));
	if (a->worker_pid)
		json_object_set_new(j, "worker_pid", json_integer(a->worker_pid));
	set_user(j, "worker_user", a->worker_user);
	if (a->published || a->publish_failed)
		json_object_set_new(j, "publisher",
				    json_pack("{s:I, s:I, s:I, s:I, s:I}", "messages",
					      (json_int_t)a->published, "failed",
					      (json_int_t)a->publish_failed, "equal",
					      (json_int_t)a->publish_equal, "age_ns",
					      (json_int_t)a->publish_age_ns, "message_ns",
					      (json_int_t)a->message_ns));
	return j;
}

/* Where preempted requests of each class go: decided by shuntd where that is configured. */
static json_t *requeue_json(const struct sums *s, const struct shunt_view *view)
{
	json_t *list = json_array();

	for (__u32 c = 0; c < s->cfg.nclasses && c < SHUNT_CLASSES; c++)
		json_array_append_new(list,
				      json_string(view->cls[c].requeue == SHUNT_HEAD ? "head"
										     : "tail"));
	return list;
}

/* Cores that the agent took from a worker that is silent
 * there, and since when its oldest request runs. */
static void set_silent(json_t *agent_j, const struct shunt_domain *dom,
		       const struct shunt_view *view, const struct shunt_agent *agent)
{
	__u64 now = clock_ns(), since = now;
	int silent = 0;

	for (__u32 k = 0; k < dom->ncores && k < SHUNT_CORES; k++) {
		const struct shunt_core_run *run = &view->core[k].run;

		if (dom->up >> k & 1 || !agent->core[k].hung)
			continue;
		silent++;
		if (run->id && run->start_ns && run->start_ns < since)
			since = run->start_ns;
	}
	if (silent)
		json_object_set_new(agent_j, "worker_silent_cores", json_integer(silent));
	if (since < now)
		json_object_set_new(agent_j, "worker_runs_for_ms",
				    json_integer((now - since) / 1000000));
}

/* Words that plan() wrote, of the generation in force, up to the last that is not 0; NULL: none. */
static json_t *plan_json(const struct sums *s, const struct shunt_view *view)
{
	const struct shunt_plan *p = &view->plan[s->cfg.policy_gen & 1];
	const __u64 *word = p->word[p->use & 1];
	int n = SHUNT_PLANS;
	json_t *list;
	char text[24];

	while (n && !word[n - 1])
		n--;
	list = n ? json_array() : NULL;
	for (int i = 0; i < n; i++) {
		snprintf(text, sizeof(text), "%#llx", (unsigned long long)word[i]);
		json_array_append_new(list, json_string(text));
	}
	return list;
}

/* How packets come into frames, by receive queue; NULL: there are no sockets. */
static json_t *sockets_json(const struct shunt_domain *dom, const struct shunt_agent *agent)
{
	json_t *list = agent->frames ? json_array() : NULL;

	for (__u32 k = 0; list && k < dom->nqueues && k < SHUNT_CORES; k++)
		json_array_append_new(list, json_pack("{s:i, s:s, s:b}", "queue", dom->queue[k],
				      "mode", agent->zero_copy >> k & 1 ? "zero copy" : "copy",
				      "need_wakeup", (int)(agent->need_wakeup >> k & 1)));
	return list;
}

json_t *domain_json(const struct ctl *ctl, const struct sums *s, __u32 d,
		    const struct shunt_domain *dom, const struct shunt_view *view,
		    const struct shunt_agent *agent)
{
	json_t *cores = json_array(), *j, *a = agent_json(ctl, agent);

	for (__u32 k = 0; k < dom->ncores && k < SHUNT_CORES; k++)
		json_array_append_new(cores, core_json(s, dom, view, agent, k));
	j = json_pack("{s:i, s:o, s:i, s:i, s:i, s:o}", "domain", d, "queues", queues_json(dom),
		      "cores", (int)dom->ncores, "up", __builtin_popcountll(dom->up), "idle",
		      __builtin_popcountll(view->idle & dom->up), "core", cores);
	json_object_set_new(j, "preempting", json_boolean(view->preempt)); /* as workers see it */
	json_object_set_new(j, "requeue", requeue_json(s, view));
	json_object_set_new(j, "plan", plan_json(s, view)); /* NULL: leaves it out */
	set_user(j, "user", dom->user);
	if (view->switch_ns)
		json_object_set_new(j, "switch_ns", json_integer(view->switch_ns));
	if (dom->service[0])
		json_object_set_new(j, "service",
				    json_stringn(dom->service,
						 strnlen(dom->service, SHUNT_NAME_LEN)));
	if (s->cfg.flags & SHUNT_CFG_WIRE)
		json_object_set_new(j, "wire", json_true());
	else
		json_object_set_new(j, "sockets", sockets_json(dom, agent)); /* as "plan" */
	if (view->stale)
		json_object_set_new(j, "draining", json_true());
	if (a)
		json_object_set_new(a, "asleep", json_boolean(dom->asleep));
	if (a && agent->worker_pid && dom->left)
		json_object_set_new(a, "worker_left", json_true());
	if (a && agent->worker_pid && !dom->left && agent_alive(agent) &&
	    !(s->cfg.flags & SHUNT_CFG_WIRE))
		set_silent(a, dom, view, agent);
	if (a && has_other_rights(agent))
		json_object_set_new(a, "worker_other_rights", json_true());
	if (a)
		json_object_set_new(j, "agent", a);
	return j;
}

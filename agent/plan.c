// SPDX-License-Identifier: BSD-2-Clause
/*
 * plan.c - has the policy in force plan, every 10 ms while requests end
 *
 * plan() is a BPF program, verified like the others: the agent runs this program, and none of the
 * policy's native code. The program writes the view's plan alone, of the generation that the agent
 * takes for the one in force; if another one is in force by now, no plan is put in force.
 */
#include <bpf/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "inforce.h"
#include "log.h"
#include "maps.h"
#include "peek.h"
#include "plan.h"

#define EARLY_NS 1000000ULL /* a tick of as long comes a little early now and then */

void planner_none(struct planner *p)
{
	*p = (struct planner){ .prog = -1 };
}

void planner_forget(struct planner *p)
{
	if (p->prog >= 0)
		close(p->prog);
	planner_none(p);
}

void planner_follow(struct planner *p, const struct agent *a, __u64 gen)
{
	struct shunt_policy_slot *slot;

	if (gen == p->gen)
		return;
	planner_forget(p);
	slot = maps_slot(&a->maps, gen);
	if (!slot) /* a switch is under way */
		return;
	p->gen = gen;
	if (slot->plan_id)
		p->prog = shunt_plan_open(&a->pins, gen, slot->plan_id);
	if (slot->plan_id && p->prog < 0)
		log_say(LOG_ERR, "cannot open the program that plans for '%.15s': %s",
			slot->desc.name, strerror(-p->prog));
	free(slot);
}

/* Runs plan() for the domain. Returns its answer; negative: it could not be run. */
static int run(const struct planner *p, const struct agent *a, __u32 domain)
{
	struct shunt_event ev = {
		.now_ns = a->now_ns, .run_cls = SHUNT_NONE, .steered = SHUNT_NONE,
	};
	struct shunt_plan_ask ask = { .gen = p->gen, .domain = domain, .ev = ev };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &ask, .ctx_size_in = sizeof(ask));
	int err = bpf_prog_test_run_opts(p->prog, &opts);

	return err ? err : (int)opts.retval;
}

void planner_tick(struct planner *p, const struct agent *a, __u32 domain, struct shunt_view *view,
		  __u64 ended)
{
	struct shunt_agent *counts = &a->maps.agent[domain];
	int said;

	if (p->prog < 0 || p->domain[domain].ended == ended ||
	    a->now_ns < p->domain[domain].next_ns)
		return;
	p->domain[domain].ended = ended;
	p->domain[domain].next_ns = a->now_ns + PLAN_NS - EARLY_NS;
	said = run(p, a, domain);
	if (!said) {
		poke(counts->plans, counts->plans + 1);
		return;
	}
	poke(counts->plans_refused, counts->plans_refused + 1);
	/* A new view, or its worker wrote there: unless a switch came, this generation plans. */
	if (said > 0 && maps_policy_gen(&a->maps) == p->gen)
		shunt_plan_clear(view, p->gen);
}

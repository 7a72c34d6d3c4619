// SPDX-License-Identifier: BSD-2-Clause
/*
 * obeyed.c - costs, options of classes and others that no run of a sweep would obey
 *
 * Each is refused: a setting that changes nothing would be taken for one that makes no difference.
 */
#include <math.h>
#include <string.h>

#include "cmd.h"

static bool is_wire(const struct run_config *c) { return c->costs.transport == TRANSPORT_WIRE; }

static bool is_published(const struct run_config *c)
{
	return c->costs.transport == TRANSPORT_PUBLISHED;
}

static bool is_staged(const struct run_config *c)
{
	return c->costs.transport == TRANSPORT_PRESTAGED;
}

static bool decides_itself(const struct run_config *c)
{
	return is_staged(c) && strcmp(c->costs.fallback, "none");
}

static bool steals(const struct run_config *c) { return c->policy->flags & SHUNT_STEALS; }
static bool is_elastic(const struct run_config *c) { return c->costs.services == SERVICES_ELASTIC; }

static bool is_seats(const struct run_config *c) { return c->costs.services == SERVICES_SEATS; }
static bool is_spin(const struct run_config *c) { return c->costs.services == SERVICES_SPIN; }

static bool changes_services(const struct run_config *c)
{
	return is_elastic(c) || is_seats(c) ||
	       (c->costs.services == SERVICES_SHARED && c->w->nservices > 1);
}

static bool has_quantum(const struct run_config *c, const struct sim_class *of)
{
	double q = c->quantum_us < 0 ? c->costs.quantum_us : c->quantum_us;

	return preempts_class(c, of) && (of->quantum_us > 0 || q > 0);
}

static bool preempts_some(const struct run_config *c)
{
	for (int k = 0; k < c->w->nclasses; k++) {
		if (has_quantum(c, &c->w->cls[k]))
			return true;
	}
	return false;
}

/* A core is marked, and sees it later, unless a timer makes it yield. */
static bool marks(const struct run_config *c)
{
	return is_seats(c) || (preempts_some(c) && c->costs.marker == MARK_WAITING);
}

static bool takes_quantum(const struct run_config *c)
{
	for (int k = 0; k < c->w->nclasses; k++) {
		if (preempts_class(c, &c->w->cls[k]) && c->quantum_us < 0 &&
		    !(c->w->cls[k].quantum_us > 0))
			return true;
	}
	return false;
}

static bool takes_outstanding(const struct run_config *c)
{
	return is_wire(c) || (policy_among(c, "jbsq") && !c->knob[0]);
}

static bool has_nic_queue(const struct run_config *c)
{
	return c->costs.nic_ns > 0 || *c->costs.nic_stall;
}

static bool has_domains(const struct run_config *c)
{
	return c->domains > 1 || c->cores - c->costs.reserved > SHUNT_CORES ||
	       (c->costs.services != SERVICES_SHARED && c->w->nservices > 1);
}

static bool has_actors(const struct run_config *c) { return c->policy->ideal >= IDEAL_DRR; }
static bool moves_actors(const struct run_config *c) { return c->policy->ideal >= IDEAL_IPIPE; }

#define WIRE "the NIC's with credits: add --cost transport=wire (or --system wire)"
#define PUBLISHED "loads that are published: add --cost transport=published (or --system nfp)"
#define STAGED "an agent's decisions: add --cost transport=prestaged (or --system wave)"
#define FALLBACK "cores that decide where no decision is: add --cost transport=prestaged, " \
	"without fallback=none"
#define STEALS "a policy that steals: add --policy steal"
#define PREEMPTS "preemption: take a policy that preempts, or --preempt yes, and a --quantum"
#define MARKS PREEMPTS ", and marker=waiting"
#define SEATS                                                                                  \
	"services that take turns: add --cost services=seats, with /service=NAME of classes"
#define ACTORS "actors: take --system ipipe and --policy drr, ipipe or ipipe-alg"
#define MOVES "moves of actors to a host: take --system ipipe and --policy ipipe or ipipe-alg"

/* Costs that are not listed are read in all runs. */
static const struct {
	const char *name;
	bool (*reads)(const struct run_config *c);
	const char *of;
} costs_read_by[] = {
	{ "credit_ns", is_wire, WIRE },
	{ "stage", is_staged, STAGED }, { "decide_ns", is_staged, STAGED },
	{ "fallback", is_staged, STAGED },
	{ "grace_ns", decides_itself, FALLBACK }, { "local_ns", decides_itself, FALLBACK },
	{ "publish_ns", is_published, PUBLISHED }, { "publish_delay_ns", is_published, PUBLISHED },
	{ "steal_ns", steals, STEALS }, { "steal_home_ns", steals, STEALS },
	{ "unseen", steals, STEALS },
	{ "mark_ns", marks, MARKS }, { "safepoint_ns", marks, MARKS },
	{ "marker", preempts_some, PREEMPTS },
	{ "yield_ns", preempts_some, PREEMPTS }, { "switch_ns", preempts_some, PREEMPTS },
	{ "quantum_us", takes_quantum,
	  "preemption where no --quantum or /quantum= says another: take a policy that preempts, "
	  "or --preempt yes" },
	{ "outstanding", takes_outstanding,
	  "the NIC's with credits, and of jbsq: add --cost transport=wire (or --system wire), or "
	  "take --policy jbsq without --knob 0" },
	{ "nic_queue", has_nic_queue,
	  "what waits in front of the NIC: add --cost nic_ns=TIME, or nic_stall" },
	{ "far_ns", has_domains,
	  "several domains that share memory: add --domains 2, or take more than 64 --cores" },
	{ "change_ns", changes_services,
	  "cores that serve several services: name them (/service=NAME of classes), and take "
	  "services=shared, elastic or seats" },
	{ "elastic_us", is_elastic,
	  "elastic cores: add --cost services=elastic, with /service=NAME of classes" },
	{ "seat_us", is_seats, SEATS }, { "seat_hold_us", is_seats, SEATS },
	{ "slice_us", is_spin,
	  "services that spin on the same cores: add --cost services=spin, with /service=NAME of "
	  "classes" },
	{ "actors", has_actors, ACTORS }, { "actor_skew", has_actors, ACTORS },
	{ "drr_quantum_us", has_actors, ACTORS }, { "visit_ns", has_actors, ACTORS },
	{ "tail_us", moves_actors, MOVES }, { "mean_us", moves_actors, MOVES },
	{ "hysteresis", moves_actors, MOVES }, { "mailbox", moves_actors, MOVES },
	{ "migrate_us", moves_actors, MOVES }, { "forward_ns", moves_actors, MOVES },
	{ "host_cores", moves_actors, MOVES }, { "host_speed", moves_actors, MOVES },
	{ "host_ns", moves_actors, MOVES },
};

static bool any_reads(const struct sweep *s, bool (*reads)(const struct run_config *c))
{
	for (int i = 0; i < s->n; i++) {
		if (reads(&s->p[i].c))
			return true;
	}
	return false;
}

/* setting: NAME=VALUE, which is known to be right. */
static int check_cost(const struct options *o, const struct sweep *s, const char *setting)
{
	int len = strcspn(setting, "=");

	if (o->policies.n && !strncmp(setting, "policy=", 7))
		return complain("--cost %s and --policy both name the policy: leave one of them "
				"out", setting);
	for (size_t i = 0; i < sizeof(costs_read_by) / sizeof(costs_read_by[0]); i++) {
		if (strncmp(setting, costs_read_by[i].name, len) || costs_read_by[i].name[len] ||
		    any_reads(s, costs_read_by[i].reads))
			continue;
		return complain("--cost %s would change nothing: it is a cost of %s; or leave it "
				"out",
				setting, costs_read_by[i].of);
	}
	return 0;
}

static bool obeys_quantum(const struct run_config *c, const struct sim_class *of)
{
	return !(of->quantum_us > 0) || preempts_class(c, of);
}

static bool obeys_requeue(const struct run_config *c, const struct sim_class *of)
{
	return of->requeue == REQUEUE_AUTO ||
	       (has_quantum(c, of) && !policy_of(c, of->service_no)->requeue);
}

static bool obeys_service(const struct run_config *c, const struct sim_class *of)
{
	return !c->w->nservices || c->costs.services != SERVICES_SHARED ||
	       (c->costs.change_ns > 0 && c->w->nservices > 1);
}

static bool obeys_expire(const struct run_config *c, const struct sim_class *of)
{
	return !of->expire || (!c->policy->ideal && expires(c));
}

static const struct {
	const char *name;
	bool (*obeys)(const struct run_config *c, const struct sim_class *of);
	const char *fix;
} suffixes[] = {
	{ "quantum", obeys_quantum, "take a policy that preempts, or add --preempt yes" },
	{ "requeue", obeys_requeue,
	  "take a policy that preempts and does not requeue in its own way, or --preempt yes, and "
	  "a quantum" },
	{ "expire", obeys_expire,
	  "take a policy that is no ideal, and --cost transport=shared without seats" },
	{ "service", obeys_service,
	  "add --cost services=split, elastic, seats or spin, or change_ns=TIME where services "
	  "share cores" },
};

/* Does some run of the workload of point i obey the option of its class k? */
static bool some_obeys(const struct sweep *s, int i, int k,
		       bool (*obeys)(const struct run_config *c, const struct sim_class *of))
{
	const struct workload *w = s->p[i].c.w;

	for (int n = 0; n < s->n; n++) {
		if (s->p[n].c.w == w && obeys(&s->p[n].c, &w->cls[k]))
			return true;
	}
	return false;
}

static int check_class(const struct sweep *s, int i, int k)
{
	for (size_t n = 0; n < sizeof(suffixes) / sizeof(suffixes[0]); n++) {
		if (!some_obeys(s, i, k, suffixes[n].obeys))
			return complain("/%s= of class '%s' would change nothing: %s, or leave it "
					"out",
					suffixes[n].name, s->p[i].c.w->cls[k].name,
					suffixes[n].fix);
	}
	return 0;
}

/* Does chance have a part in a run, so that another seed gives another result? */
static bool is_by_chance(const struct run_config *c)
{
	const struct costs *k = &c->costs;

	return !c->w->trace_n || c->w->trace_draws || has_actors(c) || calls_wanted(&c->calls) ||
	       c->policy->flags & SHUNT_NEEDS_RANDOM || *k->stall || *k->nic_stall ||
	       (marks(c) && k->safepoint_ns > 0);
}

double run_ns(const struct run_config *c)
{
	double constant_ns = c->requests / c->rate * 1e9;
	struct shape_place p;

	if (!c->shape)
		return constant_ns;
	shape_begin(&p, c->shape);
	return shape_when(&p, constant_ns);
}

/* Of a closed loop it is known only when it has ended. */
static int check_failures(const struct run_config *c)
{
	for (int i = 0; i < c->nfails && !c->calls.clients; i++) {
		if (c->fail[i].at_us * 1e3 >= run_ns(c))
			return complain("--fail %d@%gus comes after the end of the run, which is "
					"some %.4g us long: an earlier time, or more --requests",
					c->fail[i].core, c->fail[i].at_us, run_ns(c) / 1e3);
	}
	return 0;
}

int obeyed_check(const struct options *o, const struct sweep *s)
{
	int err = 0;

	for (int i = 0; i < o->costs.n && !err; i++)
		err = check_cost(o, s, o->costs.s[i]);
	for (int i = 0; i < s->n && !err; i++) {
		if (i && s->p[i].c.w == s->p[i - 1].c.w)
			continue;
		for (int k = 0; k < s->p[i].c.w->nclasses && !err; k++)
			err = check_class(s, i, k);
	}
	for (int i = 0; i < s->n && !err; i++)
		err = check_failures(&s->p[i].c);
	if (!err && o->seeds > 1 && !any_reads(s, is_by_chance))
		err = complain("--seeds %d would give one result %d times, as nothing of a trace "
			       "with service times and flows is drawn: leave it out",
			       o->seeds, o->seeds);
	return err;
}

void warn_of_late_failures(const struct sweep *s)
{
	for (int i = 0; i < s->n; i++) {
		const struct point *p = &s->p[i];

		for (int k = 0; p->r.complete && k < p->c.nfails; k++) {
			if (p->c.fail[k].at_us / 1e6 > p->r.sim_s)
				fprintf(stderr,
					"shunt-sim: warning: --fail %d@%gus did not happen: the run"
					" ended after %.4g us\n",
					p->c.fail[k].core, p->c.fail[k].at_us, p->r.sim_s * 1e6);
		}
	}
}

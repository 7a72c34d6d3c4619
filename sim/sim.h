/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sim.h - what one simulated run is given and what it yields
 *
 * Time inside the simulator is in ticks of 1/1024 ns, so that sub-nanosecond draws are not rounded
 * away and a tick is turned into the ns that policies see by a shift.
 */
#pragma once

#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <shunt/native.h>

#include "hist.h"
#include "why.h"

typedef uint64_t tick;

#define TICKS_NS 1024
#define NEVER (~0ULL >> 1)
#define SIM_CORES 1024
#define SIM_FAILS 32
#define SERVERS_MOST 1000
#define SIM_TEXT 512
#define SIM_SERVICE 32 /* characters of a service's name, with the 0 */

static inline tick ticks(double ns)
{
	return (int64_t)(ns * TICKS_NS + 0.5); /* what is unsigned takes three
						* times as long to convert */
}

static inline double in_ns(tick t)
{
	return (double)(int64_t)t / TICKS_NS;
}

/* --- randomness: xoshiro256++, one stream a purpose, so
 * that policies meet the same requests ------ */

struct rng {
	uint64_t s[4];
};

void rng_seed(struct rng *r, uint64_t seed, uint64_t stream);

static inline uint64_t rotl(uint64_t x, int k)
{
	return x << k | x >> (64 - k);
}

static inline uint64_t rng_next(struct rng *r)
{
	uint64_t *s = r->s, sum = rotl(s[0] + s[3], 23) + s[0], t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotl(s[3], 45);
	return sum;
}

/* In [0, 1). */
static inline double rng_unit(struct rng *r)
{
	return (int64_t)(rng_next(r) >> 11) * 0x1p-53;
}

/* An exponential variate with mean 1. */
static inline double exp_draw(struct rng *r)
{
	return -log(1 - rng_unit(r));
}

/* --- service times ---------------------------------------------------------------------------- */

enum dist_kind { DIST_FIXED, DIST_EXP, DIST_LOGNORMAL, DIST_MODES, DIST_FILE };

#define DIST_MODES_MAX 16

struct dist {
	enum dist_kind kind;
	double mean_ns;
	double scv;      /* variance / mean^2 */
	double mu, sigma; /* lognormal: of the logarithm of ns */
	int nmodes;
	double upto[DIST_MODES_MAX]; /* modes: cumulated shares */
	double mode_ns[DIST_MODES_MAX];
	double *sample;  /* file: ns, drawn uniformly */
	size_t nsample;
};

/* "1us", "exp(1us)", "lognormal(1us;10us)" (mean, standard deviation),
 * "modes(0.995:500ns;0.005:500us)", "file(PATH)" (one time in us a line). 0 or -1 with the reason
 * in why. */
int dist_parse(struct dist *d, const char *text, struct why *why);
double dist_draw(const struct dist *d, struct rng *r);
/* The share of what takes up to so long, or less than that. */
double dist_upto(const struct dist *d, double ns, bool less);
void dist_free(struct dist *d);

/* --- workload --------------------------------------------------------------------------------- */

enum arrivals { ARRIVE_POISSON, ARRIVE_BURSTY, ARRIVE_UNIFORM, ARRIVE_TRACE };
enum sim_requeue { REQUEUE_AUTO, REQUEUE_HEAD, REQUEUE_TAIL };

struct sim_class {
	char name[32];
	double share;
	double upto;       /* cumulated shares */
	struct dist service;
	double slo_us;     /* 0: none */
	double quantum_us; /* 0: the run's */
	enum sim_requeue requeue;
	bool tail;         /* what requeue comes to */
	uint32_t admit;    /* as in the view: percent of the objective; 0: 100 */
	uint32_t least;    /* percent of the cores' time; 0: none */
	uint32_t expire;   /* objectives after which a request that waits expires; 0: never */
	int service_no;    /* which of the workload's services it is of */
};

struct workload {
	char text[SIM_TEXT];
	int nclasses;
	int nservices;
	char service[SHUNT_CLASSES][SIM_SERVICE];
	struct sim_class cls[SHUNT_CLASSES];
	double mean_ns;
	double scv;
	enum arrivals arrivals;
	double burst_factor; /* bursty: rate in a burst, in multiples of the mean */
	double burst_us;     /* mean length of a burst */
	char trace[SIM_TEXT]; /* trace.c */
	uint64_t trace_n;     /* requests in it */
	bool trace_draws;     /* some have no service time or flow: those are drawn, by the seed */
	double trace_rate;    /* a second, at the speed it is replayed at */
	double trace_speed;   /* 2: twice as fast as recorded */
	unsigned int flows;  /* 0: each request is a flow of its own */
	double flow_skew;    /* Zipf's exponent of their shares; 0: all alike */
	const struct rss *rss; /* rss.h: hashes flows and picks domains
				* as NICs do; NULL: an ideal hash */
};

/* Has a class of it one? */
bool has_objective(const struct workload *w);
/* "short=0.5:1us/slo=20us,long=0.5:exp(100us)/quantum=5us/requeue=tail",
 * or a name of workload_names. */
int workload_parse(struct workload *w, const char *text, struct why *why);
int arrivals_parse(struct workload *w, const char *text, struct why *why);
void workload_free(struct workload *w);
/* trace.c: reads the whole trace of w once; its number, rate and mean service into w. */
int trace_scan(struct workload *w, struct why *why);
/* The classes that a trace names for itself. */
int trace_workload(const char *path, char *spec, size_t len, struct why *why);
extern const char *const workload_names[][3]; /* name, spec, what it is; NULL ends */
/* Do shares make a whole: 1, or 100? */
static inline bool shares_add_up(double sum)
{
	return (sum > 0.995 && sum < 1.005) || (sum > 99.5 && sum < 100.5);
}

/* strtod() for digits alone: no hexadecimal, no sign, no
 * inf; *end is text if there is no number. */
double decimal(const char *text, char **end);
/* A number with its unit: ns, us, ms, s. 0 or -1. */
int time_parse(const char *text, double *ns);
/* open.c: NULL, with the reason in why, if it cannot be read or is a folder. */
FILE *open_to_read(const char *path, struct why *why);
/* A number, which may be a time that lacks its unit. */
bool time_lacks_unit(const char *text);

#include "costs.h"

/* --- policies --------------------------------------------------------------------------------- */

enum ideal { IDEAL_NONE, IDEAL_PS, IDEAL_SRPT, IDEAL_CFCFS, IDEAL_ORACLE, IDEAL_DRR, IDEAL_IPIPE,
	     IDEAL_IPIPE_ALG };

struct policy {
	char name[SIM_TEXT];
	char text[SHUNT_TEXT_LEN];
	enum ideal ideal;
	uint32_t flags;      /* of one for each service: what any of them has */
	SHUNT_POLICY_FNS;
	void *handle;
	int fd;
	struct policy *each; /* one for each service (policies.c), neach of them; NULL: one alone */
	int neach;
	char service[SIM_SERVICE]; /* of those: which one has it */
};

/* "ps", "srpt", "c-fcfs" (ideal), the name of a built-in policy, a bundle or a .c file. A policy
 * that workers may not run is refused. */
int policy_open(struct policy *p, const char *name, struct why *why);
void policy_close(struct policy *p);
/* policies.c: as policy_open(), or one for each service, "get=mq+scan=fcfs". */
int policies_open(struct policy *p, const char *text, struct why *why);
/* The names of the built-in ones; how many. */
int policy_list(char names[][SHUNT_NAME_LEN], int room);

/* --- a run ------------------------------------------------------------------------------------ */

struct failure {
	int core;
	double at_us;
	double for_us; /* 0: for good */
};

/* Clients that do more than to send a request and wait for it: calls.h. Zero: they do not. */
struct call_config {
	uint32_t clients;         /* of a closed loop; 0: calls arrive by themselves */
	const struct dist *think; /* between an answer and the next call; NULL: no time */
	double timeout_ns;        /* of an attempt; 0: none */
	int retries;              /* of a part, at most */
	double backoff_ns;        /* mean time before the first retry */
	double backoff_most_ns;   /* the mean doubles up to this; 0: without end */
	double budget;            /* retries a part, in the long run; 0: not bounded */
	bool hedge;               /* sends a second copy */
	double hedge_ns;          /* time before the second copy, */
	double hedge_quantile;    /* or, if not 0, the quantile of answers so far that gives it */
	bool cancel;              /* copies that nobody waits for are not
				   * served, unless they have begun */
	int servers, fanout;      /* alike; to how many of them a call goes. 0: 1 */
	double quorum;            /* share of the parts that must have been answered; 0: all */
	double window_ns;         /* of results over time; 0: none */
};

struct run_config {
	const struct policy *policy;
	const struct workload *w;
	struct costs costs;
	int cores;        /* those that the costs reserve included */
	int domains;      /* 0: as many as 64 cores each need */
	double rate;      /* requests a second */
	uint64_t requests;
	uint64_t seed;
	double quantum_us; /* < 0: the costs' */
	int preempt;      /* -1: as the policy says; 0, 1 */
	uint64_t knob[SHUNT_KNOBS];
	int nfails;
	struct failure fail[SIM_FAILS];
	struct call_config calls;
	const struct shape *shape; /* of the rate over time, rates.h; NULL: it is constant */
};

/* Measured quantities of a class. Times in ns. */
enum quantity {
	P50, P90, P99, P999, MEAN, WAIT, SLOW_MEAN, SLOW_P50, SLOW_P99, SLOW_P999,
	MISS, /* share of the ended requests that took longer than their class's SLO */
	QUANTITIES
};

struct class_result {
	uint64_t arrived, done, dropped, rejected, lost, expired;
	double in_vain_ns; /* work that was done for those that expired */
	double wait_ns, sojourn_ns, slowdown; /* means */
	double miss;         /* share; NAN: no SLO */
	struct hist sojourn; /* ns */
	struct hist slow;    /* slowdown in 1/64 */
	double half[QUANTITIES]; /* half width of the 95 % interval; NAN: not known */
};

#define BACKLOG_LOOKS 5 /* at the beginning of what is measured, and after each quarter of it */

/* Counts of the measured calls. */
struct call_result {
	uint64_t copies;             /* requests that were sent */
	uint64_t ended;              /* copies that were served, or begun and cancelled */
	double work_ns, wasted_ns;   /* service of ended copies; of stale ones among them */
	uint64_t timeouts, retries, denied, hedges, hedges_won, cancelled, refused, failed;
	struct hist request;         /* ns from copy to answer, of those that were waited for */
};

struct domain_result {
	int cores;
	uint64_t arrived;   /* at its NIC queue */
	double busy;        /* share of its cores' time */
	double there;       /* seats: share of the time that its cores had the seats */
	uint64_t let_on, taken; /* seats: times that a core got its seat, and was thrown off */
	uint64_t plan[SHUNT_PLANS]; /* as it is at the end */
};

/* Counts of a run with an agent: inserted = taken + fallback + refused, made = taken + stale +
 * left. */
struct staged_result {
	uint64_t inserted;          /* times that a thread began to wait for a core */
	uint64_t taken, fallback;   /* was run by a decision of the agent; by one of the core */
	uint64_t refused;           /* its queue was full */
	uint64_t made, stale, left; /* decisions: all; of another version; not yet looked at */
	double agent_busy;          /* share of the agents' time */
};

struct run_result {
	bool complete;
	int nclasses;
	struct class_result *cls; /* nclasses, and one more for all together */
	double throughput;  /* requests a second that ended, while requests arrived */
	double busy;        /* share of the cores' time */
	double offered;     /* the same of the work that is to come, on
			     * average; 0: nobody knows (closed loops) */
	double mean_ci;     /* half width of the mean sojourn's 95 % interval, ns */
	uint64_t events, preempted, stolen, held, backlog_max, bad_answers;
	uint64_t backlog[BACKLOG_LOOKS]; /* requests in the system then */
	struct call_result *calls; /* NULL: of no calls */
	struct series *series;     /* over time, series.h; NULL: not asked for */
	struct staged_result *staged; /* NULL: of no agent */
	bool closed;        /* no client calls before its answer: no backlog grows without end */
	bool overload;      /* more work arrives than the cores can
			     * do, however long it takes to show */
	double sim_s, wall_s;
	struct domain_result domain[SHUNT_DOMAINS];
	uint64_t moved_cores; /* elastic */
	int ndomains;       /* 0: an ideal knows none */
};

/* measure.c: NAN if nothing was measured. */
double quantity_of(const struct class_result *c, enum quantity q);
/*
 * Is a class's mean slowdown (of all: k = nclasses) infinite? Where requests of nearly no service
 * wait like others, the mean of wait over service is that of 1 over an exponential: the result is a
 * matter of the shortest request.
 */
bool slowdown_is_infinite(const struct run_config *c, int k);
/* False: the backlog grew all the time, so that times say how long the run was and nothing else. */
bool load_is_carried(const struct run_result *r);
/* Are requests preempted when their quantum is over: any; those of a class? */
bool preempts(const struct run_config *c);
bool preempts_class(const struct run_config *c, const struct sim_class *of);
/* policies.c: the policy of a service of the workload; there is one for all, or one for each. */
const struct policy *policy_of(const struct run_config *c, int service);
/* Has a policy that decides in some domain that name? */
bool policy_among(const struct run_config *c, const char *name);
/* 0, or -1 with the reason in why: one for each service lacks one, or services have no domains. */
int policies_check(const struct run_config *c, struct why *why);
/* Can what waits too long expire? */
bool expires(const struct run_config *c);
/* 0, -ENOMEM, -EINTR (*stop was set), -EINVAL with the reason in why. */
int run_sim(const struct run_config *c, struct run_result *r, volatile sig_atomic_t *stop,
	    struct why *why);
int run_ideal(const struct run_config *c, struct run_result *r, volatile sig_atomic_t *stop,
	      struct why *why);
int run_calls(const struct run_config *c, struct run_result *r, volatile sig_atomic_t *stop,
	      struct why *why);
/* Does a run need them? */
bool calls_wanted(const struct call_config *k);
/* Whichever of the three it needs. */
int run_any(const struct run_config *c, struct run_result *r, volatile sig_atomic_t *stop,
	    struct why *why);
void run_free(struct run_result *r);

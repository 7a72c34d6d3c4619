/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * load.h - shunt-load: the types that its files share
 *
 * Times are CLOCK_MONOTONIC nanoseconds. A request is due at a moment that does not depend on
 * replies, and its latency counts from then: so a stalled server, or a stalled generator, shows.
 */
#pragma once

#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "../clean/clean.h"
#include "../hist.h"
#include "mix.h"

#define FLOWS_MAX 4096
#define PACKET_MAX 1472 /* payload of a request */
#define SLICES 10       /* of a run, for confidence */
#define RATE_MOST 1e9   /* requests a second */

enum arrival {
	ARRIVE_POISSON,
	ARRIVE_FIXED, /* evenly spaced */
	ARRIVE_ONOFF, /* Poisson at a higher rate for a while, nothing for a while */
	ARRIVE_TRACE, /* at the times in a file */
};

struct options {
	const char *to, *dev, *arrival_text, *protocol, *record, *gaps, *windows;
	enum arrival arrival;
	double rate;              /* a second */
	double on_ns, off_ns;     /* ARRIVE_ONOFF */
	double *trace;            /* ARRIVE_TRACE: seconds */
	size_t trace_length;
	double seconds, warmup, report, phase_s;
	double late_ns, late_share, wait_ns, error, backlog, under_way;
	uint64_t count, seed, plan;
	int flows, burst, replies, cpu, closed;
	double think_ns;
	size_t size, keys, key_size, value_size;
	double zipf;
	bool json, csv, quiet, strict, user_stamps, xdp, preload, sleep;
	bool server_times; /* of windows: the time in the server */
	struct mix mix;
	const char *mix_text;
};

/* A request as it was drawn. */
struct request {
	uint64_t due;
	uint64_t seq; /* of its flow */
	uint32_t service_ns;
	uint32_t random; /* for keys */
	int cls, flow;
};

/* A reply as it was parsed. */
struct answer {
	uint64_t seq;        /* of its flow, as many of its low bits as the protocol carries */
	uint64_t sojourn_ns; /* in the server; 0: it did not say */
	int parts;           /* datagrams of the whole reply; 0: as many as were asked for */
	bool rejected; /* it says no; one datagram, whatever "parts" is */
	bool missed; /* there was no such key */
};

struct protocol {
	const char *name;
	const char *reply; /* what one is, in words */
	uint64_t seq_mask;
	int (*setup)(const struct options *o, struct why *why);
	size_t (*build)(const struct options *o, const struct request *r, uint8_t *to);
	int (*parse)(const uint8_t *from, size_t len, struct answer *a); /* 0, or it is no reply */
};

extern const struct protocol proto_spin, proto_echo, proto_memcached;
/* all, the one that is easiest to tell first; NULL ends them */
extern const struct protocol *const protocols[];
const struct protocol *protocol_named(const char *name);
/* Every key set once; 0 or -errno. */
int memcached_preload(const struct options *o, int sock);

/* Counts and latencies of one class in one stretch of time. */
struct tally {
	uint64_t sent, answered, rejected, lost, late;
	uint64_t missed; /* of the answered */
	uint64_t in_time; /* of the answered: within the objective */
	struct hist latency, slowdown /* thousandths */, sojourn;
	struct hist slice[SLICES]; /* latency */
};

struct counts {
	struct tally cls[MIX_CLASSES];
	struct hist lag; /* how late requests left */
	uint64_t sent, late, stray, unsent, stalls, stalled_ns, refused, bad_stamps;
	uint64_t foreign;     /* datagrams that are no replies of this protocol */
	uint64_t bad_sojourn; /* replies that say a longer time in
			       * the server than they took in all */
	uint64_t served; /* answers that came in this interval, whenever their requests were due */
};

struct interval {
	double from, to;      /* seconds since the start */
	double offered;       /* requests a second */
	bool valid;
	char why[256];
};

/* --- flows: sockets, and what each waits for --- */
struct pending {
	uint64_t due, seq;
	uint32_t service_ns;
	uint16_t parts;
	uint8_t cls;
	bool busy, counted; /* counted: after the warm-up */
	bool late;          /* left later than --late */
};

struct flow {
	int sock;
	uint16_t port; /* ours, network order */
	uint64_t seq, outstanding;
	struct pending *slot;
};

/* Counts of the whole run that say whether the intended server answered. */
struct sight {
	uint64_t sent, replies, stray, foreign, refused;
	size_t len;         /* of the first foreign datagram */
	uint8_t begin[64];  /* its first bytes */
};

struct load {
	struct options o;
	const struct protocol *proto;
	struct flow flow[FLOWS_MAX];
	uint32_t slots; /* a flow; a power of two */
	int epoll;
	struct sockaddr_storage to;
	socklen_t to_len;
	struct counts n;
	struct rng when, what, where;
	uint64_t handled; /* requests sent and replies taken */
	uint64_t start, begin, end, outstanding, done; /* begin: the warm-up is over */
	uint64_t ended; /* the last request left: what comes later is answered,
			 * but not at the rate offered; 0: not yet */
	uint64_t slice_from, slice_ns; /* of this interval */
	double waited_ms; /* until the first request */
	struct xsk *xsk;
	struct recorder *recorder; /* NULL: none */
	struct cleaning *cleaning; /* NULL: nothing is set aside (closed loop) */
	struct sight sight;
	int64_t real_less_mono;
	bool invalid;   /* some interval was */
	bool unwritten; /* some interval's windows could not be added to --windows */
};

extern volatile sig_atomic_t load_stop;
/* SIGINT and SIGTERM set it. */
void stop_by_signals(void);

static inline uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

void options_parse(struct options *o, int argc, char **argv);
int address_parse(const char *text, struct sockaddr_storage *to, socklen_t *len);

int flows_open(struct load *l);
void flows_close(struct load *l);
struct pending *flow_next(struct load *l, int flow);
void flows_receive(struct load *l);
/* Sleeps until shortly before that moment, until a reply is there, or for a while. */
void flows_await(struct load *l, uint64_t until);
void flows_give_up(struct load *l, uint64_t due_before);

/* When the next request is due, after one that was due at
 * `due` (since the start, ns); < 0: there is none. */
double arrival_next(struct load *l, double due);
int arrival_parse(struct options *o, struct why *why);

void draw_request(struct load *l, struct request *r, uint64_t due);
/* --plan N: the requests as they would leave, without sending any. */
void draw_plan(struct load *l);
void run_open(struct load *l);
void run_closed(struct load *l);

void tally_add(struct load *l, const struct pending *p, const struct answer *a, uint64_t now);
/* Bounds of the quantile with 95 % confidence from slices of the run; false: too few requests. */
bool tally_bounds(const struct tally *t, double q, double *low_ns, double *high_ns);
void judge(const struct load *l, struct interval *i);
void report(struct load *l, const struct interval *i);
/* How long this thread could run and had no CPU, since it
 * was made; 0 where the kernel does not tell. */
double waited_ms(void);
void progress(struct load *l, uint64_t now);

/* sight.c */
void sight_foreign(struct load *l, const uint8_t *data, size_t len);
void sight_add(struct load *l); /* what was counted in an interval */
/* Says what is wrong with the server, and the probable cause; false: nothing is. */
bool sight_says(const struct load *l, char *text, size_t room);

/*
 * cleaning.c - the run in windows, without what was due in gaps of this process or the server. 0
 * or -errno. Of replies and gaps all are kept until the interval ends.
 */
int cleaning_open(struct load *l, struct why *why);
/* now = 0: there was none, or one that says no */
void cleaning_reply(struct cleaning *a, const struct pending *p, uint64_t now);
void cleaning_gap(struct cleaning *a, uint64_t from, uint64_t to, uint64_t row);
/* Cuts the interval into windows, which --windows gets, too; 0 or -errno. */
int cleaning_ends(struct load *l, uint64_t from, uint64_t to);
void cleaning_json(FILE *f, const struct load *l, int cls);
void cleaning_table(FILE *f, const struct load *l);
void cleaning_close(struct load *l);

/* record.c: 0 or -errno */
int record_open(struct load *l);
void record_add(struct recorder *rec, const struct request *r);
int record_close(struct load *l);

/* AF_XDP sending; 0 or -errno and what is wrong in why. */
int xsk_open(struct load *l, struct why *why);
void *xsk_frame(struct load *l, int flow, size_t len); /* where the payload goes; NULL: no frame */
void xsk_queue(struct load *l, int flow, size_t len);
void xsk_kick(struct load *l);
void xsk_close(struct load *l);

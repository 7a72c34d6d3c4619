// SPDX-License-Identifier: BSD-2-Clause
/*
 * run.c - the loops: open (requests leave when they are
 * due) and closed (when the last was answered)
 */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/socket.h>

#include "load.h"

#define STALL_NS 1000000   /* the loop stood still that long: another process had the CPU */
#define GAP_NS 20000       /* so long between two looks: another process had the CPU */
#define EACH_NS 3000       /* each request or reply handled in between may take this long */
#define BEHIND_NS 500000000ULL /* past the end and still sending: the rest is not sent */
#define RECEIVE_EVERY 16   /* requests that leave in a row */

static void transmit(struct load *l, const struct request *r)
{
	static uint8_t buf[PACKET_MAX + 256];
	size_t len = l->proto->build(&l->o, r, buf);
	void *to;

	if (l->xsk) {
		to = xsk_frame(l, r->flow, len);
		if (!to) {
			l->n.unsent++;
			return;
		}
		memcpy(to, buf, len);
		xsk_queue(l, r->flow, len);
		return;
	}
	while (send(l->flow[r->flow].sock, buf, len, MSG_DONTWAIT) < 0) {
		if (errno == ECONNREFUSED) /* the answer to an earlier one:
					    * this one did not leave */
			l->n.refused++;
		else if (errno != EINTR) {
			l->n.unsent++;
			break;
		}
	}
}

static void send_one(struct load *l, struct request *r)
{
	struct pending *p = flow_next(l, r->flow);
	struct tally *t = &l->n.cls[r->cls];
	uint64_t lag = now_ns() - r->due;

	r->seq = p->seq;
	p->due = r->due;
	p->cls = r->cls;
	p->service_ns = r->service_ns;
	p->counted = r->due >= l->begin;
	p->late = lag > l->o.late_ns;
	if (l->recorder && p->counted)
		record_add(l->recorder, r);
	if (p->counted) {
		l->n.sent++;
		t->sent++;
		t->late += p->late;
		l->n.late += p->late;
		hist_add(&l->n.lag, lag);
	}
	transmit(l, r);
	l->done++;
	l->handled++;
}

/* Between requests: notes if the CPU was away, and reports when an interval ends. */
struct pace {
	uint64_t last, interval_from, next_report, every, handled;
};

static void interval_ends(struct load *l, struct pace *p, uint64_t now)
{
	struct interval i = { .from = (p->interval_from - l->start) / 1e9,
			      .to = (now - l->start) / 1e9,
			      .offered = l->o.rate };

	judge(l, &i);
	if (cleaning_ends(l, p->interval_from, now)) {
		fprintf(stderr, "shunt-load: --windows %s: it could not be written\n",
			l->o.windows);
		l->unwritten = true;
	}
	l->invalid |= !i.valid;
	report(l, &i);
	sight_add(l);
	p->interval_from = l->slice_from = now;
	memset(&l->n, 0, sizeof(l->n));
}

static void look(struct load *l, struct pace *p, uint64_t now)
{
	if (now - p->last > STALL_NS && now > l->begin) {
		l->n.stalls++;
		l->n.stalled_ns += now - p->last;
	}
	if (now - p->last > GAP_NS + (l->handled - p->handled) * EACH_NS)
		cleaning_gap(l->cleaning, p->last, now, l->handled - p->handled);
	p->handled = l->handled;
	p->last = now;
	if (now >= p->next_report && now < l->end) { /* the last one is finish()'s */
		interval_ends(l, p, now);
		p->next_report += p->every;
		/* Writing was ours: no stall, but what was due meanwhile left late. */
		p->last = now_ns();
		cleaning_gap(l->cleaning, now, p->last, 0);
	}
}

static struct pace pace_start(struct load *l)
{
	uint64_t every = l->o.report > 0 ? l->o.report * 1e9 : 0,
		 length = every ? every : l->end - l->begin;

	if (l->o.count && !l->o.closed && length > l->o.count * 1e9 / l->o.rate)
		length = l->o.count * 1e9 / l->o.rate;
	l->waited_ms = waited_ms(); /* the time of this program's start counts as no stall */
	l->slice_from = l->begin;
	l->slice_ns = length / SLICES + 1;
	return (struct pace){ .last = l->start, .interval_from = l->begin, .every = every,
			      .next_report = every ? l->begin + every : UINT64_MAX };
}

/* Or until a reply is there. The CPU was away on purpose: that is no stall. */
static void sleep_until(struct load *l, struct pace *p, uint64_t at)
{
	flows_await(l, at);
	p->last = now_ns();
}

static void finish(struct load *l, struct pace *p)
{
	uint64_t now = now_ns(), until = now + l->o.wait_ns;

	l->ended = now;
	for (; now < until && l->outstanding; now = now_ns()) {
		if (l->xsk)
			xsk_kick(l);
		flows_receive(l);
		if (l->o.sleep && l->outstanding)
			flows_await(l, until);
	}
	flows_give_up(l, UINT64_MAX);
	interval_ends(l, p, l->ended);
}

static bool more(const struct load *l, double due)
{
	return !load_stop && due >= 0 && l->start + due < l->end &&
	       (!l->o.count || l->done < l->o.count);
}

void run_open(struct load *l)
{
	struct pace p = pace_start(l);
	double due = arrival_next(l, -1);
	int row = 0;

	while (more(l, due)) {
		uint64_t now = now_ns(), at = l->start + (uint64_t)due;

		look(l, &p, now);
		if (now < at) {
			if (l->xsk)
				xsk_kick(l);
			flows_receive(l);
			progress(l, now);
			row = 0;
			if (l->o.sleep)
				sleep_until(l, &p, at);
			continue;
		}
		if (now > l->end + BEHIND_NS)
			break;
		for (int i = 0; i < l->o.burst && more(l, due); i++) {
			struct request r;

			draw_request(l, &r, at);
			send_one(l, &r);
		}
		due = arrival_next(l, due);
		if (++row % RECEIVE_EVERY == 0)
			flows_receive(l);
	}
	for (; more(l, due); due = arrival_next(l, due), l->done++)
		l->n.unsent++;
	finish(l, &p);
}

/* A flow is one client: it sends when its last request was
 * answered or given up, and it has thought. */
void run_closed(struct load *l)
{
	static uint64_t ready[FLOWS_MAX], sent[FLOWS_MAX];
	struct pace p = pace_start(l);
	uint64_t now;

	for (int i = 0; i < l->o.flows; i++)
		ready[i] = l->start;
	for (now = now_ns(); more(l, now - l->start); now = now_ns()) {
		look(l, &p, now);
		for (int i = 0; i < l->o.flows && more(l, 0); i++) {
			struct flow *f = &l->flow[i];
			struct request r;

			if (f->outstanding) {
				if (now > sent[i] + l->o.wait_ns)
					flows_give_up(l, now - l->o.wait_ns);
				continue;
			}
			if (!ready[i]) /* just answered */
				ready[i] = now + rng_exp(&l->when, l->o.think_ns);
			if (now < ready[i])
				continue;
			draw_request(l, &r, sent[i] = now_ns());
			r.flow = i;
			ready[i] = 0;
			send_one(l, &r);
		}
		if (l->xsk)
			xsk_kick(l);
		flows_receive(l);
		progress(l, now);
	}
	finish(l, &p);
}

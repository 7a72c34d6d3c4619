// SPDX-License-Identifier: BSD-2-Clause
/*
 * client.c - shunt-client, a small open-loop client for shunt-spin
 *
 * Requests leave on a Poisson schedule that does not wait for replies, and latency counts from when
 * a request was due: a stalled server, or a stalled client, shows. Requests sent late are counted.
 */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <netdb.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "hist.h"
#include "spin.h"

#define KINDS 8
#define FLOWS_MAX 256
#define LATE_NS 20000  /* a request that leaves this much after it was due is late */
#define WAIT_NS 300000000ULL /* for the last replies */

struct kind {
	char name[16];
	double share;
	uint32_t spin_ns;
	uint64_t sent, answered, extra, late; /* of this interval */
	struct hist latency, sojourn;
};

static struct {
	struct kind kind[KINDS];
	int kinds;
	int sock[FLOWS_MAX];
	int flows;
	double rate, seconds, report;
	uint64_t count, seed;
	int burst, replies, cpu, json;
	const char *to;
} o = { .rate = 1000, .seconds = 1, .flows = 16, .burst = 1, .cpu = -1, .seed = 1 };

static volatile sig_atomic_t stop;

static void on_signal(int sig)
{
	stop = 1;
}

static void die(const char *what)
{
	fprintf(stderr, "shunt-client: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

/* splitmix64 */
static double uniform(void)
{
	uint64_t z = (o.seed += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return ((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

static int pick_kind(void)
{
	double at = uniform();
	int i;

	for (i = 0; i < o.kinds - 1 && at >= o.kind[i].share; i++)
		at -= o.kind[i].share;
	return i;
}

static void send_one(uint64_t due)
{
	int which = pick_kind(), flow = uniform() * o.flows;
	struct kind *k = &o.kind[which];
	struct spin_msg m = { .type = which + 1, .replies = o.replies, .spin_ns = k->spin_ns,
			      .sent_ns = due };

	if (now_ns() - due > LATE_NS)
		k->late++;
	k->sent++;
	while (send(o.sock[flow], &m, sizeof(m), MSG_DONTWAIT) < 0) {
		if (errno == EINTR || errno == ECONNREFUSED) /* an answer to an earlier one: go on */
			continue;
		break; /* counted as sent and never answered */
	}
}

static void take(int sock)
{
	struct spin_msg m[32];
	struct iovec iov[32];
	struct mmsghdr h[32] = { 0 };
	uint64_t now;
	int n;

	for (int i = 0; i < 32; i++) {
		iov[i] = (struct iovec){ &m[i], sizeof(m[i]) };
		h[i].msg_hdr.msg_iov = &iov[i];
		h[i].msg_hdr.msg_iovlen = 1;
	}
	n = recvmmsg(sock, h, 32, MSG_DONTWAIT, NULL);
	now = now_ns();
	for (int i = 0; i < n; i++) {
		struct kind *k = &o.kind[(uint8_t)(m[i].type - 1) % KINDS];

		if (h[i].msg_len != sizeof(m[i]))
			continue;
		if (m[i].replies > 1 && ++k->extra % m[i].replies)
			continue; /* one answer is all of its datagrams */
		k->answered++;
		hist_add(&k->latency, now - m[i].sent_ns);
		hist_add(&k->sojourn, m[i].sojourn_ns);
	}
}

static void take_all(int ep)
{
	struct epoll_event ev[FLOWS_MAX];
	int n = epoll_wait(ep, ev, FLOWS_MAX, 0);

	for (int i = 0; i < n; i++)
		take(ev[i].data.fd);
}

static double us(const struct hist *h, double q)
{
	return hist_quantile(h, q) / 1000.0;
}

static void print_table(double from, double to)
{
	printf("%-8s %9s %9s %7s %9s %9s %9s %9s  %s\n", "class", "sent", "answered", "late",
	       "p50 us", "p99 us", "p99.9 us", "slowdown", "at server: p50, p99 us");
	for (int i = 0; i < o.kinds; i++) {
		const struct kind *k = &o.kind[i];

		if (!k->answered) {
			printf("%-8s %9lu %9lu %7lu         -         -         -         -\n",
			       k->name, k->sent, k->answered, k->late);
			continue;
		}
		printf("%-8s %9lu %9lu %7lu %9.1f %9.1f %9.1f %9.1f  %.1f, %.1f\n", k->name, k->sent,
		       k->answered, k->late, us(&k->latency, 0.5), us(&k->latency, 0.99),
		       us(&k->latency, 0.999), us(&k->latency, 0.99) * 1000 / k->spin_ns,
		       us(&k->sojourn, 0.5), us(&k->sojourn, 0.99));
	}
	fflush(stdout);
}

static void print_json(double from, double to)
{
	printf("{\"from_s\":%.3f,\"to_s\":%.3f,\"classes\":{", from, to);
	for (int i = 0; i < o.kinds; i++) {
		const struct kind *k = &o.kind[i];

		printf("%s\"%s\":{\"sent\":%lu,\"answered\":%lu,\"late\":%lu,\"service_us\":%.3f",
		       i ? "," : "", k->name, k->sent, k->answered, k->late, k->spin_ns / 1000.0);
		if (k->answered)
			printf(",\"p50_us\":%.1f,\"p99_us\":%.1f,\"p999_us\":%.1f,\"max_us\":%.1f,"
			       "\"slowdown_p99\":%.2f,\"server_p50_us\":%.1f,\"server_p90_us\":%.1f,"
			       "\"server_p99_us\":%.1f",
			       us(&k->latency, 0.5), us(&k->latency, 0.99), us(&k->latency, 0.999),
			       k->latency.max / 1000.0, us(&k->latency, 0.99) * 1000 / k->spin_ns,
			       us(&k->sojourn, 0.5), us(&k->sojourn, 0.9), us(&k->sojourn, 0.99));
		printf("}");
	}
	printf("}}\n");
	fflush(stdout);
}

static void report(double from, double to)
{
	if (o.json)
		print_json(from, to);
	else
		print_table(from, to);
	for (int i = 0; i < o.kinds; i++) {
		struct kind *k = &o.kind[i];

		k->sent = k->answered = k->late = 0;
		memset(&k->latency, 0, sizeof(k->latency));
		memset(&k->sojourn, 0, sizeof(k->sojourn));
	}
}

static bool all_answered(void)
{
	for (int i = 0; i < o.kinds; i++) {
		if (o.kind[i].answered < o.kind[i].sent)
			return false;
	}
	return true;
}

static void run(int ep)
{
	uint64_t start = now_ns(), due = start, end = start + o.seconds * 1e9, last = start;
	uint64_t every = o.report > 0 ? o.report * 1e9 : UINT64_MAX, next = start + every, now, sent = 0;

	if (every == UINT64_MAX)
		next = UINT64_MAX;
	while (!stop && due < end && (!o.count || sent < o.count)) {
		now = now_ns();
		if (now >= next) {
			report((last - start) / 1e9, (now - start) / 1e9);
			last = now;
			next += every;
		}
		if (now < due) {
			take_all(ep);
			continue;
		}
		for (int i = 0; i < o.burst && (!o.count || sent < o.count); i++, sent++)
			send_one(due);
		due += -log(1 - uniform()) * 1e9 * o.burst / o.rate;
		if (!(sent & 15))
			take_all(ep);
	}
	for (now = now_ns(), end = now + WAIT_NS; now < end && !all_answered(); now = now_ns())
		take_all(ep);
	report((last - start) / 1e9, (now_ns() - start) / 1e9);
}

/* Connected sockets, each of its own source port: a flow. */
static int open_flows(void)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST }, *ai;
	char host[64], port[8] = "9000";
	const char *colon = strrchr(o.to, ':');
	int ep = epoll_create1(0), size = 4 << 20;

	snprintf(host, sizeof(host), "%s", o.to);
	if (o.to[0] == '[') { /* [v6]:port */
		const char *close = strchr(o.to, ']');

		snprintf(host, sizeof(host), "%.*s", close ? (int)(close - o.to - 1) : 0, o.to + 1);
		if (close && close[1] == ':')
			snprintf(port, sizeof(port), "%s", close + 2);
	} else if (colon && strchr(o.to, ':') == colon) {
		host[colon - o.to] = 0;
		snprintf(port, sizeof(port), "%s", colon + 1);
	}
	if (getaddrinfo(host, port, &hints, &ai)) {
		fprintf(stderr, "shunt-client: '%s' is no address:port\n", o.to);
		exit(2);
	}
	for (int i = 0; i < o.flows; i++) {
		struct epoll_event ev = { .events = EPOLLIN };

		o.sock[i] = socket(ai->ai_family, SOCK_DGRAM, 0);
		if (o.sock[i] < 0 || connect(o.sock[i], ai->ai_addr, ai->ai_addrlen))
			die("cannot reach the server");
		setsockopt(o.sock[i], SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
		ev.data.fd = o.sock[i];
		if (epoll_ctl(ep, EPOLL_CTL_ADD, o.sock[i], &ev))
			die("epoll");
	}
	freeaddrinfo(ai);
	return ep;
}

/* name=share:time,…  with time in ns, us or ms */
static void parse_mix(char *mix)
{
	char *save, *part;

	for (part = strtok_r(mix, ",", &save); part; part = strtok_r(NULL, ",", &save)) {
		struct kind *k = &o.kind[o.kinds];
		double t;
		char unit[3] = "";

		if (o.kinds == KINDS || sscanf(part, "%15[^=]=%lf:%lf%2s", k->name, &k->share, &t,
					       unit) != 4) {
			fprintf(stderr, "shunt-client: what is '%s'? (name=share:time, as in "
				"short=0.5:1us; at most %d)\n", part, KINDS);
			exit(2);
		}
		k->spin_ns = t * (unit[0] == 'm' ? 1e6 : unit[0] == 'u' ? 1e3 : 1);
		o.kinds++;
	}
}

static void usage(FILE *out)
{
	fputs("usage: shunt-client --to ADDR:PORT [options]\n"
	      "Offers requests to shunt-spin on a Poisson schedule and prints latencies.\n"
	      "  -t, --to ADDR:PORT   server ([ADDR]:PORT for IPv6)\n"
	      "  -r, --rate N         requests a second (1000)\n"
	      "  -T, --time S         seconds (1)\n"
	      "  -n, --count N        end after so many requests\n"
	      "  -m, --mix LIST       name=share:time,… (short=0.5:1us,long=0.5:100us)\n"
	      "  -f, --flows N        source ports (16)\n"
	      "  -b, --burst N        requests that leave at once (1)\n"
	      "  -R, --replies N      datagrams in each reply (1)\n"
	      "  -s, --seed N         of the random numbers (1)\n"
	      "  -c, --cpu N          run on this CPU\n"
	      "  -p, --report S       a table every S seconds\n"
	      "  -j, --json           a JSON object instead of each table\n"
	      "  -h, --help\n", out);
}

static void parse(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "to", required_argument, NULL, 't' },      { "rate", required_argument, NULL, 'r' },
		{ "time", required_argument, NULL, 'T' },    { "count", required_argument, NULL, 'n' },
		{ "mix", required_argument, NULL, 'm' },     { "flows", required_argument, NULL, 'f' },
		{ "burst", required_argument, NULL, 'b' },   { "replies", required_argument, NULL, 'R' },
		{ "seed", required_argument, NULL, 's' },    { "cpu", required_argument, NULL, 'c' },
		{ "report", required_argument, NULL, 'p' },  { "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },          { 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "t:r:T:n:m:f:b:R:s:c:p:jh", longs, NULL)) != -1) {
		switch (c) {
		case 't': o.to = optarg; break;
		case 'r': o.rate = atof(optarg); break;
		case 'T': o.seconds = atof(optarg); break;
		case 'n': o.count = strtoull(optarg, NULL, 0); break;
		case 'm': parse_mix(optarg); break;
		case 'f': o.flows = atoi(optarg); break;
		case 'b': o.burst = atoi(optarg); break;
		case 'R': o.replies = atoi(optarg); break;
		case 's': o.seed = strtoull(optarg, NULL, 0); break;
		case 'c': o.cpu = atoi(optarg); break;
		case 'p': o.report = atof(optarg); break;
		case 'j': o.json = 1; break;
		case 'h': usage(stdout); exit(0);
		default: usage(stderr); exit(2);
		}
	}
	if (!o.to || optind < argc || o.rate <= 0 || o.flows < 1 || o.flows > FLOWS_MAX ||
	    o.burst < 1) {
		usage(stderr);
		exit(2);
	}
}

int main(int argc, char **argv)
{
	char mix[] = "short=0.5:1us,long=0.5:100us";
	cpu_set_t set;

	parse(argc, argv);
	if (!o.kinds)
		parse_mix(mix);
	CPU_ZERO(&set);
	if (o.cpu >= 0) {
		CPU_SET(o.cpu, &set);
		if (sched_setaffinity(0, sizeof(set), &set))
			die("cannot use that CPU");
	}
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	run(open_flows());
	return 0;
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * options.c - the command line
 */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"

static const char help[] =
	"usage: shunt-load --to ADDR:PORT [options]\n"
	"Offers requests to a UDP server on a schedule of its own and measures how long they take from when\n"
	"they were due.\n"
	"  -t, --to ADDR:PORT    server ([ADDR]:PORT for IPv6; port 9000)\n"
	"  -P, --protocol NAME   spin, echo or memcached (spin)\n"
	"what\n"
	"  -m, --mix MIX         name=share:TIME[/slo=TIME],... or fixed:T, exp:T, "
	"lognormal:T:SIGMA, bimodal:SHARE:T:T,\n"
	"                        trimodal:T:T:T, file:PATH or a name of --mixes (short=0.5:1us,long=0.5:100us);\n"
	"                        ';' separates phases\n"
	"      --mixes           list the mixes that have names\n"
	"      --phase S         seconds that each phase lasts (5)\n"
	"      --size N          bytes of a request, at least what the protocol needs\n"
	"  -R, --replies N       datagrams in each reply (spin)\n"
	"      --keys N, --key-size N, --value-size N, --zipf THETA, --preload   (memcached)\n"
	"when\n"
	"  -r, --rate N          requests a second (1000; 5k and 1.5M are numbers, too)\n"
	"  -a, --arrival HOW     poisson (default), fixed, bursty:ON:OFF, trace:FILE\n"
	"  -b, --burst N         requests that leave at once (1)\n"
	"  -T, --time S          seconds after the warm-up (1)\n"
	"  -w, --warmup S        seconds that do not count (0)\n"
	"  -n, --count N         end after so many requests\n"
	"      --sleep           leave the CPU to others until a request is due; measures less well\n"
	"  -C, --closed N        N clients that each wait for their reply, instead of a rate\n"
	"      --think TIME      mean time that such a client waits before the next (0)\n"
	"from where\n"
	"  -f, --flows N         source ports (16)\n"
	"  -c, --cpu N           run on this CPU\n"
	"  -x, --xdp IF          send through AF_XDP on this interface\n"
	"  -s, --seed N          of the random numbers (1)\n"
	"what is said\n"
	"  -p, --report S        every S seconds, not only at the end\n"
	"  -j, --json  --csv     an object, or lines, instead of each table\n"
	"      --late TIME       a request that leaves later than this is late (50us)\n"
	"      --late-share X    more late requests than this share make the run invalid (0.01)\n"
	"      --error X         relative error up to which p99 is confident (0.05)\n"
	"      --wait TIME       for the last replies (300ms)\n"
	"      --strict          end with status 3 if the run is invalid\n"
	"      --user-stamps     time of receipt by this program's clock, not the kernel's\n"
	"      --gaps FILE       where the server notes its gaps: stalls are set aside\n"
	"      --backlog X       requests due in X times a gap's length after it, too (4)\n"
	"      --under-way X     and X times its length before it, at most an objective (0)\n"
	"      --windows FILE    adds the run there, for shunt-compare\n"
	"      --server-times    of these windows: the time in the server, as replies say (spin)\n"
	"      --record FILE     writes what was sent after the warm-up, as a trace for shunt-sim\n"
	"      --plan N          print the first N requests and send none\n"
	"  -q, --quiet  -V, --version  -h, --help\n";

enum { MIXES = 256, PHASE, SIZE, KEYS, KEY_SIZE, VALUE_SIZE, ZIPF, PRELOAD, THINK, CSV, LATE,
       LATE_SHARE, ERROR,
       WAIT, STRICT, USER_STAMPS, PLAN, RECORD, GAPS, BACKLOG, UNDER_WAY, WINDOWS,
       SERVER_TIMES, SLEEP };

static const struct option longs[] = {
	{ "to", 1, NULL, 't' }, { "protocol", 1, NULL, 'P' }, { "mix", 1, NULL, 'm' },
	{ "mixes", 0, NULL, MIXES }, { "phase", 1, NULL, PHASE }, { "size", 1, NULL, SIZE },
	{ "replies", 1, NULL, 'R' }, { "keys", 1, NULL, KEYS }, { "key-size", 1, NULL, KEY_SIZE },
	{ "value-size", 1, NULL, VALUE_SIZE }, { "zipf", 1, NULL, ZIPF },
	{ "preload", 0, NULL, PRELOAD },
	{ "rate", 1, NULL, 'r' }, { "arrival", 1, NULL, 'a' }, { "burst", 1, NULL, 'b' },
	{ "time", 1, NULL, 'T' }, { "warmup", 1, NULL, 'w' }, { "count", 1, NULL, 'n' },
	{ "closed", 1, NULL, 'C' }, { "think", 1, NULL, THINK }, { "flows", 1, NULL, 'f' },
	{ "sleep", 0, NULL, SLEEP },
	{ "cpu", 1, NULL, 'c' }, { "xdp", 1, NULL, 'x' }, { "seed", 1, NULL, 's' },
	{ "report", 1, NULL, 'p' }, { "json", 0, NULL, 'j' }, { "csv", 0, NULL, CSV },
	{ "late", 1, NULL, LATE }, { "late-share", 1, NULL, LATE_SHARE },
	{ "error", 1, NULL, ERROR },
	{ "wait", 1, NULL, WAIT }, { "strict", 0, NULL, STRICT },
	{ "user-stamps", 0, NULL, USER_STAMPS },
	{ "plan", 1, NULL, PLAN }, { "record", 1, NULL, RECORD }, { "quiet", 0, NULL, 'q' },
	{ "gaps", 1, NULL, GAPS }, { "backlog", 1, NULL, BACKLOG },
	{ "under-way", 1, NULL, UNDER_WAY },
	{ "windows", 1, NULL, WINDOWS }, { "server-times", 0, NULL, SERVER_TIMES },
	{ "version", 0, NULL, 'V' },
	{ "help", 0, NULL, 'h' }, { 0 },
};

static void __attribute__((noreturn, format(printf, 1, 2))) bad(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("shunt-load: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputs("; --help says more\n", stderr);
	va_end(ap);
	exit(2);
}

static double number(const char *what, const char *text, double least, double most)
{
	char *end;
	double x = strtod(text, &end);

	if (end == text || *end || !(x >= least && x <= most))
		bad("%s: '%s' is no number from %g to %g", what, text, least, most);
	return x;
}

static double whole(const char *what, const char *text, double least, double most)
{
	char *end;
	double x = strtod(text, &end);

	if (end == text || *end || !(x >= least && x <= most) || x != floor(x))
		bad("%s: '%s' is no whole number from %g to %g", what, text, least, most);
	return x;
}

static uint64_t seed(const char *text)
{
	char *end;
	unsigned long long n;

	errno = 0;
	n = strtoull(text, &end, 0);
	if (end == text || *end || errno || strchr(text, '-'))
		bad("--seed: '%s' is no whole number from 0 to %lu", text, UINT64_MAX);
	return n;
}

/* A number that may be in thousands or millions: 5000, 5k, 1.5M. */
static double amount(const char *what, const char *text, double least, double most)
{
	char *end;
	double x = strtod(text, &end);

	if (end != text && (*end == 'k' || *end == 'M'))
		x *= *end++ == 'k' ? 1e3 : 1e6;
	if (end == text || *end || !(x >= least && x <= most))
		bad("%s: '%s' is no number from %g to %g (5000, 5k, 1.5M)", what, text, least,
		    most);
	return x;
}

/* The same, of things that cannot be parted. */
static double whole_amount(const char *what, const char *text, double least, double most)
{
	double x = amount(what, text, least, most);

	if (x != floor(x))
		bad("%s: '%s' is no whole number", what, text);
	return x;
}

static double duration(const char *what, const char *text)
{
	double ns = parse_ns(text);

	if (ns < 0 || ns > 1e12)
		bad("%s: '%s' is no time (50us, 1ms, 2s)", what, text);
	return ns;
}

static void list_mixes(void)
{
	const char *name, *text, *note;
	struct mix m;
	struct why why = { 0 };

	for (int i = 0; (name = mix_named(i, &text, &note)); i++) {
		if (mix_parse(&m, text, &why))
			bad("%s: %s", name, why_text(&why));
		printf("%-23s mean %7.4g us  %s (%s)\n", name, m.phase[0].mean_ns / 1e3, text,
		       note);
		mix_free(&m);
	}
}

static bool set_what(struct options *o, int c)
{
	switch (c) {
	case 'P': o->protocol = optarg; break;
	case 'm': o->mix_text = optarg; break;
	case PHASE: o->phase_s = number("--phase", optarg, 0.001, 1e6); break;
	case SIZE: o->size = whole("--size", optarg, 0, PACKET_MAX); break;
	case 'R': o->replies = whole("--replies", optarg, 0, 255); break;
	case KEYS: o->keys = whole_amount("--keys", optarg, 1, 1e8); break;
	case KEY_SIZE: o->key_size = whole("--key-size", optarg, 2, 250); break;
	case VALUE_SIZE: o->value_size = whole("--value-size", optarg, 0, 1100); break;
	case ZIPF: o->zipf = number("--zipf", optarg, 0, 10); break;
	case PRELOAD: o->preload = true; break;
	default: return false;
	}
	return true;
}

static bool set_when(struct options *o, int c)
{
	switch (c) {
	case 'r': o->rate = amount("--rate", optarg, 0.001, RATE_MOST); break;
	case 'a': o->arrival_text = optarg; break;
	case 'b': o->burst = whole("--burst", optarg, 1, 1e6); break;
	case 'T': o->seconds = number("--time", optarg, 0.001, 1e6); break;
	case 'w': o->warmup = number("--warmup", optarg, 0, 1e6); break;
	case 'n': o->count = whole_amount("--count", optarg, 1, 1e15); break;
	case 'C': o->closed = whole("--closed", optarg, 1, FLOWS_MAX); break;
	case SLEEP: o->sleep = true; break;
	case THINK: o->think_ns = duration("--think", optarg); break;
	default: return false;
	}
	return true;
}

static bool set_rest(struct options *o, int c)
{
	switch (c) {
	case 't': o->to = optarg; break;
	case 'f': o->flows = whole("--flows", optarg, 1, FLOWS_MAX); break;
	case 'c': o->cpu = whole("--cpu", optarg, 0, 1023); break;
	case 'x': o->dev = optarg; break;
	case 's': o->seed = seed(optarg); break;
	case 'p': o->report = number("--report", optarg, 0.001, 1e6); break;
	case 'j': o->json = true; break;
	case CSV: o->csv = true; break;
	case LATE: o->late_ns = duration("--late", optarg); break;
	case LATE_SHARE: o->late_share = number("--late-share", optarg, 0, 1); break;
	case ERROR: o->error = number("--error", optarg, 0, 1); break;
	case WAIT: o->wait_ns = duration("--wait", optarg); break;
	case STRICT: o->strict = true; break;
	case USER_STAMPS: o->user_stamps = true; break;
	case PLAN: o->plan = whole("--plan", optarg, 1, 1e9); break;
	case RECORD: o->record = optarg; break;
	case GAPS: o->gaps = optarg; break;
	case BACKLOG: o->backlog = number("--backlog", optarg, 0, 1000); break;
	case UNDER_WAY: o->under_way = number("--under-way", optarg, 0, 1000); break;
	case WINDOWS: o->windows = optarg; break;
	case SERVER_TIMES: o->server_times = true; break;
	case 'q': o->quiet = true; break;
	default: return false;
	}
	return true;
}

static void check(struct options *o)
{
	const char *mix = o->mix_text;
	struct why why = { 0 };

	if (!mix)
		mix = !strcmp(o->protocol, "memcached") ? "get=0.9,set=0.1" :
		      !strcmp(o->protocol, "echo") ? "echo=1" : "short=0.5:1us,long=0.5:100us";
	o->mix_text = mix;
	if (mix_parse(&o->mix, mix, &why))
		bad("--mix: %s", why_text(&why));
	if (arrival_parse(o, &why))
		bad("--arrival: %s", why_text(&why));
	if (!o->to && !o->plan)
		bad("--to says where the server is");
	if (o->json && o->csv)
		bad("--json or --csv, not both");
	if (o->closed && (o->gaps || o->windows))
		bad("--gaps, --windows: in a closed loop, replies say when requests are due");
	if (o->sleep && (o->closed || o->gaps || o->windows))
		bad("--sleep: not with --closed, and not with --gaps or --windows, since the CPU "
		    "is away on purpose");
	if (o->closed)
		o->flows = o->closed;
	if (o->key_size < 2 + (size_t)log10(o->keys))
		bad("--key-size: %zu bytes cannot tell %zu keys apart", o->key_size, o->keys);
}

void options_parse(struct options *o, int argc, char **argv)
{
	int c;

	*o = (struct options){ .rate = 1000, .seconds = 1, .flows = 16, .burst = 1, .cpu = -1,
			       .seed = 1,
			       .phase_s = 5, .late_ns = 50000, .late_share = 0.01, .wait_ns = 300e6,
			       .error = 0.05, .backlog = RULE_BACKLOG, .protocol = "spin",
			       .arrival_text = "poisson",
			       .keys = 10000, .key_size = 16, .value_size = 64, .zipf = 0.99 };
	while ((c = getopt_long(argc, argv, "t:P:m:R:r:a:b:T:w:n:C:f:c:x:s:p:jqVh", longs, NULL)) !=
	       -1) {
		if (set_what(o, c) || set_when(o, c) || set_rest(o, c))
			continue;
		switch (c) {
		case MIXES:
			list_mixes();
			exit(0);
		case 'V':
			puts("shunt-load " SHUNT_VERSION);
			exit(0);
		case 'h':
			fputs(help, stdout);
			exit(0);
		default:
			fputs(help, stderr);
			exit(2);
		}
	}
	if (optind < argc)
		bad("what is '%s'?", argv[optind]);
	check(o);
}

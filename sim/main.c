// SPDX-License-Identifier: BSD-2-Clause
/*
 * main.c - shunt-sim: the policies of shunt, simulated at sizes this machine does not have
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

static const char help[] =
	"usage: shunt-sim [run] [options]       all combinations of what the options list\n"
	"       shunt-sim paper FIGURE [options] a figure of a paper, beside what its text says\n"
	"       shunt-sim advise [options]      the policy and quantum that meet the SLOs with the fewest cores\n"
	"       shunt-sim mem TRACE... [options] policies of memory on what 'shunt mem record' recorded\n"
	"       shunt-sim list                  systems, workloads, figures\n"
	"\n"
	"  -p, --policy LIST     built-in policies, ./FILE.c, ./FILE.shunt; ideal: ps, srpt, c-fcfs,\n"
	"                        oracle; of services, each its own: get=mq+scan=fcfs\n"
	"  -s, --system LIST     whose costs: presets or JSON files (default: ideal, free of cost)\n"
	"  -C, --cost NAME=X     one cost set otherwise; may be repeated\n"
	"  -w, --workload SPEC   a name, or NAME=SHARE:TIME[/slo=TIME][/quantum=TIME][/requeue=head|tail],…\n"
	"                        TIME: 1us, exp(1us), lognormal(1us;10us), modes(0.995:500ns;…), file(PATH)\n"
	"  -a, --arrivals KIND   poisson, uniform, bursty:FACTOR:TIME, trace:FILE\n"
	"      --shape SPEC      the rate over time, in multiples of --load or --rate: steps(0s:1;10ms:2;15ms:1),\n"
	"                        ramp(0s:0.5;1s:1.5), sine(10ms;0.5), file(PATH)\n"
	"      --duration TIME   instead of --requests\n"
	"      --speed X         of a trace: 2 is twice as fast as recorded\n"
	"  -f, --flows N         client flows (default: each request its own); N/zipf=0.99: shares by Zipf's law\n"
	"      --rss KEY         flows are hashed and spread as NICs do: default, symmetric, or 80 hex digits\n"
	"  -c, --cores LIST      1 to 1024; those that a system's dispatcher takes included\n"
	"  -d, --domains N       receive queues that RSS spreads over (default: one per 64 cores)\n"
	"  -l, --load LIST       share of the cores' time: 0.5,0.7 or 0.1:0.9:0.1 (default 0.7)\n"
	"  -r, --rate LIST       instead: requests a second (100k, 2.5M)\n"
	"  -q, --quantum LIST    times; 0us: never preempt (default: the system's)\n"
	"  -P, --preempt yes|no  whatever the policy wants\n"
	"  -k, --knob N=X        of the policy; may be repeated\n"
	"      --clients LIST    closed loops: each calls when it had its answer and thought for --think TIME\n"
	"      --timeout TIME, --retries N, --backoff TIME[:MOST], --retry-budget SHARE   what "
	"clients do without an answer\n"
	"      --hedge TIME|p95  a second copy of what takes longer; --cancel: what nobody waits for is not served\n"
	"      --servers N       alike, up to 1000; --fanout LIST: a call goes to so many, and ends with the slowest\n"
	"      --quorum SHARE    or when so many of them have answered\n"
	"  -F, --fail CORE@TIME[:TIME]  a core dies, and comes back after that; may be repeated\n"
	"  -n, --requests N      of each run (default 1M, or all of a trace); the first tenth is not measured\n"
	"  -E, --precision 2%    runs grow until the metric (-m) of each class is known so well, "
	"or say that it is not\n"
	"      --misses SHARE    advise: of a class's requests may be later than its objective "
	"(default 1%, as p99 says)\n"
	"  -S, --seed N          equal seeds give equal results, however many jobs\n"
	"      --seeds N         each run with N seeds, from -S on\n"
	"  -j, --jobs N          runs at a time (default: all CPUs)\n"
	"      --csv FILE, --json FILE, --svg FILE   - is standard output\n"
	"      --page FILE       an HTML page of plots: the metric, medians, tails, slowdowns, "
	"misses, throughput, and the table\n"
	"      --cdf FILE        whole distributions of sojourns, as CSV\n"
	"      --series FILE, --series-svg FILE   results over time, as CSV, drawn; --window TIME: "
	"the length of a step\n"
	"  -m, --metric NAME     of the plot: p50_us … p999_us, mean_us, slowdown_p99, throughput, goodput\n"
	"  -Q, --quiet           no progress bar\n"
	"  -h, --help, --version\n";

static int list(void)
{
	puts("systems:");
	for (int i = 0; i < ncost_presets; i++)
		printf("  %-17s %s\n", cost_presets[i].name, cost_presets[i].text);
	puts("workloads:");
	for (int i = 0; workload_names[i][0]; i++)
		printf("  %-17s %s\n", workload_names[i][0], workload_names[i][2]);
	puts("figures (shunt-sim paper):");
	for (int i = 0; paper_figures[i].name; i++)
		printf("  %-17s %s\n", paper_figures[i].name, paper_figures[i].text);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(struct options *);
	} verbs[] = { { "run", cmd_run }, { "paper", cmd_paper }, { "advise", cmd_advise },
		    { "mem", cmd_mem } };
	int (*run)(struct options *) = cmd_run;
	const char *verb = "run";
	struct options o;
	int err, used = 0;

	if (argc > 1 && !strcmp(argv[1], "--version")) {
		puts("shunt-sim " SHUNT_VERSION);
		return 0;
	}
	if (argc > 1 && !strcmp(argv[1], "list"))
		return list();
	for (size_t i = 0; argc > 1 && i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (!strcmp(argv[1], verbs[i].name)) {
			run = verbs[i].run;
			verb = verbs[i].name;
			used = 1;
		}
	}
	argv[used] = argv[0]; /* getopt names the program by it */
	err = options_parse(&o, argc - used, argv + used);
	if (!err && o.help) {
		fputs(help, stdout);
		return 0;
	}
	if (!err && o.argc && run != cmd_paper && run != cmd_mem) {
		complain("'%s' is neither a verb (run, paper, advise, mem, list) nor an option: "
			 "'shunt-sim --help' lists both",
			 o.argv[0]);
		err = EXIT_USAGE;
	}
	if (!err)
		err = verb_check(verb, &o);
	return err ? err : run(&o);
}

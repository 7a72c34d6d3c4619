// SPDX-License-Identifier: BSD-2-Clause
/*
 * main.c - what preemption costs: from mark to yield, from
 * signal to yield, and throughput lost to quanta
 *
 * Runs the worker library's own core loop on rings in plain memory, without a network: another
 * thread plays XDP. Times are by the time-stamp counter, whose rate is measured, not assumed.
 *
 *   mark to yield     the marker stores deadline, id and look as XDP does; the request computes,
 *                     with a safepoint each 10 ns or so; the time until it has left its stack
 *                     (park_put() is wrapped to see that)
 *   signal to yield   the same by tgkill, without safepoints
 *   loss              a ring full of 1 ms requests, served to the end with a quantum of 5, 10, 50
 *                     us (each yields to the next, all the time), and without; rounds interleaved,
 *                     medians; a safepoint each 60 ns
 *
 * The first two cross CPUs: the time that a cache line takes between them is measured before each
 * group of samples. Groups with less than NEAR_NS are "near": the two CPUs share a cache. In the
 * third, a neighbour that computes on the other thread of our core makes turns dearer, but hardly
 * the requests, which are one chain of multiplications. So some work that is wide is timed before
 * each part: rounds in which it takes CALM times its best, at most, are "calm". QUICK=1 in the
 * environment: a few samples, to see that it works.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "domain.h"
#include "loss.h"
#include "measure.h"
#include "yield.h"

#include "bench/line.h"

int main(int argc, char **argv)
{
	bool quick = getenv("QUICK");
	int groups = quick ? 2 : YIELD_GROUPS;
	json_t *mark, *sig, *loss = json_object(), *spread;

	core_cpu = sysconf(_SC_NPROCESSORS_ONLN) - 1;
	line_pin(0);
	if (!core_cpu) {
		fprintf(stderr, "preempt: needs two CPUs\n");
		return 77;
	}
	measure_ticks();
	printf("reading the counter takes %.1f ns, which is left out\n", ticks_ns);
	make_domain();
	mark = bench_yield("mark", false, groups);
	sig = bench_yield("signal", true, groups);
	spread = bench_loss(loss, quick ? 2 : LOSS_ROUNDS);
	if (argc > 1)
		return json_dump_file(json_pack("{s:o, s:o, s:o, s:o}", "mark_to_yield_ns", mark,
						"signal_to_yield_ns", sig, "throughput_loss", loss,
						"rounds", spread),
				      argv[1], JSON_INDENT(2) | JSON_REAL_PRECISION(5))
			       ? 1
			       : 0;
	return 0;
}

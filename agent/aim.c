// SPDX-License-Identifier: BSD-2-Clause
/*
 * aim.c - tells the program with which XDP signals late
 * requests (bpf/host/signal.bpf.c) which thread each core is
 *
 * A worker names its threads itself; the program checks that they are that worker's. Threads of a
 * worker that has died do no harm: no request is steered to its cores, and a thread that is gone
 * takes no signal.
 */
#include <bpf/bpf.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "phase.h"
#include "shared.h"
#include "worker.h"

static void aim(struct agent *a, struct domain *d, __u32 core, __u32 tid, __u32 signal)
{
	struct shunt_aim said = { .domain = d->id, .core = core,
				  .worker = d->pool.state->worker_pid, .tid = tid,
				  .signal = signal };
	LIBBPF_OPTS(bpf_test_run_opts, run, .ctx_in = &said, .ctx_size_in = sizeof(said));

	/* A failure: this thread is not there. The next thread of the core is tried again. */
	bpf_prog_test_run_opts(shared_of(a)->aim_fd, &run);
	shared_of(a)->aimed[d->id][core] = tid;
}

static void aim_domain(struct agent *a, struct domain *d)
{
	__u64 up = d->worker.up && worker_may_be_signalled(d) ? d->worker.up : 0;

	for (__u32 i = 0; i < d->pool.r.geo.ncores; i++) {
		const struct shunt_core_run *run = &d->pool.r.view->core[i].run;
		__u32 signal = peek(run->signal);
		__u32 tid = (up >> i & 1) && signal && signal <= SHUNT_SIGNAL_MAX ? peek(run->tid)
										  : 0;

		if (tid != shared_of(a)->aimed[d->id][i])
			aim(a, d, i, tid, signal);
	}
}

void aim_tick(struct agent *a)
{
	if (!(a->maps.cfg.flags & SHUNT_CFG_SIGNAL)) {
		aim_forget(a);
		return;
	}
	if (shared_of(a)->aim_fd < 0)
		shared_of(a)->aim_fd = shunt_pin_open(&a->pins, "sig_aim");
	if (shared_of(a)->aim_fd < 0)
		return;
	for (int i = 0; i < SHUNT_DOMAINS; i++) {
		if (a->domain[i].phase == DOMAIN_TAKEN)
			aim_domain(a, &a->domain[i]);
		else
			memset(shared_of(a)->aimed[i], 0, sizeof(shared_of(a)->aimed[i]));
	}
}

void aim_forget(struct agent *a)
{
	if (shared_of(a)->aim_fd >= 0)
		close(shared_of(a)->aim_fd);
	shared_of(a)->aim_fd = -1;
	for (int i = 0; i < SHUNT_DOMAINS; i++)
		memset(shared_of(a)->aimed[i], 0, sizeof(shared_of(a)->aimed[i]));
}

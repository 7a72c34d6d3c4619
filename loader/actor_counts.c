// SPDX-License-Identifier: BSD-2-Clause
/*
 * actor_counts.c - adds up the counts of actors
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "actor_counts.h"
#include "bpfmap.h"
#include "maps.h"
#include "wire.h"

static int add_cpus(struct ctl *ctl, int fd, __u32 n, int cpus, struct shunt_actor_in *of,
		    struct actor_counts *out)
{
	for (__u32 i = 0; i < n; i++) {
		if (bpf_map_lookup_elem(fd, &i, of))
			return fail_bpf(ctl, -errno, "cannot read the map 'actor_in'");
		for (int k = 0; k < cpus; k++) {
			out[i].arrived += of[k].arrived;
			out[i].rejected += of[k].rejected;
			out[i].dropped += of[k].dropped;
			out[i].away += of[k].away;
			out[i].none += of[k].none;
			out[i].passed += of[k].passed;
		}
	}
	return 0;
}

/* XDP's. */
static int add_in(struct ctl *ctl, __u32 n, struct actor_counts *out)
{
	int cpus = libbpf_num_possible_cpus(), err;
	struct shunt_actor_in *of = cpus > 0 ? calloc(cpus, sizeof(*of)) : NULL;
	int fd = of ? map_open(ctl, "actor_in", sizeof(*of)) : fail(ctl, -ENOMEM, "no memory");

	err = fd < 0 ? fd : add_cpus(ctl, fd, n, cpus, of, out);
	if (fd >= 0)
		close(fd);
	free(of);
	return err;
}

static void add_core(const struct shunt_actor_core *of, struct actor_counts *out)
{
	out->replied += of->replied;
	out->noreply += of->noreply;
	out->expired += of->expired;
	out->timed += of->timed;
	out->service_ns += of->service_ns;
}

static int add_cores(struct ctl *ctl, __u32 d, __u32 cores, __u32 n, struct actor_counts *out)
{
	size_t len = (size_t)cores * n * sizeof(struct shunt_actor_core);
	const struct shunt_actor_core *of;
	char name[24];
	int fd;

	snprintf(name, sizeof(name), "actor_core%u", d);
	fd = map_open(ctl, name, sizeof(*of));
	if (fd < 0)
		return fd;
	of = shunt_map_mmap(fd, len, false);
	close(fd);
	if (!of)
		return fail_bpf(ctl, -errno, "cannot map the map '%s'", name);
	for (__u32 i = 0; i < cores * n; i++)
		add_core(&of[i], &out[i % n]);
	shunt_map_unmap((void *)of, len);
	return 0;
}

static int add_running(struct ctl *ctl, __u32 d, __u32 n, struct actor_counts *out)
{
	struct shunt_view *view;
	int err = map_view(ctl, d, &view);

	if (err)
		return err;
	for (int i = 0; i < SHUNT_CORES; i++) {
		__u32 nr = view->core[i].actor.nr;

		if (view->core[i].run.id && nr && nr <= n)
			out[nr - 1].running++;
	}
	free(view);
	return 0;
}

static int add_domain(struct ctl *ctl, __u32 d, __u32 n, struct actor_counts *out)
{
	struct shunt_domain dom;
	int err = map_get(ctl, "domains", d, &dom, sizeof(dom));

	if (err || !dom.on || !dom.ncores || dom.ncores > SHUNT_CORES)
		return err;
	err = add_cores(ctl, d, dom.ncores, n, out);
	return err ? err : add_running(ctl, d, n, out);
}

static int add_agent(struct ctl *ctl, __u32 n, struct actor_counts *out)
{
	struct shunt_actor_agent a;
	int err = 0;

	for (__u32 i = 0; !err && i < n; i++) {
		err = map_get(ctl, "actor_agent", i, &a, sizeof(a));
		if (err)
			break;
		out[i].replied += a.replied;
		out[i].lost += a.lost;
		out[i].expired += a.expired;
	}
	return err;
}

/* What cores of hosts run, as the NIC knows it. */
static int add_running_of_nic(struct ctl *ctl, __u32 n, struct actor_counts *out)
{
	struct shunt_nic_core core;
	int err = 0;

	for (__u32 i = 0; !err && i < SHUNT_CORES; i++) {
		const struct shunt_nic_out *o;

		err = map_get(ctl, "nic_cores", i, &core, sizeof(core));
		o = &core.out[core.run % SHUNT_WIRE_WINDOW];
		if (!err && core.run_id && o->id == core.run_id && o->actor && o->actor <= n)
			out[o->actor - 1].running++;
	}
	return err;
}

/* What a NIC that schedules knows of the requests that it has sent. */
static int add_nic(struct ctl *ctl, __u32 n, struct actor_counts *out)
{
	struct shunt_nic_actor a;
	int err = 0;

	for (__u32 i = 0; !err && i < n; i++) {
		err = map_get(ctl, "nic_actors", i, &a, sizeof(a));
		if (err)
			break;
		out[i].replied += a.done - a.noreply;
		out[i].noreply += a.noreply;
		out[i].lost += a.lost;
		out[i].expired += a.expired;
	}
	return err ? err : add_running_of_nic(ctl, n, out);
}

int actor_counts_read(struct ctl *ctl, const struct shunt_cfg *cfg, struct actor_counts *out)
{
	__u32 n = cfg->nactors < SHUNT_ACTORS ? cfg->nactors : SHUNT_ACTORS;
	int err = add_in(ctl, n, out);

	if (cfg->flags & SHUNT_CFG_WIRE)
		return err ? err : add_nic(ctl, n, out);
	for (__u32 d = 0; !err && d < cfg->ndomains; d++)
		err = add_domain(ctl, d, n, out);
	return err ? err : add_agent(ctl, n, out);
}

__u64 actor_counts_taken(const struct actor_counts *c)
{
	return c->replied + c->noreply + c->expired + c->lost + c->running;
}

__s64 actor_counts_open(const struct actor_counts *c)
{
	return c->arrived - c->rejected - c->dropped - c->passed - c->replied - c->noreply -
	       c->expired - c->lost;
}

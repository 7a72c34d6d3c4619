// SPDX-License-Identifier: BSD-2-Clause
/*
 * agent.c - the agent that decides about threads, as the memories that it shares with the scheduler
 * have it, and what became of its decisions
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "bpfmap.h"
#include "clock.h"
#include "peek.h"
#include "sched.h"

#define SILENT_NS 1000000000ULL /* an agent that has not looked for so long is not there */

static const char *const verdicts[SHUNT_OFF_VERDICTS] = {
	[SHUNT_OFF_TAKEN] = "taken", [SHUNT_OFF_STALE] = "stale", [SHUNT_OFF_GONE] = "gone",
	[SHUNT_OFF_BUSY] = "busy",   [SHUNT_OFF_LATE] = "late",   [SHUNT_OFF_REFUSED] = "refused",
};

/* Its memory is the value of the map that is in the map of maps. */
static void read_agent(int agents, struct shunt_off_agent *a)
{
	__u32 zero = 0, id = 0;
	int fd = bpf_map_lookup_elem(agents, &zero, &id) ? -1 : bpf_map_get_fd_by_id(id);

	if (fd < 0)
		return;
	if (bpf_map_lookup_elem(fd, &zero, a))
		a->beat_ns = 0;
	close(fd);
}

static json_t *decisions(const struct shunt_sched_offload *o)
{
	json_t *j = json_object();
	__u64 n, fallback = 0;

	for (int v = 0; v < SHUNT_OFF_VERDICTS; v++) {
		n = 0;
		for (int cpu = 0; cpu < SHUNT_CORES; cpu++)
			n += peek(o->done[cpu].count[v]);
		json_object_set_new(j, verdicts[v], json_integer(n));
	}
	for (int cpu = 0; cpu < SHUNT_CORES; cpu++)
		fallback += peek(o->done[cpu].fallback);
	json_object_set_new(j, "fallback", json_integer(fallback));
	return j;
}

static json_t *agent_json(const struct shunt_sched_offload *o, const struct shunt_off_agent *a)
{
	__u64 now = clock_ns(), silent = now > a->beat_ns ? now - a->beat_ns : 0;

	return json_pack("{s:I, s:b, s:I, s:I, s:o}", "number", (json_int_t)peek(o->ctl.epoch),
			 "alive", a->beat_ns && silent < SILENT_NS, "silent_ms",
			 (json_int_t)(a->beat_ns ? silent / 1000000 : 0), "lost",
			 (json_int_t)a->lost, "decisions", decisions(o));
}

json_t *sched_agent(struct ctl *ctl)
{
	int agents = sched_map(ctl, "agents"), offload = sched_map(ctl, "offload");
	struct shunt_sched_offload *o = NULL;
	struct shunt_off_agent a = { 0 };
	json_t *j = NULL;

	if (agents >= 0 && offload >= 0) {
		o = shunt_map_mmap(offload, sizeof(*o), false);
		if (!o)
			fail_bpf(ctl, -errno, "cannot map the map 'offload'");
		read_agent(agents, &a);
		j = o ? agent_json(o, &a) : NULL;
	}
	shunt_map_unmap(o, sizeof(*o));
	if (agents >= 0)
		close(agents);
	if (offload >= 0)
		close(offload);
	return j;
}

void sched_show_agent(const json_t *agent)
{
	const json_t *d = json_object_get(agent, "decisions");

	if (!number_at(agent, "number")) {
		puts("no agent: CPUs decide themselves (shuntd --role sched)");
		return;
	}
	if (json_is_true(json_object_get(agent, "alive")))
		printf("agent %lld decides", number_at(agent, "number"));
	else
		printf("agent %lld is silent for %lld ms: CPUs decide themselves",
		       number_at(agent, "number"), number_at(agent, "silent_ms"));
	printf("; it lost %lld events\n", number_at(agent, "lost"));
	printf("decisions: taken %lld, stale %lld, gone %lld, busy %lld, late %lld, refused %lld; "
	       "by CPUs themselves %lld\n", number_at(d, "taken"), number_at(d, "stale"),
	       number_at(d, "gone"), number_at(d, "busy"), number_at(d, "late"),
	       number_at(d, "refused"), number_at(d, "fallback"));
}

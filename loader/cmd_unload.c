// SPDX-License-Identifier: BSD-2-Clause
/*
 * cmd_unload.c - shunt unload: detaches and removes the pins
 *
 * The link goes first, so no packet meets half of it. Agent and workers keep their descriptors
 * and find out by themselves; they are named here, not stopped.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "maps.h"
#include "pick.h"
#include "place.h"
#include "rpcbind.h"
#include "verb.h"
#include "whose.h"
#include "pindir.h"

/* The processes that still have the domains' memory: an array of {domain, agent, worker}. */
static json_t *attached(struct ctl *ctl)
{
	json_t *list = json_array();
	struct shunt_agent agent;
	struct shunt_cfg cfg;

	/* The pins go anyway: a value that cannot be read does not stop unload. */
	if (map_cfg(ctl, &cfg))
		return list;
	for (__u32 d = 0; d < cfg.ndomains; d++) {
		bool agent_runs, worker_runs;
		json_t *entry;

		if (map_get(ctl, "agent", d, &agent, sizeof(agent)))
			break;
		agent_runs = shunt_process_runs(agent.pid);
		worker_runs = shunt_process_runs(agent.worker_pid);
		if (!agent_runs && !worker_runs)
			continue;
		entry = json_pack("{s:i}", "domain", d);
		if (agent_runs)
			json_object_set_new(entry, "agent_pid", json_integer(agent.pid));
		if (worker_runs)
			json_object_set_new(entry, "worker_pid", json_integer(agent.worker_pid));
		json_array_append_new(list, entry);
	}
	return list;
}

static void show(const json_t *r)
{
	const json_t *entry;
	long long told = 0, pid; /* one shuntd serves all domains of an interface */
	size_t i;

	printf("unloaded '%s'\n", text_at(r, "interface"));
	if (number_at(r, "rpcbind_unset"))
		printf("  rpcbind names %lld of its RPC programs no more\n",
		       number_at(r, "rpcbind_unset"));
	json_array_foreach(json_object_get(r, "attached"), i, entry) {
		pid = number_at(entry, "agent_pid");
		if (pid && pid != told)
			note("shuntd (pid %lld) is still there: stop it, or load again", pid);
		told = pid;
		if (json_object_get(entry, "worker_pid"))
			note("a worker of domain %lld (pid %lld) is still there: nothing reaches "
			     "it any more", number_at(entry, "domain"),
			     number_at(entry, "worker_pid"));
	}
}

/* What shuntd had rpcbind name is taken back, whether shuntd lives or not. */
static int forget_programs(const struct rpcbind_program *list, int n)
{
	int done = n > 0 ? rpcbind_unset(list, n) : 0;

	if (done < 0 && done != -ENOENT && done != -ECONNREFUSED)
		note("rpcbind may still name ports of RPC programs: %s", strerror(-done));
	return done > 0 ? done : 0;
}

static int run(struct ctl *ctl)
{
	struct rpcbind_program programs[SHUNT_PROGRAMS];
	struct pindir_list list;
	json_t *still;
	int err = need_args(ctl, 0, 0), lock, nprograms;

	if (!err)
		err = pindir_check(ctl);
	/* Not pick_loaded(): a load of another version, or half of one, is removed as well. */
	if (!err && !ctl->pins.ifname) {
		err = pindir_list(ctl, &list);
		if (!err)
			err = list.n == 1 ? pindir_set(ctl, list.name[0]) : pick_loaded(ctl);
	}
	if (err)
		return err;
	lock = pindir_lock(ctl, false);
	if (lock < 0)
		return lock;
	err = place_check_unload(ctl);
	if (err) {
		pindir_unlock(lock);
		return err;
	}
	still = attached(ctl);
	nprograms = rpcbind_list(&ctl->pins, programs);
	ctl_forget(ctl);
	err = pindir_sweep(ctl);
	if (!err)
		pindir_tidy(ctl);
	pindir_unlock(lock);
	if (!err)
		err = emit(ctl, json_pack("{s:s, s:o, s:i}", "interface", ctl->ifname, "attached",
					  still, "rpcbind_unset",
					  forget_programs(programs, nprograms)), show);
	return err;
}

const struct verb verb_unload = {
	"unload", "", "detach from the interface and forget everything",
	only_dev, run
};

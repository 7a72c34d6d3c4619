// SPDX-License-Identifier: BSD-2-Clause
/*
 * run.c - the agent's process: how it begins, in the place of another one or anew, and how it ends
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "clock.h"
#include "handover.h"
#include "iface.h"
#include "keeper.h"
#include "log.h"
#include "loop.h"
#include "maps.h"
#include "nudge.h"
#include "peers.h"
#include "role.h"
#include "run.h"
#include "signals.h"
#include "store.h"

static int start(struct agent *a, struct why *why)
{
	int err;

	a->signals = signals_open();
	a->netlink = iface_watch();
	nudge_open(&a->nudge);
	if (a->signals < 0 || a->netlink < 0) {
		err = a->signals < 0 ? a->signals : a->netlink;
		return why_fail(why, err, "cannot watch signals and interfaces: %s",
				strerror(-err));
	}
	return peers_listen(a, why);
}

/* Everything that the shuntd before us had made must be ours now. */
static bool has_all(const struct agent *a)
{
	char name[STORE_NAME];

	for (int i = 0; i < SHUNT_DOMAINS; i++) {
		snprintf(name, sizeof(name), "d%d.state", i);
		if (a->had[i] && store_get(a->store, name) < 0) {
			log_say(LOG_ERR, "cannot take over domain %d", i);
			return false;
		}
	}
	return true;
}

/* Nothing has been written so far. From READY on the place is ours: false, it is not. */
static bool take_the_place(struct agent *a)
{
	struct handover_msg m = {0};
	bool ready = !a->refused && has_all(a) && !handover_send(a->trial, HANDOVER_READY, &m, -1);

	close(a->trial);
	a->trial = -1;
	if (ready && a->maps.agent)
		agent_begin_to_serve(a);
	return ready;
}

/* Tells the keeper what it could not be told before, for want of memory. */
static void tell_keeper_the_rest(struct agent *a)
{
	for (int i = 0; i < 1000 && !store_retry(a->store); i++)
		usleep(1000);
}

static int number(const char *name, int other)
{
	const char *text = getenv(name);
	int n = text ? atoi(text) : other;

	unsetenv(name);
	return n;
}

static struct agent *agent_new(const struct options *opts, char **argv, int keeper)
{
	struct agent *a = calloc(1, sizeof(*a));
	char name[STORE_NAME];

	if (!a)
		return NULL;
	a->opts = *opts;
	a->role = opts->role;
	a->argv = argv;
	a->pid = getpid();
	a->keeper = keeper;
	a->store = store_open(keeper);
	a->trial = number(KEEPER_TRIAL, -1);
	a->ending = number(KEEPER_GIVE_UP, 0);
	a->pins = (struct shunt_pins){ .bpffs = opts->bpffs, .ifname = opts->pins };
	for (int i = 0; i < PEERS_MAX; i++)
		a->peer[i] = (struct peer){ .fd = -1, .pidfd = -1 };
	for (int i = 0; i < SHUNT_DOMAINS; i++) {
		a->domain[i].former.process = -1;
		snprintf(name, sizeof(name), "d%d.state", i);
		a->had[i] = a->store && store_get(a->store, name) >= 0;
	}
	maps_none(&a->maps);
	return a->role->begin(a) ? NULL : a;
}

static int first_turn(struct agent *a)
{
	struct why why = { 0 };

	if (start(a, &why)) {
		log_say(LOG_ERR, "%s", why_text(&why));
		why_forget(&why);
		return EXIT_FAILURE;
	}
	a->now_ns = clock_ns();
	agent_check(a);
	if (a->trial >= 0 && !take_the_place(a))
		return KEEPER_NOT_READY;
	return a->refused || (a->opts.once && !a->maps.agent) ? EXIT_FAILURE
							      : EXIT_SUCCESS; /* it was told why */
}

/* The agent ends as it began: descriptors, mappings and
 * sockets stay as they are, for the next one. */
int agent_run(const struct options *opts, char **argv, int keeper)
{
	struct agent *a = agent_new(opts, argv, keeper);
	int status;

	if (!a || !a->store) {
		log_say(LOG_ERR, "out of memory");
		return EXIT_FAILURE;
	}
	status = first_turn(a);
	if (status)
		return status;
	if (a->ending) {
		if (a->maps.agent)
			agent_give_up(a, "giving everything up, as it was told to");
		return EXIT_SUCCESS;
	}
	notify("READY=1");
	while (loop_turn(a))
		;
	notify("STOPPING=1");
	a->role->stop(a);
	tell_keeper_the_rest(a);
	return a->refused ? EXIT_FAILURE : EXIT_SUCCESS;
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * worker.c - a domain's worker: which of its cores are up, whether it is silent, gone or dead
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "domain.h"
#include "log.h"
#include "phase.h"
#include "reclaim.h"
#include "store.h"
#include "suspect.h"
#include "whose.h"
#include "worker.h"

#define GRACE_NS 5000000000ULL  /* how long a worker may live without a connection */
#define LAST_WORD_NS 100000000ULL  /* from a process's end until its connection must have ended */
#define LEFT_TOLD_NS 1000000000ULL /* from a goodbye until the operator
				    * is told that the process lives */
#define IDLE_HANG_NS 1000000000ULL /* idle cores may sleep, but they turn ten times a second */

static void apply_up(struct domain *d)
{
	domain_set_up(d, d->worker.up & ~d->worker.hung);
}

static void all_off(struct domain *d)
{
	d->worker.up = d->worker.hung = 0;
	apply_up(d);
}

/* All cores are the new worker's. Its slot is another one than the
 * former worker's, whose children may still write that slot's number. */
static void hand_out_cores(struct domain_state *s)
{
	s->slot = (s->slot + 1) % SHUNT_WORKERS;
	memset(s->core_slot, s->slot, sizeof(s->core_slot));
}

int worker_attach(struct domain *d, __u32 pid, uid_t uid, int pidfd, __u32 cores)
{
	char name[STORE_NAME];
	int err;

	snprintf(name, sizeof(name), "d%u.worker", d->id);
	err = store_put(d->store, name, pidfd);
	if (err) {
		close(pidfd);
		return err;
	}
	d->worker.process = pidfd;
	hand_out_cores(d->pool.state);
	d->pool.state->worker_cores = cores;
	d->pool.state->owner = agent_of(d)->view_user = uid + 1; /* before it is given anything */
	d->pool.state->left = 0;
	d->pool.state->worker_pid = pid;
	agent_of(d)->worker_pid = pid;
	agent_of(d)->worker_user = uid + 1;
	d->maps->domains[d->id].left = 0;
	agent_of(d)->workers++;
	d->worker.up = d->worker.hung = 0;
	d->worker.killed = d->worker.spared = false;
	d->worker.ended_ns = 0;
	domain_move(d, DOMAIN_ATTACHED);
	return 0;
}

void worker_here(struct domain *d, void *peer, const struct kin *kin)
{
	d->worker.kin = *kin;
	d->worker.peer = peer;
	d->worker.hung_up = d->worker.reported = false;
}

void worker_up(struct domain *d, __u32 core, __u64 now_ns)
{
	d->worker.beat[core] = peek(d->pool.r.view->core[core].run.beat);
	d->worker.beat_ns[core] = now_ns;
	d->worker.up |= 1ULL << core;
	d->worker.hung &= ~(1ULL << core);
	apply_up(d);
}

void worker_down(struct domain *d, __u32 core)
{
	d->worker.up &= ~(1ULL << core);
	d->worker.hung &= ~(1ULL << core);
	apply_up(d);
}

/* The worker's process has ended, or was never given anything. */
static void forget_process(struct domain *d)
{
	char name[STORE_NAME];

	d->worker.process = -1;
	d->pool.state->left = 0;
	agent_of(d)->worker_pid = agent_of(d)->worker_user = 0;
	d->maps->domains[d->id].left = 0;
	snprintf(name, sizeof(name), "d%u.worker", d->id);
	store_drop(d->store, name);
}

void worker_unwelcome(struct domain *d, bool had, __u64 now_ns)
{
	agent_of(d)->workers--;
	if (had) {
		d->pool.state->left = d->maps->domains[d->id].left = 1;
		domain_move(d, DOMAIN_GOODBYE);
		d->worker.reclaimed = false;
		return;
	}
	reclaim_begin(d, DOMAIN_ENDED, false, now_ns);
	forget_process(d);
}

void worker_bye(struct domain *d, __u64 now_ns)
{
	log_say(LOG_INFO, "worker %u left domain %u", d->pool.state->worker_pid, d->id);
	all_off(d);
	d->worker.peer = NULL;
	d->pool.state->left = d->maps->domains[d->id].left = 1;
	domain_move(d, DOMAIN_GOODBYE);
	d->worker.left_ns = now_ns;
	d->worker.reported = d->worker.killed = d->worker.reclaimed = false;
}

bool worker_may_return(struct domain *d, __u64 now_ns)
{
	if (!d->worker.reclaimed)
		reclaim_begin(d, DOMAIN_RETURNS, false, now_ns);
	return d->worker.reclaimed;
}

void worker_hung_up(struct domain *d, __u64 now_ns)
{
	all_off(d);
	d->worker.peer = NULL;
	d->worker.absent_ns = now_ns;
	d->worker.hung_up = true;
}

bool worker_may_be_signalled(struct domain *d)
{
	const struct domain_state *s = d->pool.state;
	int err = s->owner ? shunt_process_is_of(d->worker.process, s->worker_pid, s->owner - 1)
			   : 0;

	if (err && err != -ESRCH && !d->worker.spared)
		log_say(LOG_WARNING, "worker %u of domain %u is sent no signal and not ended: %s; "
			"the domain is its own until it ends", d->pool.state->worker_pid, d->id,
			err == -EPERM ?
			"it has other rights than those of its user, as a set-user-ID program has" :
			"whose rights it has cannot be seen in /proc (hidepid=?)");
	d->worker.spared = err && err != -ESRCH;
	return !err;
}

static void kill_worker(struct domain *d, const char *why)
{
	if (d->worker.killed || !worker_may_be_signalled(d))
		return;
	d->worker.killed = true;
	log_say(LOG_WARNING, "worker %u of domain %u %s: killing it", d->pool.state->worker_pid,
		d->id, why);
	if (pidfd_send_signal(d->worker.process, SIGKILL, NULL, 0) && errno != ESRCH)
		log_say(LOG_ERR, "cannot kill worker %u: %m; end it yourself",
			d->pool.state->worker_pid);
}

static void check_absence(struct domain *d, __u64 now_ns)
{
	if (d->worker.peer)
		return;
	/* The dead hang up, too, a little before they are seen to be dead. */
	if (d->worker.hung_up && !d->worker.reported &&
	    now_ns - d->worker.absent_ns > LAST_WORD_NS) {
		d->worker.reported = true;
		log_say(LOG_WARNING, "worker %u of domain %u hung up: its cores are off",
			d->pool.state->worker_pid, d->id);
	}
	if (now_ns - d->worker.absent_ns < GRACE_NS)
		return;
	if (d->worker.up)
		log_say(LOG_WARNING, "worker %u of domain %u did not come back: its cores are off",
			d->pool.state->worker_pid, d->id);
	all_off(d);
	if (d->worker.hung_up || d->maps->cfg.hang == SHUNT_HANG_KILL)
		kill_worker(d, "lives without a connection");
}

static __u64 hang_ns(const struct domain *d)
{
	return d->maps->cfg.hang_ms * 1000000ULL;
}

static bool is_silent(struct domain *d, int core, __u64 now_ns)
{
	const struct shunt_core_run *run = &d->pool.r.view->core[core].run;
	__u64 beat = peek(run->beat), limit = hang_ns(d);

	if (peek(run->state) != SHUNT_CORE_BUSY && !peek(run->asks) && limit < IDLE_HANG_NS)
		limit = IDLE_HANG_NS;
	/* A core that is away from its seat beats again once the other service lets it on. */
	if (beat != d->worker.beat[core] || d->seat_away >> core & 1) {
		d->worker.beat[core] = beat;
		d->worker.beat_ns[core] = now_ns;
	}
	return now_ns - d->worker.beat_ns[core] >= limit;
}

static void check_core(struct domain *d, int core, __u64 now_ns)
{
	__u64 bit = 1ULL << core;
	bool silent = is_silent(d, core, now_ns);

	if (silent && d->maps->cfg.hang == SHUNT_HANG_KILL &&
	    now_ns - d->worker.beat_ns[core] >= 2 * hang_ns(d))
		kill_worker(d, "hangs in the policy");
	if (silent == !!(d->worker.hung & bit))
		return;
	d->worker.hung ^= bit;
	apply_up(d);
	if (!silent) {
		log_say(LOG_INFO, "core %d of domain %u works again", core, d->id);
		return;
	}
	agent_of(d)->core[core].hung++;
	log_say(LOG_WARNING, "core %d of domain %u is silent for %llu ms: it is off, others take "
		"what waits for it", core, d->id, (now_ns - d->worker.beat_ns[core]) / 1000000);
	/* If a policy stalls the core, another policy may bring it back. */
	if (!suspect_silent(d, core, now_ns) && d->maps->cfg.hang == SHUNT_HANG_KILL)
		kill_worker(d, "hangs");
}

/* A worker that has said goodbye may still have its rings. */
static void check_left(struct domain *d, __u64 now_ns)
{
	__u64 drain_ns = d->maps->cfg.drain_ms * 1000000ULL;

	if (shunt_process_ended(d->worker.process)) {
		reclaim_begin(d, DOMAIN_ENDED, false, now_ns);
		forget_process(d);
		return;
	}
	if (now_ns - d->worker.left_ns < LEFT_TOLD_NS)
		return;
	if (!d->worker.reported && drain_ns)
		log_say(LOG_WARNING,
			"worker %u of domain %u said goodbye and lives on: nobody else gets its "
			"rings before it ends; %u ms after its goodbye it is killed",
			d->pool.state->worker_pid, d->id, d->maps->cfg.drain_ms);
	else if (!d->worker.reported)
		log_say(LOG_WARNING,
			"worker %u of domain %u said goodbye and lives on: nobody else gets its "
			"rings before it ends", d->pool.state->worker_pid, d->id);
	d->worker.reported = true;
	if (drain_ns && now_ns - d->worker.left_ns >= drain_ns)
		kill_worker(d, "lives on after its goodbye");
}

/* An agent that ended between its last two steps of that left it to us. A worker that said goodbye
 * may come back. */
static bool is_still_to_be_forgotten(const struct domain *d)
{
	return d->phase == DOMAIN_RECLAIM && d->worker.process >= 0 && !d->pool.state->left;
}

void worker_check(struct domain *d, __u64 now_ns)
{
	if (is_still_to_be_forgotten(d))
		forget_process(d);
	if (d->phase == DOMAIN_LEFT)
		check_left(d, now_ns);
	if (d->phase != DOMAIN_TAKEN)
		return;
	if (shunt_process_ended(d->worker.process)) {
		/* The worker's last message may be BYE. A child
		 * that still has the connection is not waited for. */
		if (!d->worker.ended_ns)
			d->worker.ended_ns = now_ns;
		if (d->worker.peer && now_ns - d->worker.ended_ns < LAST_WORD_NS)
			return;
		log_say(LOG_WARNING, "worker %u of domain %u died", d->pool.state->worker_pid,
			d->id);
		suspect_dead(d, now_ns);
		reclaim_begin(d, DOMAIN_ENDED, true, now_ns);
		forget_process(d);
		return;
	}
	check_absence(d, now_ns);
	for (int i = 0; i < SHUNT_CORES && d->maps->cfg.hang_ms; i++) {
		if (d->worker.up >> i & 1)
			check_core(d, i, now_ns);
	}
}

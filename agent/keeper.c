// SPDX-License-Identifier: BSD-2-Clause
/*
 * keeper.c - holds memory and sockets, starts the agent, starts it again, hands over to a successor
 *
 * The keeper does nothing else, so that it has no reason to die. If it is killed, the agent, which
 * has the same descriptors, takes its place.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "clock.h"
#include "control.h"
#include "handover.h"
#include "keeper.h"
#include "linger.h"
#include "lock.h"
#include "log.h"
#include "options.h"
#include "pins.h"
#include "sd.h"
#include "self.h"
#include "signals.h"
#include "sockpath.h"
#include "store.h"

#define QUICK_MS 300        /* an agent that lives no longer than this died at once */
#define BACKOFF_MAX_MS 1000 /* workers wait longer than this for an answer */
#define REAP_MS 1000        /* between the end of a process's descriptors and its end */
#define STOP_MS 5000        /* an agent that was asked to stop does so in this time, or is killed */
#define VERDICT_MS 15000    /* what the shuntd whose place we were to take says of our failure */
#define LOOK_MS 200         /* while it lingers: is what it keeps still of use? */

enum phase {
	PHASE_SERVING,
	PHASE_QUIESCING, /* a successor waits for the agent to stop */
	PHASE_QUIET,     /* a successor takes over */
	PHASE_LINGERING, /* told to stop: waits for a successor, for a while */
	PHASE_ENDING,    /* the agent gives everything up */
	PHASE_DONE,
};

enum { FD_AGENT, FD_SIGNALS, FD_PIDFD, FD_LISTENER, FD_PEER, FD_TRIAL, NFDS };

struct keeper {
	const struct options *opts;
	struct store *store;
	char **argv;
	struct child agent;
	struct control control;
	enum phase phase;
	int signals;
	int trial;     /* keeper.h; -1 once we have the place */
	int status;    /* our exit status, with PHASE_DONE */
	bool stop;     /* SIGTERM came */
	bool old;      /* the program that has our path now is of another ABI */
	bool lingers;  /* nobody serves any more */
	bool gives_up; /* the agent is the one that gives everything up */
	__u64 now_ms, started_ms, start_ms; /* of the agent: when it was, when to start the next */
	__u64 asked_ms;                     /* when it was asked to stop */
	__u64 until_ms;                     /* end of lingering */
	unsigned int backoff_ms;
};

static void set_now(struct keeper *k)
{
	k->now_ms = clock_ns() / 1000000;
}

static void done(struct keeper *k, int status)
{
	k->phase = PHASE_DONE;
	k->status = status;
}

/* There is no successor: files at our paths are removed. */
static void done_for_good(struct keeper *k, int status)
{
	sockpath_remove(k->opts->socket);
	control_remove(k->opts);
	lock_socket_remove(k->opts);
	done(k, status);
}

static void ask_agent(struct keeper *k)
{
	child_ask(&k->agent);
	k->asked_ms = k->now_ms;
}

/* --- taking another one's place -------------------------------------------------------------- */

static void have_the_place(struct keeper *k)
{
	close(k->trial);
	k->trial = -1;
	store_mirror(k->store);
	log_say(LOG_INFO, "took over from the shuntd that was there");
}

/* The old shuntd goes on: our descriptors are copies. */
static void yield_the_place(struct keeper *k)
{
	log_say(LOG_ERR, "did not take over: the shuntd that was there goes on");
	child_kill(&k->agent);
	done(k, EXIT_FAILURE);
}

/* The answer of the shuntd whose place we take; 0: it is gone. */
static int verdict(struct keeper *k, int ms)
{
	struct handover_msg m;
	int fd, type = handover_receive(k->trial, &m, &fd, ms);

	if (fd >= 0)
		close(fd);
	if (!type)
		have_the_place(k);
	else if (ms || type != -EAGAIN)
		yield_the_place(k);
	return type;
}

/* Our agent has ended. If it had said READY before, or if nobody is there to go on, the place is
 * ours. */
static bool place_is_ours(struct keeper *k)
{
	shutdown(k->trial, SHUT_WR);
	return !verdict(k, VERDICT_MS);
}

/* --- stopping -------------------------------------------------------------------------------- */

/* A process of our own goes on as the one that keeps, and we end. */
static void linger(struct keeper *k)
{
	pid_t pid = linger_fork();

	if (pid < 0) {
		log_say(LOG_ERR, "cannot keep memory and sockets for the next shuntd: %m");
		done_for_good(k, EXIT_SUCCESS);
		return;
	}
	if (pid) {
		log_say(LOG_INFO,
			"ended; process %d keeps memory and sockets for the next shuntd, for %u s",
			pid, k->opts->linger_s);
		done(k, EXIT_SUCCESS);
		return;
	}
	k->stop = false;
	k->lingers = true;
	k->phase = PHASE_LINGERING;
	k->until_ms = k->now_ms + k->opts->linger_s * 1000ULL;
}

/* The agent has stopped, and so shall we. */
static void stop(struct keeper *k)
{
	if (sd_is_there()) {
		sd_barrier();
		done(k, EXIT_SUCCESS);
	} else if (k->opts->linger_s && linger_is_of_use(k->store)) {
		linger(k);
	} else {
		done_for_good(k, EXIT_SUCCESS);
	}
}

/* Memory and sockets are of no use without the load that they were made for. */
static void look_while_lingering(struct keeper *k)
{
	struct shunt_pins pins = { .bpffs = k->opts->bpffs, .ifname = k->opts->pins };

	if (k->stop || k->now_ms >= k->until_ms || !lock_load_stands(k->store, &pins))
		done_for_good(k, EXIT_SUCCESS);
}

/* --- the agent ------------------------------------------------------------------------------- */

static void start_agent(struct keeper *k)
{
	int err = child_start(&k->agent, k->store, k->argv, k->old, k->trial,
			      k->phase == PHASE_ENDING);

	k->started_ms = k->now_ms;
	k->gives_up = k->phase == PHASE_ENDING;
	if (!err)
		return;
	log_say(LOG_ERR, "cannot start the agent: %s", strerror(-err));
	done(k, EXIT_FAILURE);
}

static void back_off(struct keeper *k)
{
	if (k->now_ms - k->started_ms > QUICK_MS)
		k->backoff_ms = 0;
	else
		k->backoff_ms = !k->backoff_ms                       ? 50
				: 2 * k->backoff_ms < BACKOFF_MAX_MS ? 2 * k->backoff_ms
								     : BACKOFF_MAX_MS;
	k->start_ms = k->now_ms + k->backoff_ms;
}

/* The agent ended though nobody had asked it to. */
static void agent_ended_itself(struct keeper *k, int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == SELF_OTHER_ABI && !k->old) {
		log_say(LOG_WARNING, "going on with the program that '%s' was", self_path());
		k->old = true;
	} else if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS) {
		k->stop = true; /* a signal to both of us reached it first */
	} else if (WIFEXITED(status) && WEXITSTATUS(status) != KEEPER_NOT_READY) {
		done_for_good(k, WEXITSTATUS(status));
	} else {
		back_off(k);
		if (WIFSIGNALED(status))
			log_say(LOG_ERR, "the agent died of signal %d; starting it again%s",
				WTERMSIG(status), k->backoff_ms ? " after a while" : "");
	}
}

static void agent_ended(struct keeper *k)
{
	int status = child_reap(&k->agent);
	bool asked = k->agent.asked;

	k->agent.asked = false;
	if (k->trial >= 0 && !place_is_ours(k))
		return;
	if (k->phase == PHASE_ENDING && k->gives_up)
		done_for_good(k, EXIT_SUCCESS);
	else if (k->phase == PHASE_SERVING && !k->stop && !asked)
		agent_ended_itself(k, status);
}

/* False: the agent lives, but has left us, as it thought that we were dead. */
static bool hear_agent(struct keeper *k)
{
	struct pollfd p = { .fd = k->agent.pidfd, .events = POLLIN };

	if (!store_receive(k->store, k->agent.sock))
		return true;
	if (poll(&p, 1, REAP_MS) != 1) {
		log_say(LOG_WARNING, "agent %d took over as keeper", k->agent.pid);
		done(k, EXIT_SUCCESS);
		return false;
	}
	agent_ended(k);
	return true;
}

/* --- a successor, and signals ---------------------------------------------------------------- */

static void obey(struct keeper *k, enum control_order order)
{
	switch (order) {
	case CONTROL_QUIESCE:
		k->phase = PHASE_QUIESCING;
		ask_agent(k);
		break;
	case CONTROL_END:
		k->phase = PHASE_ENDING;
		k->lingers = false;
		ask_agent(k);
		break;
	case CONTROL_RESUME:
		k->phase = k->lingers ? PHASE_LINGERING : PHASE_SERVING;
		break;
	case CONTROL_LEAVE:
		log_say(LOG_INFO, "process %d has taken over", k->control.pid);
		done(k, EXIT_SUCCESS);
		break;
	case CONTROL_NOTHING:
		break;
	}
}

static void take_signals(struct keeper *k)
{
	struct signalfd_siginfo info;

	while (read(k->signals, &info, sizeof(info)) == sizeof(info))
		k->stop = true;
	if (k->stop)
		ask_agent(k);
}

static void agent_is_quiet(struct keeper *k)
{
	if (control_quiet(&k->control, k->store, k->now_ms) == CONTROL_NOTHING)
		k->phase = PHASE_QUIET;
	else /* the successor is gone already */
		obey(k, CONTROL_RESUME);
}

/* Without an agent: the next step. */
static void go_on(struct keeper *k)
{
	switch (k->phase) {
	case PHASE_QUIESCING: /* it lingered, or the agent was dead */
		agent_is_quiet(k);
		break;
	case PHASE_LINGERING:
		look_while_lingering(k);
		break;
	case PHASE_SERVING:
		if (k->stop)
			stop(k);
		else if (k->now_ms >= k->start_ms)
			start_agent(k);
		break;
	case PHASE_ENDING:
		start_agent(k);
		break;
	case PHASE_QUIET:
	case PHASE_DONE:
		break;
	}
}

static int wait_ms(const struct keeper *k)
{
	if (k->lingers || k->control.stage != CONTROL_NOBODY || k->agent.asked)
		return LOOK_MS;
	if (!k->agent.pid && k->phase == PHASE_SERVING)
		return k->start_ms > k->now_ms ? k->start_ms - k->now_ms : 0;
	return -1;
}

static void turn(struct keeper *k)
{
	struct pollfd p[NFDS] = {
		[FD_AGENT] = { .fd = k->agent.sock, .events = POLLIN },
		[FD_SIGNALS] = { .fd = k->signals, .events = POLLIN },
		[FD_PIDFD] = { .fd = k->agent.pidfd, .events = POLLIN },
		/* While the place is another shuntd's, that one hears new connections. One
		 * at a time: the next waits in the listener, which the successor has, too. */
		[FD_LISTENER] = { .fd = k->trial < 0 && k->control.peer < 0 ? k->control.listener
									    : -1,
				  .events = POLLIN },
		[FD_PEER] = { .fd = k->control.peer, .events = POLLIN },
		[FD_TRIAL] = { .fd = k->trial, .events = POLLIN },
	};

	if (poll(p, NFDS, wait_ms(k)) < 0)
		return;
	set_now(k);
	if (p[FD_SIGNALS].revents)
		take_signals(k);
	/* Descriptors that the agent had handed over before it died come first. */
	if (p[FD_AGENT].revents) {
		if (!hear_agent(k))
			return;
	} else if (p[FD_PIDFD].revents) {
		agent_ended(k);
	}
	if (k->phase != PHASE_DONE && k->trial >= 0 && p[FD_TRIAL].revents)
		verdict(k, 0);
	if (p[FD_LISTENER].revents)
		control_accept(&k->control, k->now_ms);
	if (k->phase != PHASE_DONE && k->control.peer >= 0 && p[FD_PEER].revents)
		obey(k, control_hear(&k->control, k->opts, k->store, k->lingers,
				     k->agent.pid, k->now_ms));
	if (k->phase != PHASE_DONE)
		obey(k, control_tick(&k->control, k->now_ms));
	if (k->agent.asked && k->now_ms - k->asked_ms > STOP_MS)
		child_kill(&k->agent);
}

int keeper_run(const struct options *o, struct store *s, char **argv, int trial)
{
	struct keeper k = { .opts = o, .store = s, .argv = argv, .trial = trial,
			    .agent = { .sock = -1, .pidfd = -1 } };

	if (control_open(&k.control, o, s))
		return EXIT_FAILURE;
	if (trial < 0)
		store_mirror(s);
	k.signals = signals_open();
	if (k.signals < 0) {
		log_say(LOG_ERR, "cannot make a signalfd: %s", strerror(-k.signals));
		return EXIT_FAILURE;
	}
	set_now(&k);
	while (k.phase != PHASE_DONE) {
		if (!k.agent.pid)
			go_on(&k);
		if (k.phase != PHASE_DONE)
			turn(&k);
	}
	return k.status;
}

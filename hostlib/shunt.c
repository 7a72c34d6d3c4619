// SPDX-License-Identifier: BSD-2-Clause
/*
 * shunt.c - the calls of the library: open, run, stop, close, and what can be asked
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "internal.h"
#include "message.h"

#define OPEN_MS 5000  /* how long an agent is looked for that does not die over our HELLO */
#define STOP_MS 200   /* how long a stop waits for XDP to be told */
#define AGAIN_MS 10000 /* how long a worker that gave its rings up waits for new ones */

static void nap(unsigned int ms)
{
	nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L }, NULL);
}

/* opts.signal is 0 from here on where no signals are wanted. */
static int check_signal(struct shunt *s)
{
	int signal = s->opts.signal ? s->opts.signal : SHUNT_SIGNAL;

	if (s->opts.flags & ~(SHUNT_NO_SIGNALS | SHUNT_NO_PREEMPT | SHUNT_ABANDON))
		return set_error(s, -E2BIG, "shunt_opts.flags has some that this library lacks");
	if (signal < 1 || signal > SHUNT_SIGNAL_MAX || signal == SIGKILL || signal == SIGSTOP ||
	    signal == SIGSEGV)
		return set_error(s, -EINVAL, "shunt_opts.signal: %d cannot stop requests", signal);
	s->opts.signal = s->opts.flags & (SHUNT_NO_SIGNALS | SHUNT_NO_PREEMPT) ? 0 : signal;
	return 0;
}

static int check_opts(struct shunt *s, const struct shunt_opts *opts)
{
	/* An older caller's struct is shorter: what it lacks
	 * is 0. A newer one's must say nothing new. */
	size_t known = sizeof(s->opts) < opts->sz ? sizeof(s->opts) : opts->sz;

	for (size_t i = known; i < opts->sz; i++) {
		if (((const char *)opts)[i])
			return set_error(s, -E2BIG,
					 "shunt_opts has options that this library lacks");
	}
	memcpy(&s->opts, opts, known);
	if (!s->opts.handler)
		return set_error(s, -EINVAL, "shunt_opts.handler is missing");
	if (!s->opts.ifname && !s->opts.socket)
		return set_error(s, -EINVAL, "shunt_opts.ifname is missing");
	if (s->opts.idle > SHUNT_IDLE_SLEEP || s->opts.domain < 0 ||
	    s->opts.domain > SHUNT_DOMAINS || s->opts.cores > SHUNT_CORES)
		return set_error(s, -EINVAL, "shunt_opts is out of range");
	if (!s->opts.idle_us)
		s->opts.idle_us = 50;
	return check_signal(s);
}

static int name_socket(struct shunt *s)
{
	const struct shunt_opts *o = &s->opts;
	int n = o->socket ? snprintf(s->socket, sizeof(s->socket), "%s", o->socket) :
			    snprintf(s->socket, sizeof(s->socket), "%s/%s.sock", SHUNT_SOCKET_DIR,
				     o->ifname);

	snprintf(s->name, sizeof(s->name), "%s",
		 o->name ? o->name : program_invocation_short_name);
	return n < (int)sizeof(s->socket) ? 0 : set_error(s, -ENAMETOOLONG, "socket path too long");
}

/* An agent that dies before its answer hangs up: the keeper, which has the listener, starts the
 * next one, and that knows nothing of us. */
static int attach_first(struct shunt *s)
{
	int err = link_attach(s);

	for (int ms = 0; err == -ECONNRESET && ms < OPEN_MS; ms += 100) {
		link_detach(s, false);
		nap(100);
		err = link_attach(s);
	}
	return err;
}

int shunt_open(struct shunt **ret, const struct shunt_opts *opts)
{
	struct shunt *s = calloc(1, sizeof(*s));
	int err;

	*ret = s;
	if (!s)
		return -ENOMEM;
	s->link = -1;
	s->transport = &transport_shared;
	fork_watch(s);
	s->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->wake < 0)
		return set_error(s, -errno, "cannot make an eventfd: %s", strerror(errno));
	err = check_opts(s, opts);
	if (!err)
		err = name_socket(s);
	if (!err)
		err = attach_first(s);
	return err;
}

static int start_cores(struct shunt *s)
{
	for (unsigned int i = 0; i < s->ncores; i++) {
		int err = pthread_create(&s->core[i].thread, NULL, core_main, &s->core[i]);

		if (err)
			return set_error(s, -err, "cannot start a thread: %s", strerror(err));
		s->core[i].started = true;
	}
	return 0;
}

/* Tells XDP, through the agent, to send nothing more here, and waits until it is so. */
static void turn_away(struct shunt *s)
{
	uint64_t ours = 0;

	for (unsigned int i = 0; i < s->ncores; i++) {
		ours |= 1ULL << i;
		message_core(s, SHUNT_MSG_DOWN, i, 0);
	}
	for (int ms = 0; ms < STOP_MS && (peek(s->view->up) & ours); ms++)
		nap(1);
}

static int join_cores(struct shunt *s)
{
	int err = 0;

	atomic_store(&s->quit, true);
	eventfd_write(s->wake, 1);
	for (unsigned int i = 0; i < s->ncores; i++) {
		if (!s->core[i].started)
			continue;
		pthread_join(s->core[i].thread, NULL);
		s->core[i].started = false;
		if (s->core[i].err && !err)
			err = set_error(s, s->core[i].err, "core %u on CPU %u did not start: %s", i,
				   s->cpu[i], strerror(-s->core[i].err));
	}
	return err;
}

/* The application looks at what it is attached to. */
static int tell_attached(struct shunt *s)
{
	int err = s->opts.attached ? s->opts.attached(s, s->opts.arg) : 0;

	fork_check(s);
	if (!err)
		return 0;
	err = err < 0 ? err : -ECANCELED;
	return set_error(s, err, "shunt_opts.attached failed: %s", strerror(-err));
}

/* Serves with the rings we have. 0: stopped; 1: they must be given up; or -errno. */
static int serve_once(struct shunt *s)
{
	int err = preempt_register_program(), why = 0;

	if (err)
		return set_error(s, err, "cannot find the program's text: %s", strerror(-err));
	err = tell_attached(s);
	if (err)
		return err;
	err = grace_follow(s);
	if (!err)
		err = start_cores(s);
	if (!err)
		why = link_serve(s);
	if (!atomic_load(&s->leave))
		turn_away(s);
	err = join_cores(s) ? : err;
	grace_end(s);
	return err ? err : why;
}

/* The rings were given up: come again until there are new ones. */
static int attach_again(struct shunt *s)
{
	uint64_t nothing;
	int err = -EAGAIN;

	link_detach(s, true);
	atomic_store(&s->leave, false);
	atomic_store(&s->quit, false);
	eventfd_read(s->wake, &nothing);
	for (int ms = 0; ms < AGAIN_MS && !atomic_load(&s->stop); ms += 100) {
		err = link_attach(s);
		if (!err)
			return 0;
		link_detach(s, false);
		nap(100);
	}
	return atomic_load(&s->stop) ? 0 : err;
}

static int serve(struct shunt *s)
{
	int err;

	for (;;) {
		err = serve_once(s);
		if (err <= 0)
			return err;
		err = attach_again(s);
		if (err || atomic_load(&s->stop))
			return err;
	}
}

int shunt_run(struct shunt *s)
{
	int err;

	if (s->forked)
		return set_error(s, -ECHILD,
				 "this is a fork of the process that called shunt_open(): call it "
				 "here");
	if (!s->core)
		return set_error(s, -EINVAL, "shunt_open() did not succeed");
	if (atomic_exchange(&s->running, true))
		return set_error(s, -EBUSY, "shunt_run() runs already");
	err = serve(s);
	atomic_store(&s->running, false);
	return err;
}

void shunt_stop(struct shunt *s)
{
	stop(s);
}

void shunt_close(struct shunt *s)
{
	if (!s || s->forked) /* a fork that closes may do so on a stack that would be freed */
		return;
	if (atomic_load(&s->running)) { /* its threads use all that there is to close */
		shunt_stop(s);
		return;
	}
	fork_unwatch(s);
	link_detach(s, true);
	if (s->wake >= 0)
		close(s->wake);
	free(s);
}

int shunt_get_stats(const struct shunt *s, struct shunt_stats *out)
{
	struct shunt_stats st = { .sz = out->sz, .cores = s->ncores };

	if (!s->view)
		return -ENOTCONN;
	for (uint32_t i = 0; i < s->geo.ncores; i++) {
		const struct shunt_core *c = &s->view->core[i];

		for (int k = 0; k < SHUNT_CLASSES; k++) {
			st.replied[k] += peek(c->cls[k].replied);
			st.noreply[k] += peek(c->cls[k].noreply);
		}
		st.busy_ns += peek(c->stats.busy_ns);
		st.kicks += peek(c->stats.kicks);
		st.unfed += peek(c->stats.unfed);
		st.healed += peek(c->stats.healed);
		st.send_fail += peek(c->stats.send_fail);
		st.bad_frame += peek(c->stats.bad_frame);
		st.lost_race += peek(c->stats.lost_race);
		st.slept += peek(c->stats.slept);
	}
	memcpy(out, &st, out->sz < sizeof(st) ? out->sz : sizeof(st));
	return 0;
}

const char *shunt_class_name(const struct shunt *s, unsigned int cls)
{
	return cls < SHUNT_CLASSES ? s->class_name[cls] : "";
}

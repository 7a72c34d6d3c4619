// SPDX-License-Identifier: BSD-2-Clause
/*
 * agent_messages.c - what processes that may be workers send
 * to shuntd, and when they come, read, fall silent and go
 *
 * Connections are real sockets; domains are what the agent would have made, in plain memory.
 * Claims: a domain has one worker at most, its cores are up only while it has one, and no
 * descriptor is left behind.
 */
/* link: agent/[!m]*.c agent/ma[!i]*.c agent/me*.c lib/[a-z]*.c */
/* link: lib/offload/[am]*.c lib/offload/futex.c */
/* flags: -Wl,--wrap=log_say */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/log.h"
#include "agent/message.h"
#include "agent/peers.h"
#include "agent/role.h"
#include "agent/shared.h"
#include "agent/store.h"
#include "input.h"
#include "tests/ring.h"

#define CLIENTS 6
#define DOMAINS 2
#define CORES 3

static struct agent a;
static int client[CLIENTS], child = -1, spare = -1;
static struct shunt_domain domains[SHUNT_DOMAINS];
static struct shunt_agent counts[SHUNT_DOMAINS];
static struct shunt_ingress ingress[SHUNT_QUEUES + 1];

/* Messages are made and not shown. */
void __wrap_log_say(int level, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
}

/* --- the agent, as it is with two domains made ------------------------------------------------ */

/* Makes the process of which shuntd holds a pidfd: not the fuzzer itself, with which it ends. */
static void make_child(void)
{
	int ends[2];
	char byte;
	pid_t pid;

	MUST(!pipe2(ends, O_CLOEXEC));
	pid = fork();
	if (!pid) {
		close(ends[1]);
		_exit(read(ends[0], &byte, 1) != 0);
	}
	child = pidfd_open(pid, 0);
	MUST(child >= 0);
}

static void make_domain(struct domain *d, __u32 id)
{
	*d = (struct domain){ .id = id, .phase = DOMAIN_FREE, .store = a.store, .maps = &a.maps,
			      .worker.process = -1 };
	d->pool.r.geo = (struct shunt_geometry){ .nframes = 256, .chunk = 2048, .core_ring = 64,
						 .hold_ring = 64,
					    .fill_ring = 512, .ncores = CORES, .nclasses = 2,
					    .mtu = 1500 };
	d->pool.state = calloc(1, sizeof(*d->pool.state));
	d->pool.r.memory = calloc(1, shunt_memory_len(&d->pool.r.geo));
	d->pool.r.ctl = shunt_ctl_of(d->pool.r.memory, &d->pool.r.geo);
	d->pool.r.view = aligned_alloc(64, sizeof(*d->pool.r.view));
	memset(d->pool.r.view, 0, sizeof(*d->pool.r.view));
	make_ring(&d->pool.r.fill[0], 512);
	for (__u32 k = 0; k < sockets_of(&d->pool.r.geo); k++)
		make_ring(&d->pool.r.rx[slot_of(&d->pool.r.geo, k)], 64);
	d->pool.memory = d->pool.view_fd = spare;
	for (int i = 0; i < SHUNT_SLOTS; i++)
		d->pool.sock[i] = spare;
}

static void make(void)
{
	struct sockaddr_un any = { .sun_family = AF_UNIX };

	signal(SIGPIPE, SIG_IGN);
	make_child();
	spare = memfd_create("spare", MFD_CLOEXEC);
	a.store = store_open(-1);
	a.opts = (struct options){ .ifname = "fuzz", .nusers = 1 };
	a.maps = (struct maps){
		.cfg = { .abi = SHUNT_ABI, .ndomains = DOMAINS, .nclasses = 2, .hang_ms = 1000 },
		.cfg_fd = -1,
		.classes_fd = -1,
		.policy_fd = -1,
		.xsks_fd = -1,
		.views_fd = -1,
		.domains = domains,
		.agent = counts,
		.ingress = ingress
	};
	a.role = &role_shared;
	MUST(!a.role->begin(&a));
	shared_of(&a)->policy = (struct policy){ .fd = spare, .msg = { .gen = 1, .len = 10 } };
	a.listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	MUST(a.listener >= 0 &&
	     !bind(a.listener, (struct sockaddr *)&any, sizeof(any.sun_family)) &&
	     !listen(a.listener, 64));
	for (int i = 0; i < SHUNT_DOMAINS; i++)
		a.domain[i].worker.process = -1;
	for (int i = 0; i < DOMAINS; i++)
		make_domain(&a.domain[i], i);
	for (int i = 0; i < PEERS_MAX; i++)
		a.peer[i] = (struct peer){ .fd = -1, .pidfd = -1 };
}

/* --- processes -------------------------------------------------------------------------------- */

static int newest(void)
{
	for (int i = 0; i < PEERS_MAX; i++) {
		if (a.peer[i].stage == PEER_NEW && a.peer[i].since_ns == a.now_ns &&
		    a.peer[i].pid == (__u32)getpid())
			return i;
	}
	return -1;
}

static void leave(int k)
{
	if (client[k] >= 0)
		close(client[k]);
	client[k] = -1;
}

/* The process is one that the input says. */
static void come(int k, uint8_t how)
{
	struct sockaddr_un at;
	socklen_t len = sizeof(at);
	int i;

	leave(k);
	client[k] = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	MUST(client[k] >= 0 && !getsockname(a.listener, (struct sockaddr *)&at, &len));
	if (connect(client[k], (struct sockaddr *)&at, len)) {
		leave(k);
		return;
	}
	peers_accept(&a);
	i = newest();
	if (i < 0)
		return;
	a.peer[i].pid = 100000 + (how & 7);
	a.peer[i].uid = 1000; /* another user gets a domain that is made
			       * anew, which takes the whole agent */
	close(a.peer[i].pidfd);
	a.peer[i].pidfd = fcntl(child, F_DUPFD_CLOEXEC, 0);
}

static void say_something(struct input *in, int k, uint8_t how)
{
	union {
		struct shunt_msg msg;
		struct shunt_msg_hello hello;
		struct shunt_msg_core core;
		uint8_t raw[600];
	} m = { .msg = { SHUNT_MSG_MAGIC, SHUNT_ABI, how & 15 } };
	size_t len = sizeof(m.msg);

	switch (m.msg.type) {
	case SHUNT_MSG_HELLO:
		len = sizeof(m.hello);
		m.hello.domain = how & 16        ? SHUNT_ANY_DOMAIN
				 : how >> 5 == 7 ? take32(in)
						 : how >> 5;
		m.hello.cores = take8(in);
		take(in, m.hello.name, how & 1 ? 3 : sizeof(m.hello.name));
		break;
	case SHUNT_MSG_UP:
	case SHUNT_MSG_DOWN:
		len = sizeof(m.core);
		m.core.core = how >> 4;
		m.core.tid = take8(in);
		break;
	case 15:
		len = take(in, &m, take16(in) % sizeof(m));
		break;
	default:
		len += how >> 4 & 7;
	}
	if (client[k] >= 0)
		send(client[k], &m, len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Reads all, and throws away what came along. */
static void listen_to(int k)
{
	char buf[4096];

	while (client[k] >= 0 && recv(client[k], buf, sizeof(buf), MSG_DONTWAIT) > 0)
		;
}

/* --- the agent's turn, and what must hold ----------------------------------------------------- */

static void hear(void)
{
	for (int i = 0; i < PEERS_MAX; i++) {
		if (peers_listens_to(&a.peer[i]))
			peers_hear(&a, &a.peer[i]);
	}
}

/* Ends a domain's reclaiming, as the agent does after its last step. */
static void reclaim(struct domain *d)
{
	char name[STORE_NAME];

	if (d->phase != DOMAIN_RECLAIM)
		return;
	snprintf(name, sizeof(name), "d%u.worker", d->id);
	store_drop(d->store, name);
	d->worker.process = -1;
	d->pool.state->step = RECLAIM_NONE;
	d->pool.state->worker_pid = 0;
	d->phase = DOMAIN_FREE;
}

static void check(void)
{
	for (int i = 0; i < DOMAINS; i++) {
		const struct domain *d = &a.domain[i];
		const struct peer *p = d->worker.peer;
		int attached = 0;

		MUST(!p || (p->stage == PEER_WORKER && p->domain == d &&
			    p->pid == d->pool.state->worker_pid));
		MUST(!p || d->phase == DOMAIN_TAKEN);
		for (int k = 0; k < PEERS_MAX; k++)
			attached += a.peer[k].stage == PEER_WORKER && a.peer[k].domain == d &&
				    p == &a.peer[k];
		MUST(attached <= 1);
		MUST(!domains[i].up || (d->phase == DOMAIN_TAKEN && p &&
					domains[i].up < 1ULL << d->pool.state->worker_cores));
		MUST(d->pool.state->worker_cores <= CORES);
		MUST(d->worker.process >= 0 || d->phase != DOMAIN_TAKEN);
	}
	for (int k = 0; k < PEERS_MAX; k++)
		MUST((a.peer[k].stage == PEER_NONE) == (a.peer[k].fd < 0) &&
		     memchr(a.peer[k].name, 0, SHUNT_NAME_LEN));
}

static void end(void)
{
	for (int k = 0; k < CLIENTS; k++) {
		listen_to(k);
		leave(k);
	}
	for (int i = 0; i < PEERS_MAX; i++) {
		if (a.peer[i].stage != PEER_NONE)
			peer_drop(&a, &a.peer[i]);
		MUST(a.peer[i].stage == PEER_NONE);
	}
	for (int i = 0; i < DOMAINS; i++) {
		if (a.domain[i].phase == DOMAIN_TAKEN)
			worker_bye(&a.domain[i], a.now_ns);
		if (a.domain[i].phase == DOMAIN_LEFT) /* its process ends now */
			a.domain[i].phase = DOMAIN_RECLAIM;
		reclaim(&a.domain[i]);
	}
	memset(a.user, 0, sizeof(a.user));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct input in = { data, len };
	int before, after;

	if (!a.store)
		make();
	before = dup(spare);
	close(before);
	memset(client, -1, sizeof(client));
	for (int i = 0; i < DOMAINS; i++)
		domains[i] = (struct shunt_domain){ .on = 1, .ncores = CORES, .nqueues = 1,
						    .queue = { i } };
	a.now_ns += 3600 * 1000000000ULL;
	for (int n = 0; in.left && n < 200; n++) {
		uint8_t op = take8(&in), how = take8(&in);
		int k = (op >> 3) % CLIENTS;

		a.now_ns += 1000;
		switch (op & 7) {
		case 0:
			come(k, how);
			break;
		case 1:
		case 2:
			say_something(&in, k, how);
			hear();
			break;
		case 3:
			listen_to(k);
			break;
		case 4:
			leave(k);
			hear();
			break;
		case 5:
			a.now_ns += how * 50000000ULL;
			peers_tick(&a);
			break;
		case 6:
			reclaim(&a.domain[how % DOMAINS]);
			break;
		default:
			say_something(&in, k, how); /* heard later, with more */
		}
		check();
	}
	end();
	after = dup(spare);
	close(after);
	MUST(before == after); /* the lowest that is free: none was left open */
	return 0;
}

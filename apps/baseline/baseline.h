/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * baseline.h - the applications under the systems that shunt is compared with
 */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "../app.h"

#define PROGRAM "shunt-baseline"
#define THREADS_MAX 64
#define PACKET_ROOM 65536
#define LONG_NS 2000 /* replies do not wait while requests take so long: as libshunt has it */
#define KICK_MOST 32 /* packets: what the kernel sends from an AF_XDP ring for one call; --batch */

struct options {
	const char *mode, *dev, *select, *gaps;
	uint16_t port;
	bool spin;
	int kick;         /* replies that leave by one system call; 0: the mode's own number */
	int batch;        /* requests and replies a system call (shared); 0: one, and no batch.c */
	int busy_poll_us; /* SO_BUSY_POLL of the sockets; 0: not set */
	int cpus, cpu[THREADS_MAX];
	struct app_options app;
};

struct mode {
	const char *name, *what;
	int (*run)(const struct options *o); /* until `stop`; 0, 1, or 77: not
					      * on this machine, as it said */
};

extern struct app app;
extern volatile sig_atomic_t stop;

int run_shared(const struct options *o);
int run_reuseport(const struct options *o);
int run_select(const struct options *o);
int run_steal(const struct options *o);
int run_dispatcher(const struct options *o);
int run_xdp(const struct options *o);
int run_uring(const struct options *o);

/* One thread a CPU of o, each pinned to its own; returns
 * when all have ended. first: skip so many CPUs. */
int threads_run(const struct options *o, int first, void (*fn)(const struct options *o, int nr));
int pin(int cpu);
int complain(const char *what); /* with errno; returns 1 */

int udp_socket(const struct options *o, bool reuseport);
/* Serves one request of that socket; false: there is none. */
bool udp_serve(const struct options *o, int fd, bool wait);

/* Serves that socket until `stop`, o->batch requests and replies a system call at most. */
void serve_batches(const struct options *o, int fd);

struct bpf_object;
/* baseline.bpf.c with one of its programs; NULL and errno. */
struct bpf_object *load_bpf(const struct options *o, const char *program);

// SPDX-License-Identifier: BSD-2-Clause
/*
 * udp.c - Linux UDP sockets: one for all, one each, one each chosen by BPF, one each and stealing
 */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "../gap.h"
#include "baseline.h"

#define WAIT_US 100000 /* how soon a blocked thread sees that it is to end */

static int fds[THREADS_MAX];
static volatile uint64_t *idle; /* one a thread, seen by the selector */

/*
 * A receive call that finds nothing polls the device in this thread: the packets' way up is on the
 * server's CPU, without an interrupt. Prefers that to the device's own softirq where it may.
 */
static int busy_poll(int fd, int us)
{
	int on = 1, budget = 16;

	if (setsockopt(fd, SOL_SOCKET, SO_BUSY_POLL, &us, sizeof(us)))
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_PREFER_BUSY_POLL, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_BUSY_POLL_BUDGET, &budget, sizeof(budget));
	return 0;
}

/* Both families through one IPv6 socket; IPv4 alone where there is no IPv6. */
int udp_socket(const struct options *o, bool reuseport)
{
	struct sockaddr_in6 at = { .sin6_family = AF_INET6, .sin6_port = htons(o->port) };
	struct sockaddr_in at4 = { .sin_family = AF_INET, .sin_port = htons(o->port) };
	struct timeval wait = { .tv_usec = WAIT_US };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1, off = 0, size = 8 << 20,
	    err;
	bool six = fd >= 0;

	if (!six)
		fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (six)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (reuseport)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	err = o->busy_poll_us ? busy_poll(fd, o->busy_poll_us) : 0;
	if (!err)
		err = six ? bind(fd, (struct sockaddr *)&at, sizeof(at))
			  : bind(fd, (struct sockaddr *)&at4, sizeof(at4));
	if (!err)
		return fd;
	err = errno;
	close(fd);
	errno = err;
	return -1;
}

struct client {
	int fd;
	struct sockaddr_storage at;
	socklen_t len;
};

static void emit(void *ctx, const void *datagram, size_t len)
{
	struct client *c = ctx;

	sendto(c->fd, datagram, len, MSG_DONTWAIT, (struct sockaddr *)&c->at, c->len);
}

bool udp_serve(const struct options *o, int fd, bool wait)
{
	static __thread char buf[PACKET_ROOM];
	struct client c = { .fd = fd, .len = sizeof(c.at) };
	ssize_t n = recvfrom(fd, buf, sizeof(buf), wait ? 0 : MSG_DONTWAIT,
			     (struct sockaddr *)&c.at, &c.len);
	size_t len;

	if (wait)
		gap_slept();
	else if (n < 0)
		gap_idle();
	if (n < 0)
		return false;
	len = app_handle(&app, buf, n, buf, sizeof(buf), 0, emit, &c);
	if (len)
		emit(&c, buf, len);
	return true;
}

static void serve_own(const struct options *o, int nr)
{
	while (!stop)
		udp_serve(o, fds[nr], !o->spin);
}

static void serve_first(const struct options *o, int nr)
{
	if (o->batch)
		serve_batches(o, fds[0]);
	while (!stop)
		udp_serve(o, fds[0], !o->spin);
}

static void serve_selected(const struct options *o, int nr)
{
	while (!stop) {
		if (udp_serve(o, fds[nr], false))
			continue;
		idle[nr] = 1;
		if (!o->spin)
			udp_serve(o, fds[nr], true);
	}
}

/* A thread serves its own socket first, then the next threads'; where it may block, it waits for
 * any of them. */
static void serve_or_steal(const struct options *o, int nr)
{
	struct pollfd all[THREADS_MAX];

	for (int i = 0; i < o->cpus; i++)
		all[i] = (struct pollfd){ fds[i], POLLIN, 0 };
	while (!stop) {
		bool found = false;

		for (int i = 0; i < o->cpus && !found; i++)
			found = udp_serve(o, fds[(nr + i) % o->cpus], false);
		if (!found && !o->spin) {
			poll(all, o->cpus, WAIT_US / 1000);
			gap_slept();
		}
	}
}

static int open_each(const struct options *o)
{
	for (int i = 0; i < o->cpus; i++) {
		fds[i] = udp_socket(o, true);
		if (fds[i] < 0)
			return complain("cannot have that port");
	}
	return 0;
}

int run_shared(const struct options *o)
{
	fds[0] = udp_socket(o, false);
	return fds[0] < 0 ? complain("cannot have that port") : threads_run(o, 0, serve_first);
}

int run_reuseport(const struct options *o)
{
	return open_each(o) ? 1 : threads_run(o, 0, serve_own);
}

int run_steal(const struct options *o)
{
	return open_each(o) ? 1 : threads_run(o, 0, serve_or_steal);
}

static int attach(const struct options *o, struct bpf_object *obj)
{
	int prog = bpf_program__fd(bpf_object__find_program_by_name(obj, "choose"));
	int socks = bpf_object__find_map_fd_by_name(obj, "socks");

	for (uint32_t i = 0; i < (uint32_t)o->cpus; i++) {
		uint64_t fd = fds[i];

		if (bpf_map_update_elem(socks, &i, &fd, BPF_ANY))
			return complain("socket map");
	}
	if (setsockopt(fds[0], SOL_SOCKET, SO_ATTACH_REUSEPORT_EBPF, &prog, sizeof(prog)))
		return complain("cannot attach the selector");
	idle = mmap(NULL, sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE, MAP_SHARED,
		    bpf_object__find_map_fd_by_name(obj, "idle"), 0);
	return idle == MAP_FAILED ? complain("map of idle threads") : 0;
}

int run_select(const struct options *o)
{
	struct bpf_object *obj = load_bpf(o, "choose");
	int status = 1;

	if (!obj)
		complain("cannot load the selector");
	else if (!open_each(o) && !attach(o, obj))
		status = threads_run(o, 0, serve_selected);
	bpf_object__close(obj);
	return status;
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * doctor_sockets.c - findings about processes that have AF_XDP
 * sockets: one that is no worker may keep a queue in use
 */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doctor.h"
#include "maps.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

static __u64 netns_of(int sock)
{
	__u64 cookie = 0;
	socklen_t len = sizeof(cookie);

	return getsockopt(sock, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &len) ? 0 : cookie;
}

static int family_of(int sock)
{
	int family = AF_UNSPEC;
	socklen_t len = sizeof(family);

	return getsockopt(sock, SOL_SOCKET, SO_DOMAIN, &family, &len) ? AF_UNSPEC : family;
}

static bool is_one(int sock, __u64 netns)
{
	return family_of(sock) == AF_XDP && netns_of(sock) == netns;
}

/* Has the next unread message of this UNIX socket a
 * descriptor of an AF_XDP socket? The message stays there. */
static bool is_in_message(int sock, __u64 netns)
{
	union {
		char buf[CMSG_SPACE(253 * sizeof(int))]; /* as many as a message may have */
		struct cmsghdr align;
	} control;
	struct iovec iov = { .iov_base = (char[1]){ 0 }, .iov_len = 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.buf,
			    .msg_controllen = sizeof(control.buf) };
	bool found = false;

	if (recvmsg(sock, &m, MSG_PEEK | MSG_DONTWAIT | MSG_CMSG_CLOEXEC) < 0)
		return false;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		size_t n = c->cmsg_type == SCM_RIGHTS ? (c->cmsg_len - CMSG_LEN(0)) / sizeof(int)
						      : 0;

		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(fd), sizeof(fd));
			found |= is_one(fd, netns);
			close(fd);
		}
	}
	return found;
}

/* Is that descriptor of that process an AF_XDP socket of this
 * network namespace, or a UNIX socket with one in it? */
static bool is_xdp(int pidfd, int number, __u64 netns)
{
	int copy = pidfd_getfd(pidfd, number, 0);
	bool found = copy >= 0 && (is_one(copy, netns) ||
				   (family_of(copy) == AF_UNIX && is_in_message(copy, netns)));

	if (copy >= 0)
		close(copy);
	return found;
}

/* Counts the descriptors in all unread messages of this
 * UNIX socket. The descriptors' kind cannot be seen. */
static unsigned int unread(int pid, int number)
{
	char path[64], line[64];
	unsigned int n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", pid, number);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f) && sscanf(line, "scm_fds: %u", &n) != 1)
		;
	if (f)
		fclose(f);
	return n;
}

/* Has the process an AF_XDP socket? *hidden: descriptors in messages that it has not read. */
static bool has_xdp(int pid, __u64 netns, unsigned int *hidden)
{
	char path[64], link[64];
	int pidfd = pidfd_open(pid, 0);
	const struct dirent *e;
	bool found = false;
	ssize_t n;
	DIR *dir;

	*hidden = 0;
	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	while (pidfd >= 0 && dir && !found && (e = readdir(dir))) {
		n = readlinkat(dirfd(dir), e->d_name, link, sizeof(link) - 1);
		if (n <= 0 || strncmp(link, "socket:", strlen("socket:")))
			continue;
		found = is_xdp(pidfd, atoi(e->d_name), netns);
		*hidden += unread(pid, atoi(e->d_name));
	}
	if (dir)
		closedir(dir);
	if (pidfd >= 0)
		close(pidfd);
	return found;
}

/* The process chose this name, and a terminal obeys control characters. */
static void read_name(int pid, char name[SHUNT_NAME_LEN])
{
	char path[64];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	f = fopen(path, "re");
	n = f ? fread(name, 1, SHUNT_NAME_LEN - 1, f) : 0;
	if (f)
		fclose(f);
	name[n] = '\0';
	if (n && name[n - 1] == '\n')
		name[n - 1] = '\0';
	for (char *at = name; *at; at++) {
		if (*at < ' ' || *at > '~')
			*at = '?';
	}
}

/* The owner of /proc/PID would not do: a process that may not be looked into seems to be root's. */
static bool is_of(int pid, uid_t uid)
{
	char path[64], line[128];
	unsigned int real = ~uid, effective = ~uid;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f) &&
	       sscanf(line, "Uid: %u %u", &real, &effective) != 2)
		;
	if (f)
		fclose(f);
	return real == uid && effective == uid;
}

static bool is_worker(struct ctl *ctl, int pid)
{
	struct shunt_agent agent;

	for (__u32 d = 0; d < SHUNT_DOMAINS; d++) {
		if (!map_get(ctl, "agent", d, &agent, sizeof(agent)) &&
		    agent.worker_pid == (__u32)pid)
			return true;
	}
	return false;
}

/* A user whose workers were given sockets. */
static bool is_of_a_workers_user(struct ctl *ctl, int pid)
{
	struct shunt_agent agent;

	for (__u32 d = 0; d < SHUNT_DOMAINS; d++) {
		if (!map_get(ctl, "agent", d, &agent, sizeof(agent)) && agent.view_user &&
		    is_of(pid, agent.view_user - 1))
			return true;
	}
	return false;
}

static void judge(struct ctl *ctl, struct findings *f, int pid, __u64 netns)
{
	char name[SHUNT_NAME_LEN];
	unsigned int hidden;

	read_name(pid, name);
	if ((is_of(pid, 0) && !strcmp(name, "shuntd")) || is_worker(ctl, pid))
		return;
	if (has_xdp(pid, netns, &hidden))
		finding(f, "sockets", LEVEL_WARN, "end it, if they are of IF",
			"process %d ('%s') has AF_XDP sockets and is no worker: shuntd has none "
			"while a queue is in use",
			pid, name);
	else if (hidden && is_of_a_workers_user(ctl, pid))
		finding(f, "sockets", LEVEL_WARN,
			"end it, if shuntd says that a queue is in use and nobody else has its "
			"sockets",
			"process %d ('%s'), of a user whose workers were given sockets, has %u "
			"descriptors in messages that it has not read: a queue's sockets may be "
			"among them", pid, name, hidden);
}

void doctor_sockets(struct ctl *ctl, struct findings *f)
{
	int own = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	__u64 netns = own < 0 ? 0 : netns_of(own);
	DIR *proc = opendir("/proc");
	const struct dirent *e;

	while (proc && (e = readdir(proc))) {
		int pid = isdigit(e->d_name[0]) ? atoi(e->d_name) : 0;

		if (pid && pid != getpid())
			judge(ctl, f, pid, netns);
	}
	if (proc)
		closedir(proc);
	if (own >= 0)
		close(own);
}

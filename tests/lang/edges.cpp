// SPDX-License-Identifier: BSD-2-Clause
/*
 * edges.cpp - a worker whose handler does what the request
 * says, the things that a handler should not do among them
 *
 *   build/tests/edges IFNAME [SIGNAL [FLAGS]]
 *
 * SIGNAL and FLAGS as in struct shunt_opts; with EDGES_RUSH
 * in the environment it has no safepoints.
 *
 * A request is a word, the reply a line. Requests of shunt-load (spin.h) are served by code that
 * throws and catches all the time, and are answered only if each exception was the one to be
 * expected.
 */
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string>

#include <fcntl.h>
#include <linux/bpf.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <shunt/shunt.h>

#include "apps/spin.h"

namespace {

struct shunt *worker;
int stops = SIGURG; /* the signal that stops requests */
bool safepoints = true;
struct shunt_req *kept, copied; /* of the request "keep" */

std::string name_of(int err)
{
	return err ? strerrorname_np(-err) : "0";
}

/* --- exceptions ------------------------------------------------------------------------------- */

uint64_t now_ns()
{
	timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

void spin(uint64_t ns)
{
	for (uint64_t end = now_ns() + ns; now_ns() < end;)
		if (safepoints)
			shunt_safepoint();
		else /* most of the time in text where a signal may stop it */
			for (volatile int i = 0; i < 20000; i = i + 1)
				;
}

/* An exception that knows whose it is. */
struct mine {
	uint64_t id;
	int depth;
};

bool throw_and_spin(uint64_t id, int depth, uint64_t ns)
{
	bool right = false;

	try {
		throw mine{id, depth};
	} catch (const mine &outer) {
		spin(ns);
		right = depth ? throw_and_spin(id, depth - 1, ns) : true;
		try {
			throw; /* the one that this thread handles, as the runtime sees it */
		} catch (const mine &again) {
			right = right && again.id == id && again.depth == depth && &again == &outer;
		} catch (...) {
			right = false;
		}
	}
	return right && !std::uncaught_exceptions();
}

long serve_spin(struct shunt_req *req)
{
	const spin_msg *m = static_cast<const spin_msg *>(req->data);

	return throw_and_spin(req->id, 2, m->spin_ns / 3) ? (long)req->len : SHUNT_NO_REPLY;
}

/* --- one word, one thing ---------------------------------------------------------------------- */

void *send_late(void *req)
{
	return (void *)(intptr_t)shunt_send(static_cast<shunt_req *>(req), "late\n", 5);
}

std::string in_thread(struct shunt_req *req)
{
	pthread_t t;
	void *ret;

	pthread_create(&t, nullptr, send_late, req);
	pthread_join(t, &ret);
	return name_of((intptr_t)ret);
}

/* The status that a child ends with. */
std::string wait_for(pid_t pid)
{
	int status = 0;

	if (waitpid(pid, &status, 0) != pid)
		return "no child";
	return WIFEXITED(status) ? "exit " + std::to_string(WEXITSTATUS(status)) :
	       "signal " + std::to_string(WTERMSIG(status));
}

std::string child_tries(struct shunt_req *req)
{
	pid_t pid = fork();

	if (pid)
		return wait_for(pid);
	int send = shunt_send(req, "child\n", 6), run = shunt_run(worker);
	shunt_stop(worker);
	shunt_close(worker);
	_exit(send == -ESTALE && run == -ECHILD ? 0 : 1);
}

pid_t sleeping_child()
{
	pid_t pid = fork();

	if (!pid) {
		for (;;)
			pause();
	}
	return pid;
}

/* A child that no handler of fork() sees: it keeps all descriptors. */
pid_t bare_child()
{
	pid_t pid = _Fork();

	if (!pid) {
		for (;;)
			pause();
	}
	return pid;
}

/* --- what spoils memory and view -------------------------------------------------------------- */

int memory_fd = -1, view_fd = -1; /* copies of those that came with WELCOME */
int epoch_fd = -1;                /* and with WIRE */

/* Takes all pages of the frames out of their file; they
 * come back empty, and are not those of the kernel. */
std::string punch()
{
	std::ifstream maps("/proc/self/maps");
	std::string line;
	int done = 0;

	while (std::getline(maps, line)) {
		unsigned long from, to;

		if (line.find("memfd:shunt-frames") == std::string::npos ||
		    sscanf(line.c_str(), "%lx-%lx", &from, &to) != 2)
			continue;
		/* By the descriptor, and what that might leave by
		 * the mapping; the last pages are not frames. */
		done += !fallocate(memory_fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
				   4096 * 512);
		done += !madvise((void *)(from + 4096 * 512), 4096 * 512, MADV_REMOVE);
		for (unsigned long at = from; at < from + 4096 * 1024; at += 4096)
			*(volatile char *)at = 0;
	}
	return std::to_string(done);
}

/* A child that has the view's descriptor, not mapped, and
 * freezes it as soon as nobody has mapped it for writing. */
pid_t freezing_child()
{
	union bpf_attr attr = {};
	pid_t pid = _Fork();

	attr.map_fd = epoch_fd >= 0 ? epoch_fd : view_fd;
	if (pid)
		return pid;
	while (syscall(SYS_bpf, BPF_MAP_FREEZE, &attr, sizeof(attr)))
		sched_yield();
	_exit(0);
}

/* The word's answer; "" ends without a reply. */
std::string obey(const std::string &word, struct shunt_req *req)
{
	if (word == "keep") {
		kept = req;
		copied = *req;
		return "kept";
	}
	if (word == "send") {
		spin(20000); /* and is perhaps stopped, before and after */
		return name_of(shunt_send(req, "more\n", 5));
	}
	if (word == "too-long")
		return std::string(req->room, 'x');
	if (word == "late")
		return name_of(shunt_send(kept, "late\n", 5)) + " " +
		       name_of(shunt_send(&copied, "late\n", 5));
	if (word == "late-thread")
		return in_thread(kept) + " " + in_thread(&copied) + " " + in_thread(req);
	if (word == "fork-return") {
		pid_t pid = fork();

		return pid ? wait_for(pid) : "child";
	}
	if (word == "fork-try")
		return child_tries(req);
	if (word == "fork-sleep")
		return std::to_string(sleeping_child());
	if (word == "fork-bare")
		return std::to_string(bare_child());
	if (word == "punch")
		return punch();
	if (word == "freeze")
		return std::to_string(freezing_child());
	if (word == "exit")
		exit(3);
	if (word == "throw")
		throw std::runtime_error("thrown out of the handler");
	if (word == "pthread-exit")
		pthread_exit(nullptr);
	if (word == "cancel") {
		pthread_cancel(pthread_self());
		for (;;)
			pause();
	}
	if (word == "close") {
		shunt_close(worker);
		return "closed";
	}
	if (word == "stop") {
		shunt_stop(worker);
		return "stopped";
	}
	if (word == "run")
		return name_of(shunt_run(worker));
	if (word == "signals") {
		struct sigaction now;

		sigaction(stops, nullptr, &now);
		return now.sa_handler == SIG_DFL ? "none" : "some";
	}
	return word;
}

long handle(struct shunt_req *req, void *)
{
	const char *at = static_cast<const char *>(req->data);
	std::string reply;

	if (req->len >= sizeof(spin_msg) && *at < ' ')
		return serve_spin(req);
	reply = obey(std::string(at, req->len), req) + "\n";
	if (reply.size() > req->room)
		return reply.size(); /* not written; the library does not send it */
	memcpy(req->data, reply.data(), reply.size());
	return reply.size();
}

void on_term(int)
{
	shunt_stop(worker);
}

} // namespace

/* In place of the C library's, for the library: keeps
 * copies of the descriptors that come with WELCOME. */
extern "C" ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
	ssize_t n = syscall(SYS_recvmsg, fd, msg, flags);
	struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(msg) : nullptr;

	if (c && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof(int)) &&
	    memory_fd < 0)
		epoch_fd = dup(*reinterpret_cast<int *>(CMSG_DATA(c))); /* a policy comes later */
	if (c && c->cmsg_type == SCM_RIGHTS && c->cmsg_len > CMSG_LEN(2 * sizeof(int)) &&
	    memory_fd < 0) {
		memory_fd = dup(reinterpret_cast<int *>(CMSG_DATA(c))[0]);
		view_fd = dup(reinterpret_cast<int *>(CMSG_DATA(c))[1]);
	}
	return n;
}

int main(int argc, char **argv)
{
	struct shunt_opts opts = {};
	int err;

	opts.sz = sizeof(opts);
	opts.ifname = argc > 1 ? argv[1] : "";
	opts.handler = handle;
	opts.signal = argc > 2 ? atoi(argv[2]) : 0;
	opts.flags = argc > 3 ? atoi(argv[3]) : 0;
	stops = opts.signal ? opts.signal : SIGURG;
	safepoints = !getenv("EDGES_RUSH");
	opts.idle = SHUNT_IDLE_SLEEP;
	signal(SIGTERM, on_term);
	err = shunt_open(&worker, &opts);
	if (!err)
		err = shunt_run(worker);
	if (err)
		fprintf(stderr, "edges: %s\n", shunt_error(worker));
	shunt_close(worker);
	return err ? 1 : 0;
}

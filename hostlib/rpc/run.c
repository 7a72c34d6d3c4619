// SPDX-License-Identifier: BSD-2-Clause
/*
 * run.c - in the place of svc_run(): one call at a time, whether it comes here or by a socket
 *
 * The code that rpcgen writes keeps results in static variables, and its main() has opened sockets
 * for TCP and for UDP, which nobody would read. So a thread of ours reads them, and a mutex sees to
 * it that there is one call at a time.
 */
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <rpc/rpc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "svc.h"

#define SOCKETS "/run/shunt"
#define LOOK_MS 1000 /* how soon a socket that was opened meanwhile is read */

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
static pthread_t thread;
static int quit = -1; /* eventfd: the thread is to end */

static long answer(struct shunt_rpc_call *call, const struct shunt_rpc_opts *opts)
{
	long len;

	pthread_mutex_lock(&one_at_a_time);
	len = svc_answer(call, opts);
	pthread_mutex_unlock(&one_at_a_time);
	return len;
}

/* libtirpc's sockets as they are now, and quit behind them. */
static struct pollfd *list_sockets(int *n)
{
	struct pollfd *list;

	pthread_mutex_lock(&one_at_a_time);
	*n = svc_max_pollfd;
	list = malloc((*n + 1) * sizeof(*list));
	if (list) {
		memcpy(list, svc_pollfd, *n * sizeof(*list));
		list[*n] = (struct pollfd){ .fd = quit, .events = POLLIN };
	}
	pthread_mutex_unlock(&one_at_a_time);
	return list;
}

static void *read_sockets(void *arg)
{
	struct pollfd *list;
	int n, ready = 0;

	while ((list = list_sockets(&n))) {
		ready = poll(list, n + 1, LOOK_MS);
		if (ready > 0 && list[n].revents)
			break;
		if (ready > 0) {
			pthread_mutex_lock(&one_at_a_time);
			if (svc_max_pollfd <= n) /* else they are listed once more */
				svc_getreq_poll(list, ready);
			pthread_mutex_unlock(&one_at_a_time);
		}
		free(list);
	}
	free(list);
	return NULL;
}

static int begin(const struct shunt_rpc_opts *opts)
{
	int err;

	quit = eventfd(0, EFD_CLOEXEC);
	if (quit < 0)
		return shunt_rpc_fail(-errno, "cannot make an eventfd: %s", strerror(errno));
	err = pthread_create(&thread, NULL, read_sockets, NULL);
	if (!err)
		return 0;
	close(quit);
	return shunt_rpc_fail(-err, "cannot start a thread: %s", strerror(err));
}

static void end(void)
{
	eventfd_write(quit, 1);
	pthread_join(thread, NULL);
	close(quit);
	svc_end();
}

/* The name of the only socket of shuntd, without its ".sock". */
static int find_ifname(char name[64])
{
	DIR *d = opendir(SOCKETS);
	struct dirent *e;
	int found = 0;

	while (d && (e = readdir(d))) {
		size_t len = strlen(e->d_name);

		if (len <= 5 || len - 5 >= 64 || strcmp(e->d_name + len - 5, ".sock"))
			continue;
		snprintf(name, 64, "%.*s", (int)len - 5, e->d_name);
		found++;
	}
	if (d)
		closedir(d);
	if (found == 1)
		return 0;
	return shunt_rpc_fail(-EINVAL, "shuntd has %s sockets in " SOCKETS ": the environment's "
			      "SHUNT_DEV is to name an interface", found ? "several" : "no");
}

static int run_on(const char *ifname)
{
	static const struct service one = { .answer = answer, .begin = begin, .end = end };
	const char *cache = getenv("SHUNT_RPC_CACHE");
	struct shunt_opts worker = { .sz = sizeof(worker), .ifname = ifname, .cores = 1,
				     .flags = SHUNT_NO_PREEMPT };
	struct shunt_rpc_opts opts = { .sz = sizeof(opts), .worker = &worker,
				       .cache = cache ? strtoul(cache, NULL, 0) : 0 };

	return shunt_rpc_service(&opts, &one);
}

int shunt_rpc_run(void)
{
	const char *ifname = getenv("SHUNT_DEV");
	char name[64];
	int err = ifname ? 0 : find_ifname(name);

	if (!err)
		err = run_on(ifname ? ifname : name);
	if (err)
		fprintf(stderr, "shunt_rpc_run: %s\n", shunt_rpc_error());
	return err;
}

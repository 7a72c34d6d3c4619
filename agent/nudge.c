// SPDX-License-Identifier: BSD-2-Clause
/*
 * nudge.c - hears of changes of the interface's pins, and of whoever touches their folder
 *
 * The kernel tells nobody that a map was written. So shunt touches the folder of the pins after it
 * has written one, and whoever uses bpftool may do the same. Pins that come and go are heard of
 * without.
 *
 * Until shunt is loaded the folder that is watched may be bpffs itself, in which others may make
 * pins, too, as many and as often as they like.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "agent.h"
#include "nudge.h"

#define EVENTS (IN_ATTRIB | IN_CREATE | IN_DELETE | IN_DELETE_SELF | IN_MOVED_FROM | IN_MOVED_TO)
#define SETTLE_NS 30000000ULL /* a load makes dozens of pins: looks at them a little later */
#define READS 16 /* at once; what is left is heard the next time */

void nudge_open(struct nudge *n)
{
	n->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	n->watch = -1;
	n->rest_ns = 0;
}

/* The folder, or the nearest above it that is there; two above it there is bpffs itself. */
static int watch_nearest(int fd, char *path)
{
	char *slash;
	int watch;

	for (int i = 0; i < 3; i++) {
		watch = inotify_add_watch(fd, path, EVENTS | IN_ONLYDIR);
		slash = strrchr(path, '/');
		if (watch >= 0 || errno != ENOENT || !slash)
			return watch;
		*slash = '\0';
	}
	return -1;
}

bool nudge_follow(struct agent *a)
{
	struct nudge *n = &a->nudge;
	char path[PATH_MAX];
	int was = n->watch;

	if (n->fd < 0 || shunt_pin_path(path, sizeof(path), &a->pins, NULL))
		return false;
	n->watch = watch_nearest(n->fd, path);
	if (was >= 0 && was != n->watch)
		inotify_rm_watch(n->fd, was); /* of a folder that is gone: refused */
	return n->watch >= 0;
}

int nudge_fd(const struct agent *a)
{
	return a->now_ns < a->nudge.rest_ns ? -1 : a->nudge.fd;
}

void nudge_hear(struct agent *a)
{
	char buf[4096] __attribute__((aligned(8)));

	for (int i = 0; i < READS && read(a->nudge.fd, buf, sizeof(buf)) > 0; i++)
		;
	a->nudge.rest_ns = a->now_ns + SETTLE_NS;
	if (a->check_ns > a->now_ns + SETTLE_NS)
		a->check_ns = a->now_ns + SETTLE_NS;
	a->ticked_ns = 0;
	a->nudged = true;
}

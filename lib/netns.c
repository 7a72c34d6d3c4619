// SPDX-License-Identifier: BSD-2-Clause
/*
 * netns.c - which network namespace this is, and where another one can be entered
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netns.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71 /* Linux 5.14 */
#endif

#define NAMED "/run/netns"

int shunt_netns_cookie_of(int sock, __u64 *cookie)
{
	socklen_t len = sizeof(*cookie);

	return getsockopt(sock, SOL_SOCKET, SO_NETNS_COOKIE, cookie, &len) ? -errno : 0;
}

int shunt_netns_cookie(__u64 *cookie)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), err;

	if (fd < 0)
		return -errno;
	err = shunt_netns_cookie_of(fd, cookie);
	close(fd);
	return err;
}

/* In a process of its own: it enters the namespace. */
static bool is_it(const char *path, __u64 cookie)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	__u64 found;
	bool same;

	if (fd < 0)
		return false;
	same = !setns(fd, CLONE_NEWNET) && !shunt_netns_cookie(&found) && found == cookie;
	close(fd);
	return same;
}

static bool search(__u64 cookie, __u32 pid, char *path, size_t len)
{
	__u32 pids[] = { pid, 1 };
	struct dirent *entry;
	DIR *dir = opendir(NAMED);
	bool found = false;

	while (dir && !found && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, len, NAMED "/%s", entry->d_name);
		found = is_it(path, cookie);
	}
	if (dir)
		closedir(dir);
	for (int i = 0; i < 2 && !found; i++) {
		if (!pids[i])
			continue;
		snprintf(path, len, "/proc/%u/ns/net", pids[i]);
		found = is_it(path, cookie);
	}
	return found;
}

bool shunt_netns_find(__u64 cookie, __u32 pid, char *path, size_t len)
{
	pid_t child;
	int ends[2], status;
	ssize_t n;

	if (!len || pipe2(ends, O_CLOEXEC))
		return false;
	child = fork();
	if (!child) {
		if (!search(cookie, pid, path, len))
			_exit(EXIT_FAILURE);
		n = write(ends[1], path, strlen(path));
		_exit(n > 0 ? EXIT_SUCCESS : EXIT_FAILURE);
	}
	close(ends[1]);
	n = child > 0 ? read(ends[0], path, len - 1) : -1;
	close(ends[0]);
	path[n > 0 ? n : 0] = '\0';
	return child > 0 && waitpid(child, &status, 0) == child && n > 0;
}

/* 'ip netns exec NAME' mounts a sysfs over /sys whose source is NAME. */
bool shunt_netns_hides_sys(char *path, size_t len)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char line[1024], where[256], type[32], source[256];
	bool hides = false;

	while (f && fgets(line, sizeof(line), f)) {
		const char *rest = strstr(line, " - ");

		if (!rest || sscanf(line, "%*d %*d %*s %*s %255s", where) != 1 ||
		    strcmp(where, "/sys") || sscanf(rest, " - %31s %255s", type, source) != 2)
			continue;
		snprintf(path, len, NAMED "/%s", source);
		hides = !strcmp(type, "sysfs") && !strchr(source, '/') && !access(path, F_OK);
	}
	if (f)
		fclose(f);
	return hides;
}

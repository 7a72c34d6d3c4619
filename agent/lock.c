// SPDX-License-Identifier: BSD-2-Clause
/*
 * lock.c - one shuntd for a socket's path, and one for what 'shunt load' has loaded
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "handover.h"
#include "lock.h"
#include "log.h"
#include "options.h"
#include "pins.h"
#include "sockpath.h"
#include "store.h"
#include "why.h"

#define TRIES 100    /* the locked file is removed or replaced rarely */
#define DYING_MS 500 /* a process that was killed keeps its descriptors for a while */

static int store_lock(struct store *s, const char *name, int fd)
{
	int err = store_put(s, name, fd);

	if (err)
		close(fd);
	return err;
}

/* Is the open file still the one at the path? */
static bool is_at(int fd, const char *path)
{
	struct stat held, named;

	return !fstat(fd, &held) && !stat(path, &named) && held.st_ino == named.st_ino &&
	       held.st_dev == named.st_dev;
}

/* The process that had the lock before may have removed
 * the file as we waited for the lock: then once more. */
static int try_lock(const char *path, int flags)
{
	for (int i = 0; i < TRIES; i++) {
		int fd = open(path, flags | O_CLOEXEC, 0600), err;

		if (fd < 0)
			return -errno;
		err = flock(fd, LOCK_EX | LOCK_NB) ? -errno : 0;
		if (!err && is_at(fd, path))
			return fd;
		close(fd);
		if (err)
			return err == -EWOULDBLOCK ? -EBUSY : err;
	}
	return -EAGAIN;
}

static int open_locked(const char *path, int flags)
{
	int fd = try_lock(path, flags);

	for (int ms = 0; fd == -EBUSY && ms < DYING_MS; ms += 10) {
		usleep(10000);
		fd = try_lock(path, flags);
	}
	return fd;
}

static void path_of(const struct options *o, char *path, size_t len)
{
	snprintf(path, len, "%s.lock", o->socket);
}

/* Workers of any user come through the folder, whatever umask we were started with. */
static int make_folder(const char *path)
{
	int err = 0;

	if (mkdir(path, 0755))
		err = errno == EEXIST ? 0 : -errno;
	else if (chmod(path, 0755))
		err = -errno;
	if (err)
		log_say(LOG_ERR, "cannot make '%s': %s", path, strerror(-err));
	return err;
}

static int check_socket_paths(const struct options *o)
{
	char control[128];
	int err = handover_path(o->socket, control, sizeof(control));
	bool workers = !err && sockpath_check(o->socket);

	if (!err)
		err = workers ? -EEXIST : sockpath_check(control);
	if (err)
		log_say(LOG_ERR, "cannot listen at '%s': %s", workers ? o->socket : control,
			sockpath_error(err));
	return err;
}

/* Ours is an empty file, and is removed at the end. */
static int check_lock_file(const char *path)
{
	struct stat st;

	if (lstat(path, &st) || (S_ISREG(st.st_mode) && !st.st_size))
		return 0;
	log_say(LOG_ERR,
		"cannot lock '%s': what is there is no lock of shuntd: remove it, or name another "
		"--socket",
		path);
	return -EEXIST;
}

int lock_socket(const struct options *o, struct store *s)
{
	char path[128], dir[108];
	int fd, err;

	if (store_get(s, "lock") >= 0)
		return 0;
	snprintf(dir, sizeof(dir), "%s", o->socket);
	err = make_folder(dirname(dir));
	if (!err)
		err = check_socket_paths(o);
	path_of(o, path, sizeof(path));
	if (!err)
		err = check_lock_file(path);
	if (err)
		return err;
	fd = open_locked(path, O_RDWR | O_CREAT);
	if (fd == -EBUSY)
		log_say(LOG_ERR,
			"another shuntd has '%s': end it first; one for another interface needs "
			"another --socket",
			o->socket);
	else if (fd < 0)
		log_say(LOG_ERR, "cannot lock '%s': %s", path, strerror(-fd));
	return fd < 0 ? fd : store_lock(s, "lock", fd);
}

void lock_socket_remove(const struct options *o)
{
	char path[128];

	path_of(o, path, sizeof(path));
	unlink(path);
}

int lock_load(struct store *s, const struct shunt_pins *pins, struct why *why)
{
	char path[PATH_MAX];
	int fd = store_get(s, "load"), err = shunt_pin_path(path, sizeof(path), pins, "cfg");

	if (!err && fd >= 0 && is_at(fd, path))
		return 0;
	store_drop(s, "load"); /* of a load before */
	fd = err ? err : open_locked(path, O_RDONLY);
	if (fd < 0)
		return why_fail(why, fd, "cannot lock '%s': %s", path, strerror(-fd));
	return store_lock(s, "load", fd);
}

bool lock_load_stands(const struct store *s, const struct shunt_pins *pins)
{
	char path[PATH_MAX];
	int fd = store_get(s, "load");

	return fd < 0 || (!shunt_pin_path(path, sizeof(path), pins, "cfg") && is_at(fd, path));
}

static bool is_bound_to(int fd, const char *path)
{
	struct sockaddr_un at = {0};
	socklen_t len = sizeof(at) - 1;

	return !getsockname(fd, (struct sockaddr *)&at, &len) && !strcmp(at.sun_path, path) &&
	       !access(path, F_OK);
}

void lock_check_paths(const struct options *o, struct store *s)
{
	char path[128];
	int fd = store_get(s, "listen");

	if (fd >= 0 && !is_bound_to(fd, o->socket))
		store_drop(s, "listen");
	fd = store_get(s, "control");
	if (fd >= 0 && (handover_path(o->socket, path, sizeof(path)) || !is_bound_to(fd, path)))
		store_drop(s, "control");
	path_of(o, path, sizeof(path));
	fd = store_get(s, "lock");
	if (fd >= 0 && !is_at(fd, path))
		store_drop(s, "lock");
}

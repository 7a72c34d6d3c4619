// SPDX-License-Identifier: BSD-2-Clause
/*
 * store.c - the table of descriptors that keeper and agent share
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <shunt/abi.h>

#include "scm.h"
#include "sd.h"
#include "store.h"

#define STORE_MAX                                                                                  \
	(SHUNT_DOMAINS * (SHUNT_SLOTS + 3) + SHUNT_SEATS * 2 * 3 + SHUNT_CORES + 8)
#define TRIES 1000 /* of a message without a descriptor, for want of memory */

struct entry {
	char name[STORE_NAME];
	int fd;
	bool untold; /* the keeper does not have it yet */
	bool kept;   /* systemd has it, under its name */
};

struct store {
	int keeper;
	bool mirrored; /* systemd has them, too */
	bool behind;   /* one of them at least is untold */
	unsigned int n;
	struct entry entry[STORE_MAX];
};

/* From agent to keeper: with a descriptor to keep
 * it, without one to drop all names that start so. */
struct store_msg {
	char name[STORE_NAME];
};

static struct entry *find(const struct store *s, const char *name)
{
	for (unsigned int i = 0; i < s->n; i++) {
		if (!strcmp(s->entry[i].name, name))
			return (struct entry *)&s->entry[i];
	}
	return NULL;
}

static int keep(struct store *s, const char *name, int fd)
{
	struct entry *e = find(s, name);

	if (e) {
		if (e->kept)
			sd_remove(name);
		close(e->fd);
	} else {
		if (s->n == STORE_MAX)
			return -ENOSPC;
		e = &s->entry[s->n++];
		*e = (struct entry){ .fd = -1 };
		snprintf(e->name, sizeof(e->name), "%s", name);
	}
	e->fd = fd;
	e->kept = s->mirrored;
	if (e->kept)
		sd_store(name, fd);
	return 0;
}

static void forget(struct store *s, const char *prefix)
{
	size_t len = strlen(prefix);

	for (unsigned int i = 0; i < s->n;) {
		if (strncmp(s->entry[i].name, prefix, len)) {
			i++;
			continue;
		}
		if (s->entry[i].kept)
			sd_remove(s->entry[i].name);
		close(s->entry[i].fd);
		s->entry[i] = s->entry[--s->n];
	}
}

/* Names and numbers come from our own process before exec. */
static void import(struct store *s, char *text)
{
	char *save = NULL;

	for (char *at = strtok_r(text, ",", &save); at; at = strtok_r(NULL, ",", &save)) {
		char *eq = strchr(at, '=');
		int fd = eq ? atoi(eq + 1) : -1;

		if (fd < 3 || fcntl(fd, F_SETFD, FD_CLOEXEC))
			continue;
		*eq = '\0';
		if (strlen(at) >= STORE_NAME || keep(s, at, fd))
			close(fd);
	}
}

struct store *store_open(int keeper)
{
	struct store *s = calloc(1, sizeof(*s));
	const char *env = getenv(STORE_ENV);
	char *copy;

	if (!s)
		return NULL;
	s->keeper = keeper;
	if (!env)
		return s;
	copy = strdup(env);
	if (copy)
		import(s, copy);
	free(copy);
	unsetenv(STORE_ENV);
	return s;
}

/* Is the keeper well, and a later try worth it? ETOOMANYREFS: processes of root, or workers, have
 * not read as many descriptors as may be under way. */
static bool is_passing(int err)
{
	return err == ETOOMANYREFS || err == ENOBUFS || err == ENOMEM;
}

/* Blocks until the keeper takes it. False: not now, but later. A keeper that never will is no
 * keeper: the connection ends, which is noticed where its death is. */
static bool tell(const struct store *s, const char *name, int fd)
{
	SCM_ROOM(1) control;
	struct store_msg m = { 0 };
	struct iovec iov = { .iov_base = &m, .iov_len = sizeof(m) };
	struct msghdr hdr = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (s->keeper < 0)
		return true;
	snprintf(m.name, sizeof(m.name), "%s", name);
	scm_pack(&hdr, &control, &fd, fd >= 0);
	for (int tries = 0; sendmsg(s->keeper, &hdr, MSG_NOSIGNAL) < 0;) {
		if (errno == EINTR)
			continue;
		if (fd >= 0 && is_passing(errno))
			return false;
		if (is_passing(errno) && tries++ < TRIES) {
			usleep(1000);
			continue;
		}
		shutdown(s->keeper, SHUT_RDWR);
		break;
	}
	return true;
}

int store_put(struct store *s, const char *name, int fd)
{
	int err = keep(s, name, fd);

	if (!err) {
		struct entry *e = find(s, name);

		e->untold = !tell(s, name, fd);
		s->behind |= e->untold;
	}
	return err;
}

bool store_retry(struct store *s)
{
	for (unsigned int i = 0; i < s->n; i++) {
		struct entry *e = &s->entry[i];

		if (e->untold)
			e->untold = !tell(s, e->name, e->fd);
		if (e->untold)
			return false;
	}
	s->behind = false;
	return true;
}

bool store_is_behind(const struct store *s)
{
	return s->behind;
}

void store_drop(struct store *s, const char *prefix)
{
	forget(s, prefix);
	tell(s, prefix, -1);
}

bool store_has(const struct store *s, const char *prefix)
{
	for (unsigned int i = 0; i < s->n; i++) {
		if (!strncmp(s->entry[i].name, prefix, strlen(prefix)))
			return true;
	}
	return false;
}

void store_clear(struct store *s)
{
	forget(s, "");
}

void store_free(struct store *s)
{
	if (s)
		store_clear(s);
	free(s);
}

bool store_at(const struct store *s, unsigned int i, const char **name, int *fd)
{
	if (i >= s->n)
		return false;
	*name = s->entry[i].name;
	*fd = s->entry[i].fd;
	return true;
}

void store_mirror(struct store *s)
{
	s->mirrored = sd_is_there();
	for (unsigned int i = 0; s->mirrored && i < s->n; i++) {
		if (!s->entry[i].kept)
			sd_store(s->entry[i].name, s->entry[i].fd);
		s->entry[i].kept = true;
	}
}

/* Keeps a descriptor with a name of shuntd's; any other would be kept for ever. */
static void take_back(void *arg, const char *name, int fd)
{
	struct entry *e = find(arg, name);
	static const char *const ours[] = { "lock", "load", "listen", "control", "d", "wire.",
					    "seat" };
	bool known = false;

	for (unsigned int i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		known |= !strncmp(name, ours[i], strlen(ours[i]));
	if (known && !e && strlen(name) < STORE_NAME && !keep(arg, name, fd)) {
		find(arg, name)->kept = true;
		return;
	}
	close(fd);
	if (*name)
		sd_remove(name);
	if (e)
		e->kept = false; /* both went: it is stored again */
}

void store_take_back(struct store *s)
{
	sd_take(take_back, s);
}

int store_get(const struct store *s, const char *name)
{
	const struct entry *e = find(s, name);

	return e ? e->fd : -1;
}

int store_receive(struct store *s, int agent)
{
	SCM_ROOM(1) control;
	struct store_msg m;
	struct iovec iov = { .iov_base = &m, .iov_len = sizeof(m) };
	struct msghdr hdr = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.buf,
			      .msg_controllen = sizeof(control.buf) };
	ssize_t n = recvmsg(agent, &hdr, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	int fd, err;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (n != sizeof(m))
		return -EPIPE;
	m.name[STORE_NAME - 1] = '\0';
	fd = scm_take(&hdr);
	if (fd < 0) {
		forget(s, m.name);
		return 0;
	}
	err = keep(s, m.name, fd);
	if (err)
		close(fd);
	return 0;
}

int store_export(const struct store *s)
{
	size_t len = s->n * (STORE_NAME + 12) + 1, at = 0;
	char *text = malloc(len);
	int err;

	if (!text)
		return -ENOMEM;
	text[0] = '\0';
	for (unsigned int i = 0; i < s->n; i++) {
		fcntl(s->entry[i].fd, F_SETFD, 0);
		at += snprintf(text + at, len - at, "%s=%d,", s->entry[i].name, s->entry[i].fd);
	}
	err = setenv(STORE_ENV, text, 1) ? -errno : 0;
	free(text);
	return err;
}
